// What a result of e2e/sdks/table says in a few words, and which columns a table of them has.

const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

/** How a class is called on the page: one that is not the SDK's is marked. */
const classOf = ({ class: name, own }) => `\`${name}\`${own ? "" : " °"}`;

/** How an SDK is called on the page: with whose API it asks, where its name does not tell. */
export const labelOf = ({ name, at }) => `\`${name}\`${at ? ` at ${at}` : ""}`;

/** What a program has when nothing was thrown. */
const values = {
  whole: "all of the text",
  part: "half an answer",
  empty: "an empty answer",
  altered: "a wrong text",
};

/** Whether a program is told nothing: it gets less or other than the API said, and no error. */
export const isSilent = ({ kind, text }) => kind === "value" && text !== "whole";

/** Whether a program can tell by the reason of the end that the API never gave one. */
export const hasEnd = ({ end }) =>
  end !== null && end !== undefined && !/^(unknown|other|null|undefined)$/i.test(end);

function answerOf(seen, mode) {
  const { text, end } = seen;
  if (text === "whole" && mode === "plain") return "gets the answer";
  const sign = hasEnd(seen) ? `, end \`${end}\`` : mode === "stream" ? ", no reason of the end" : "";
  return text === "whole" ? `no error${sign}` : `**silent**: ${values[text]}${sign}`;
}

/** A result in a few words. */
export function cell(seen, mode) {
  const { kind, error, requests, seconds } = seen;
  const retried = requests > 1 ? `${requests - 1}×, then ` : "";
  if (kind === "error") return `${retried}${classOf(error)}`;
  if (kind === "value") return `${retried}${answerOf(seen, mode)}`;
  return `${requests > 1 ? `${requests - 1}×, then ` : ""}**waits**: nothing after ${plural(Math.round(seconds), "second")}`;
}

/** Clients that share a column where they do the same: the SDKs of one publisher, and one SDK at several APIs. */
const familyOf = ({ client, language }) =>
  `${language} ${/^(anthropic|openai|genai)(?=[-_.])/.exec(client)?.[1] ?? client}`;

/** `via`: the provider, where an SDK has several; `call`: what the program calls. */
function partsOf(title) {
  const at = title.indexOf(": ");
  return at < 0 || title.startsWith("`")
    ? { via: "", call: title }
    : { via: title.slice(0, at), call: title.slice(at + 2) };
}

/**
 * The columns of a table: one for each call that does something of its own. Calls of one family that do the same share one.
 *
 * @param clients results of a language @param mode "plain" or "stream" @param situations the rows
 */
export function columnsOf(clients, mode, situations) {
  const columns = [];
  for (const client of clients)
    for (const surface of client.surfaces) {
      if (surface.mode !== mode) continue;
      const cells = situations.map((name) => cell(surface.seen[name], mode));
      const same = columns.find(
        (one) =>
          one.family === familyOf(client) &&
          one.major === client.major &&
          one.cells.join("\n") === cells.join("\n"),
      );
      const member = { client, surface, ...partsOf(surface.title) };
      if (same) same.members.push(member);
      else columns.push({ family: familyOf(client), major: client.major, cells, members: [member] });
    }
  return columns;
}

/** Columns of one major back only where they differ from each of today's of that family. */
export function withOlder(columns) {
  const today = columns.filter(({ major }) => major === "current");
  const older = columns.filter(
    ({ major, family, cells }) =>
      major === "previous" &&
      !today.some((one) => one.family === family && one.cells.join("\n") === cells.join("\n")),
  );
  return { today, older };
}

/** What a column is headed with: the packages, the providers and the calls, as far as they tell it from its neighbours. */
export function headOf({ family, major, members }, columns) {
  const unique = (values) => [...new Set(values)].filter((value) => value !== "");
  const label = unique(members.map(({ client }) => labelOf(client))).join(", ");
  const version =
    major === "previous"
      ? ` ${unique(members.map(({ client }) => client.versions[client.name])).join(", ")}`
      : "";
  const neighbours = columns.filter((one) => one.family === family && one.major === major);
  if (neighbours.length === 1) return `${label}${version}`;
  const vias = unique(members.map(({ via }) => via));
  const calls = unique(members.map(({ call }) => call));
  const allCalls = unique(neighbours.flatMap((one) => one.members.map(({ call }) => call)));
  const allVias = unique(neighbours.flatMap((one) => one.members.map(({ via }) => via)));
  const parts = [
    ...(vias.length < allVias.length ? [vias.join(", ")] : []),
    ...(allCalls.length > 1 ? [calls.join(", ")] : []),
  ];
  return `${label}${version}${parts.length > 0 ? `: ${parts.join(" ")}` : ""}`;
}
