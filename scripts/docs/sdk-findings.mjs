// What the results of e2e/sdks/table say in words, and at a glance. A sentence stands only where some SDK did that.
import { situations } from "../../e2e/sdks/table/situations.mjs";
import { narrowTable } from "./markdown-table.mjs";
import { isSilent, labelOf } from "./sdk-cells.mjs";

/** A wait may be measured this much short of what was asked for. In seconds. */
const tolerance = 0.1;

const isError = ({ kind }) => kind === "error";
const isWaiting = ({ kind }) => kind === "waiting";
const asksAgain = ({ requests }) => requests > 1;
const asksSooner = (seen) => asksAgain(seen) && Math.min(...seen.waits) < 1 - tolerance;

/** The calls of a client that are asked in a situation, each with what it saw. */
const callsOf = ({ surfaces }, name) =>
  surfaces
    .filter(({ mode }) => mode === situations[name].mode)
    .map(({ title, seen }) => ({ title, seen: seen[name] }));

/** SDKs of which some calls are so: the package, and the calls where not all of them are. */
const namesWhere = (clients, name, isSo) =>
  clients.flatMap((client) => {
    const calls = callsOf(client, name);
    const own = calls.filter(({ seen }) => isSo(seen));
    if (own.length === 0) return [];
    const label = `${labelOf(client)}${client.language === "Python" ? " (Python)" : ""}`;
    return own.length === calls.length
      ? [label]
      : [`${label} with ${own.map(({ title }) => title).join(", ")}`];
  });

/**
 * One finding: what it is, then who does what. What most do is said of "all others", which is true where each call is in one of the
 * groups; else everyone is named.
 */
function finding(clients, name, title, ...groups) {
  const calls = clients.flatMap((client) => callsOf(client, name));
  const isComplete = calls.every(({ seen }) => groups.filter(([, isSo]) => isSo(seen)).length === 1);
  const counts = groups.map(([, isSo]) => calls.filter(({ seen }) => isSo(seen)).length);
  const most = isComplete ? counts.indexOf(Math.max(...counts)) : -1;
  const lines = groups.map(([what, isSo], index) => {
    const names = namesWhere(clients, name, isSo);
    if (index === most)
      return names.length === 0
        ? []
        : [`  - ${what}: ${counts[index] === calls.length ? "all" : "all others"}`];
    return names.length === 0 ? [] : [`  - ${what}: ${names.join("; ")}`];
  });
  // What most do stands last, behind those that the others are other than.
  const sorted = most < 0 ? lines : [...lines.toSpliced(most, 1), lines[most]];
  return counts.every((count) => count === 0) ? [] : [`- **${title}**`, ...sorted.flat()];
}

/** @param clients all results */
export function findings(clients) {
  const today = clients.filter(({ major }) => major === "current");
  const of = (name, title, ...groups) => finding(today, name, title, ...groups);
  const told = (name, title) =>
    of(
      name,
      `${title} Is the program told?`,
      ["**no: taken for whole**", isSilent],
      ["an error", isError],
      ["waits on", isWaiting],
    );
  const again = (name, title) =>
    of(name, `${title} Who asks again?`, ["asks again", asksAgain], ["does not", (seen) => !asksAgain(seen)]);
  return [
    ...told("truncated", "A stream ends early, but properly."),
    ...told("stream-closed", "The connection of a stream closes in the middle."),
    ...told("error-event", "A stream has an error event."),
    ...told("garbage", "A stream has an event that is no JSON."),
    ...of(
      "stream-silence",
      "A stream falls silent; the SDK's time limit is eight seconds.",
      ["**waits on past its limit**", isWaiting],
      ["gives up with an error", isError],
      ["**ends as if it were whole**", isSilent],
    ),
    ...told("page-200", "A page of HTML with status 200 comes in place of an answer."),
    ...of(
      "429-soon",
      "429 with `retry-after: 1`.",
      ["waits for it, and asks again", (seen) => asksAgain(seen) && !asksSooner(seen)],
      ["**asks again sooner**", asksSooner],
      ["does not ask again", (seen) => !asksAgain(seen)],
    ),
    ...of(
      "429-late",
      "429 with `retry-after: 120`.",
      ["waits, for twenty seconds at least", (seen) => isWaiting(seen) && !asksAgain(seen)],
      ["**asks again sooner**", asksAgain],
      ["gives up at once", (seen) => !isWaiting(seen) && !asksAgain(seen)],
    ),
    ...again("status-500", "500."),
    ...again("overloaded", "Overloaded: 529, or 503."),
    ...again("reset", "The connection is reset before the answer."),
    ...of(
      "stream-reset",
      "A stream is reset: is the error of one of the SDK's classes, so that a `catch` for those has it?",
      ["**no**", (seen) => isError(seen) && !seen.error.own],
      ["yes", (seen) => isError(seen) && seen.error.own],
    ),
  ].join("\n");
}

/** What a call comes to, in a word or two. */
function glanceOf(seen) {
  const again = asksAgain(seen) ? `${seen.requests - 1}×, then ` : "";
  if (isError(seen)) return `${again}error`;
  if (isWaiting(seen)) return `${again}**waits**`;
  return `${again}${isSilent(seen) ? "**silent**" : "no error"}`;
}

/** What most readers come for. */
const atAGlance = [
  "429-soon",
  "overloaded",
  "reset",
  "truncated",
  "stream-closed",
  "stream-silence",
  "error-event",
];

/** One row an SDK of today. @param linkOf where a client has its section */
export function glance(clients, linkOf) {
  const heads = atAGlance.map((name) => {
    const { title, mode } = situations[name];
    return mode === "stream" ? `stream: ${title}` : title;
  });
  const cellOf = (client, name) => {
    const words = callsOf(client, name).map(({ seen }) => glanceOf(seen));
    return [...new Set(words)]
      .map((one) => {
        const count = words.filter((other) => other === one).length;
        return count === words.length ? one : `${one} in ${count} of ${words.length} calls`;
      })
      .join("; ");
  };
  const rows = clients
    .filter(({ major }) => major === "current")
    .map((client) => [
      `[${labelOf(client)}](${linkOf(client)}), ${client.language}`,
      ...atAGlance.map((name) => cellOf(client, name)),
    ]);
  return narrowTable(["SDK", ...heads], rows);
}
