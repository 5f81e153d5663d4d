// The results as tables of Markdown, and their place in docs/run.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { here } from "./tools.mjs";

const page = join(here, "../../docs/run.md");

/** What stands in a table for a result. */
function mark({ got, skip, misses }) {
  if (skip !== undefined) return skip;
  if (got === "caught") return "yes";
  return `**no**: ${misses ?? "not caught"}`;
}

/** One table: a row for each client and a column for each runtime; where each runtime is alone, a row for each. */
export function tableOf(results) {
  const runtimes = [...new Set(results.map(({ runtime }) => runtime))];
  const kinds = new Set(runtimes.map((runtime) => runtime.split(" ")[0]));
  if (kinds.size > 1)
    return rows(
      ["runtime", "client", "caught"],
      results.map((one) => [one.runtime, nameOf([one]), mark(one)]),
    );
  const clients = [...new Set(results.map(keyOf))];
  return rows(
    ["client", ...runtimes],
    clients.map((key) => {
      const ofClient = results.filter((one) => keyOf(one) === key);
      const cells = runtimes.map((runtime) => ofClient.find((one) => one.runtime === runtime));
      return [nameOf(ofClient), ...cells.map((cell) => (cell ? mark(cell) : ""))];
    }),
  );
}

/** What tells a row: packages of several majors have a key for each. */
const keyOf = ({ key, client }) => key ?? client;

/** The client with its versions, behind its name and before what is special about it. */
function nameOf(cells) {
  const [{ client }] = cells;
  const versions = [...new Set(cells.map(({ version }) => version).filter(Boolean))];
  const [name, ...more] = client.split(", ");
  return [[name, versions.join(" to ")].filter(Boolean).join(" "), ...more].join(", ");
}

function rows(head, body) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

/** Puts tables into docs/run.md, each between its marks, with the date. */
export function writeTables(tables) {
  let text = readFileSync(page, "utf8");
  const date = new Date().toISOString().slice(0, 10);
  for (const { name, text: table } of tables) {
    const pattern = new RegExp(`(<!-- interop:run ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!pattern.test(text)) throw new Error(`docs/run.md has no place for the table of ${name}`);
    text = text.replace(pattern, (_, begin, end) => `${begin}\nMeasured on ${date}.\n\n${table}\n\n${end}`);
  }
  writeFileSync(page, text);
  console.log("docs/run.md is written; format it with biome");
}
