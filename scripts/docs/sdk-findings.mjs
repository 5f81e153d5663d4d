// What the results of e2e/sdks/table say in words. A sentence stands only where some SDK did that.
import { situations } from "../../e2e/sdks/table/situations.mjs";
import { isSilent, labelOf } from "./sdk-cells.mjs";

/** A wait may be measured this much short of what was asked for. In seconds. */
const tolerance = 0.1;

/** SDKs of today whose result in a situation is so: the package, and the calls where not all of them do. */
function namesWhere(clients, name, isSo) {
  const named = clients
    .filter(({ major }) => major === "current")
    .flatMap((client) => {
      const surfaces = client.surfaces.filter(({ mode }) => mode === situations[name].mode);
      const own = surfaces.filter(({ seen }) => isSo(seen[name]));
      if (own.length === 0) return [];
      const label = `${labelOf(client)}${client.language === "Python" ? " (Python)" : ""}`;
      return own.length === surfaces.length
        ? [label]
        : [`${label} with ${own.map(({ title }) => title).join(", ")}`];
    });
  return named.join("; ");
}

/** One finding: what it is, then who does what. */
function finding(title, ...groups) {
  const lines = groups.filter(([, names]) => names !== "").map(([what, names]) => `  - ${what}: ${names}`);
  return lines.length === 0 ? [] : [`- **${title}**`, ...lines];
}

const isError = ({ kind }) => kind === "error";
const isWaiting = ({ kind }) => kind === "waiting";
const asksAgain = ({ requests }) => requests > 1;

/** @param clients all results */
export function findings(clients) {
  const who = (name, isSo) => namesWhere(clients, name, isSo);
  const cut = (name, title) =>
    finding(
      title,
      ["**taken for whole, no error**", who(name, isSilent)],
      ["an error", who(name, isError)],
      ["waits on", who(name, isWaiting)],
    );
  return [
    ...cut("truncated", "A stream that ends early, but properly: who is told?"),
    ...cut("stream-closed", "A stream whose connection closes in the middle: who is told?"),
    ...cut("error-event", "An error event in mid-stream: who is told?"),
    ...cut("garbage", "An event that is no JSON: who is told?"),
    ...finding(
      "A stream that falls silent, with the SDK's time limit at eight seconds",
      ["**goes on waiting past its limit**", who("stream-silence", isWaiting)],
      ["gives up with an error", who("stream-silence", isError)],
      ["**ends as if it were whole**", who("stream-silence", isSilent)],
    ),
    ...cut("page-200", "A page of HTML with status 200 in place of an answer: who is told?"),
    ...finding(
      "429 with `retry-after: 1`",
      [
        "waits for it, and asks again",
        who("429-soon", (seen) => asksAgain(seen) && Math.min(...seen.waits) >= 1 - tolerance),
      ],
      [
        "**asks again sooner**",
        who("429-soon", (seen) => asksAgain(seen) && Math.min(...seen.waits) < 1 - tolerance),
      ],
      ["does not ask again", who("429-soon", (seen) => !asksAgain(seen))],
    ),
    ...finding(
      "429 with `retry-after: 120`",
      ["waits, for twenty seconds at least", who("429-late", (seen) => isWaiting(seen) && !asksAgain(seen))],
      ["**asks again sooner**", who("429-late", asksAgain)],
      ["gives up at once", who("429-late", (seen) => !isWaiting(seen) && !asksAgain(seen))],
    ),
    ...finding(
      "500: who asks again?",
      ["asks again", who("status-500", asksAgain)],
      ["does not", who("status-500", (seen) => !asksAgain(seen))],
    ),
    ...finding(
      "The connection is reset before the answer: who asks again?",
      ["asks again", who("reset", asksAgain)],
      ["does not", who("reset", (seen) => !asksAgain(seen))],
    ),
    ...finding(
      "A stream that is reset raises an error that is none of the SDK's classes, so that a `catch` for those misses it",
      ["so it is with", who("stream-reset", (seen) => isError(seen) && !seen.error.own)],
    ),
  ].join("\n");
}
