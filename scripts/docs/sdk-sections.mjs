// The part of docs/sdks.md that each family of SDKs has: what its calls come to, and what its errors say.
import { situations } from "../../e2e/sdks/table/situations.mjs";
import { narrowTable } from "./markdown-table.mjs";
import { slugOf } from "./repository.mjs";
import { classOf, columnsOf, familyOf, groupsOf, headOf, labelOf, olderOf, rowsOf } from "./sdk-cells.mjs";

/** What the first column is headed with, for requests that ask for an answer in one piece, and for a stream. */
const modes = { plain: "when it gets", stream: "when the stream has" };

const headingOf = ({ name, language }) => `${name} (${language})`;

/** Each family's clients, in their order. */
export const familiesOf = (clients) => groupsOf(clients, familyOf);

/** The link to the section of a client's family. */
export const linkTo = (clients) => (client) =>
  `#${slugOf(headingOf(clients.find((one) => familyOf(one) === familyOf(client))))}`;

const write = (columns, mode, names) =>
  narrowTable([modes[mode], ...columns.map((one) => headOf(one, columns))], rowsOf(columns, mode, names));

const versionsOf = (clients) => clients.map((one) => `${labelOf(one)} ${one.versions[one.name]}`).join(", ");

/** One major back: a table of what is otherwise, or that nothing is. */
function older(previous, current) {
  if (previous.length === 0) return [];
  const tables = Object.keys(modes).flatMap((mode) => {
    const { rows, columns } = olderOf(columnsOf(previous, mode), columnsOf(current, mode), mode);
    return rows.length === 0 ? [] : [write(columns, mode, rows)];
  });
  const title = `One major back (${versionsOf(previous)})`;
  return tables.length === 0
    ? [`${title}: the same in every situation.`]
    : [`${title}, where it does otherwise:`, ...tables];
}

/** What errors say, and when; only where the words are not the API's. */
function messages(clients) {
  const when = new Map();
  for (const { surfaces } of clients)
    for (const { seen } of surfaces)
      for (const [name, { error }] of Object.entries(seen)) {
        if (error?.message === undefined) continue;
        const said = error.message === "" ? ", without words" : `: \`${error.message.replaceAll("`", "'")}\``;
        const words = `${classOf(error)}${said}`;
        when.set(words, (when.get(words) ?? new Set()).add(situations[name].title));
      }
  const lines = [...when].map(([words, titles]) => `- ${words} – ${[...titles].join("; ")}`);
  return lines.length === 0 ? [] : ["What its errors say, and when:", lines.join("\n")];
}

/** The section of a family: its clients of today, and those of one major back. */
export function section(clients) {
  const of = (wanted) => clients.filter(({ major }) => major === wanted);
  const today = of("current");
  const notes = clients.flatMap(({ limits, loose = [], ...client }) => [
    ...(limits ? [`${labelOf(client)}: ${limits}`] : []),
    ...loose.map((line) => `${labelOf(client)} let go of an error that no \`catch\` has: \`${line}\``),
  ]);
  return [
    `### ${headingOf(clients[0])}`,
    `${versionsOf(today)}; ${today[0].runtime}.`,
    ...new Set(notes),
    ...Object.keys(modes).map((mode) => write(columnsOf(today, mode), mode)),
    ...older(of("previous"), today),
    ...messages(today),
  ].join("\n\n");
}
