// What results of e2e/sdks/table say in a few words, and which columns and rows a table of them has.
import { situations } from "../../e2e/sdks/table/situations.mjs";

/** Groups of what has the same key. They stand in the order of their first members. */
export function groupsOf(list, keyOf) {
  const groups = new Map();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups.values()];
}

/** How a class is called on the page: one that is not the SDK's is marked. */
export const classOf = ({ class: name, own }) => `\`${name}\`${own ? "" : " °"}`;

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

/** What a call comes to, without the times: they are never quite the same. */
function outcomeOf(seen, mode) {
  if (seen.kind === "error") return classOf(seen.error);
  return seen.kind === "value" ? answerOf(seen, mode) : "**waits**";
}
const signatureOf = (seen, mode) => `${seen.requests} ${outcomeOf(seen, mode)}`;

/** The page says how long a call took where it took at least so many seconds. */
const longSeconds = 5;

/** `0.4–1.3 s`; whole seconds where there are many. */
function span(seconds) {
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
  const [from, to] = [least, most].map((one) => (most < 10 ? one.toFixed(1) : String(Math.round(one))));
  return `${from === to ? from : `${from}–${to}`} s`;
}

/**
 * Calls that come to the same, in a few words: how often the SDK asked again, and what came of it. How long they took is said where
 * that is the SDK's doing: it asks again, or it waits for one that is silent.
 */
export function cell(calls, mode, isOfSilence) {
  const [{ requests, kind }] = calls;
  const outcome = outcomeOf(calls[0], mode);
  const again = requests > 1 ? `${requests - 1}× (${span(calls.flatMap(({ waits }) => waits))}), then ` : "";
  const seconds = calls.map((one) => one.seconds);
  if (kind === "waiting") return `${again}${outcome} (${span(seconds)})`;
  const isLong = (again !== "" || isOfSilence) && Math.max(...seconds) >= longSeconds;
  return `${again}${outcome}${isLong ? `, after ${span(seconds)}` : ""}`;
}

/** Clients that share a table: the SDKs of one publisher, and one SDK at several APIs. */
export const familyOf = ({ client, language }) =>
  `${language} ${/^(anthropic|openai|genai)(?=[-_.])/.exec(client)?.[1] ?? client}`;

/** `via`: the provider, where an SDK has several; `call`: what the program calls. */
function partsOf(title) {
  const at = title.indexOf(": ");
  return at < 0 || title.startsWith("`")
    ? { via: "", call: title }
    : { via: title.slice(0, at), call: title.slice(at + 2) };
}

export const namesOf = (mode) => Object.keys(situations).filter((name) => situations[name].mode === mode);

/** The columns of a family's table: calls that do the same in every situation share one. */
export function columnsOf(clients, mode) {
  const columns = [];
  for (const client of clients)
    for (const surface of client.surfaces) {
      if (surface.mode !== mode) continue;
      const signatures = namesOf(mode).map((name) => signatureOf(surface.seen[name], mode));
      const member = { client, surface, ...partsOf(surface.title) };
      const same = columns.find((one) => one.signatures.join("\n") === signatures.join("\n"));
      if (same) same.members.push(member);
      else columns.push({ signatures, members: [member] });
    }
  return columns;
}

/**
 * The rows of a table: situations with the same in every column share one. Not so silence, and 429 where an SDK asks again: they are
 * about how long it takes.
 *
 * @returns `[titles, ...cells]` each
 */
export function rowsOf(columns, mode, names = namesOf(mode)) {
  const rows = new Map();
  for (const name of names) {
    const each = columns.map(({ members }) => members.map(({ surface }) => surface.seen[name]));
    const asksAgain = each.some((calls) => calls.some(({ requests }) => requests > 1));
    const isOfTime = situations[name].limited || (name.startsWith("429") && asksAgain);
    const key = [isOfTime ? name : "", ...each.map(([first]) => signatureOf(first, mode))].join("\n");
    const row = rows.get(key) ?? {
      titles: [],
      each: columns.map(() => []),
      isOfSilence: situations[name].limited,
    };
    row.titles.push(situations[name].title);
    for (const [index, calls] of each.entries()) row.each[index].push(...calls);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ titles, each, isOfSilence }) => [
    titles.join("; "),
    ...each.map((calls) => cell(calls, mode, isOfSilence)),
  ]);
}

/**
 * What one major back does otherwise: its columns that are none of today's, and the situations in which they are not as the same
 * call is today.
 */
export function olderOf(columns, today, mode) {
  const todays = new Map(
    today.flatMap(({ members, signatures }) =>
      members.map(({ client, surface }) => [`${client.client} ${surface.name}`, signatures]),
    ),
  );
  const isOther = ({ members, signatures }, row) =>
    members.some(
      ({ client, surface }) => todays.get(`${client.client} ${surface.name}`)?.[row] !== signatures[row],
    );
  const names = namesOf(mode);
  const rows = names.filter((_, row) => columns.some((one) => isOther(one, row)));
  return { rows, columns: columns.filter((one) => names.some((_, row) => isOther(one, row))) };
}

/** What a column is headed with: its calls, and the packages and providers as far as they tell it from its neighbours. */
export function headOf({ members }, columns) {
  const all = columns.flatMap((one) => one.members);
  const unique = (key, of) => [...new Set(of.map(key))].filter((value) => value !== "");
  const parts = [({ client }) => labelOf(client), ({ via }) => via].flatMap((key) => {
    const [own, every] = [unique(key, members), unique(key, all)];
    return own.length < every.length ? [own.join(", ")] : [];
  });
  return [...parts, unique(({ call }) => call, members).join(", ")].join(": ");
}
