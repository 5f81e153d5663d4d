// results.json: what a run keeps of each call, no more than the page and its test need, and one call a line, so that a change
// of one SDK is a change of its lines. What most calls have in common is left out, and `readResults` puts it back.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { here } from "../environment.mjs";

const file = join(here, "results.json");
/** How much is kept of what an error says: enough to find it by. */
const messageChars = 70;

/** An error's words without what changes from one run to the next. */
function lasting(words) {
  const masked = words
    .replaceAll(/\b(req|msg|resp|chatcmpl)_[A-Za-z0-9_-]+/g, "$1_…")
    .replaceAll(/("request_id":)"[^"]*"?/g, '$1"…"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "…")
    .replaceAll(/0x[0-9a-f]{6,}/g, "0x…")
    .replaceAll(/\b127\.0\.0\.1:\d+/g, "127.0.0.1:…")
    .replaceAll(/\b(position|line|column|char|received|expected) \d+/g, "$1 …");
  return masked.length > messageChars ? `${masked.slice(0, messageChars).replace(/…$/, "")}…` : masked;
}

/**
 * An error as it is kept: the SDK's own class by its name, one of another package with its module, where the language tells it.
 * Words only where the API gave no status: with one, they are the API's.
 */
function errorOf({ class: name, name: full, own, message, status }) {
  const foreign = full?.includes(".") && !full.startsWith("builtins.") ? full : name;
  return {
    class: own ? name : foreign,
    ...(!own && { own }),
    ...(status === undefined ? { message: lasting(message) } : { status }),
  };
}

/** A call as it is kept: `error`, or `text` and `end`, or neither where the program still waited. Seconds are of the whole call. */
export const callOf = ({ error, kind, text, end, waits = [], seconds }) => ({
  ...(error && { error: errorOf(error) }),
  ...(kind === "value" && { text, ...(end && { end }) }),
  ...(waits.length > 0 && { waits }),
  seconds,
});

function kindOf({ error, text }) {
  if (error) return "error";
  return text === undefined ? "waiting" : "value";
}

/** A call as the page and its test have it: a wait stands between each request and the next. */
const callAgain = ({ waits = [], error, ...call }) => ({
  ...call,
  kind: kindOf({ error, ...call }),
  ...(error && { error: { own: true, ...error } }),
  requests: waits.length + 1,
  waits,
});

/** A preset's call as it is kept: which class it raised, if it raised one. */
export const presetOf = ({ error }) =>
  error ? { class: error.class, ...(error.status !== undefined && { status: error.status }) } : {};

const linesOf = (calls) =>
  Object.entries(calls)
    .map(([name, call]) => `${JSON.stringify(name)}:${JSON.stringify(call)}`)
    .join(",\n");
/** An object that is left open for what follows. */
const opened = (object) => JSON.stringify(object).slice(0, -1);

function clientText({ surfaces, presets, ...head }) {
  const each = surfaces.map(({ seen, ...surface }) => `${opened(surface)},"seen":{\n${linesOf(seen)}}}`);
  return `${opened(head)},"surfaces":[\n${each.join(",\n")}],\n"presets":{\n${linesOf(presets)}}}`;
}

/** The file's text. */
export const resultsText = ({ faultwire, clients }) =>
  `{"faultwire":${JSON.stringify(faultwire)},"clients":[\n${clients.map(clientText).join(",\n")}]}\n`;

/** The file as it is. */
export const resultsFile = () => (existsSync(file) ? readFileSync(file, "utf8") : '{"clients":[]}');

/** What was measured, as it is kept: `faultwire`, its version, and `clients`. */
export const keptResults = () => JSON.parse(resultsFile());

/** The same with all that was left out. */
export function readResults() {
  const { faultwire, clients } = keptResults();
  const withCalls = ({ seen, ...surface }) => ({
    ...surface,
    seen: Object.fromEntries(Object.entries(seen).map(([name, call]) => [name, callAgain(call)])),
  });
  return {
    faultwire,
    clients: clients.map((client) => ({ ...client, surfaces: client.surfaces.map(withCalls) })),
  };
}

export function writeResults(results) {
  writeFileSync(file, resultsText(results));
  return file;
}
