// Runs clients through all situations, and joins what they saw with what Faultwire's event log counted.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, here, stop } from "../environment.mjs";
import { callOf, presetOf } from "./results.mjs";
import { asks, ruleFile, said, script } from "./situations.mjs";

/** Clients that take longer are ended. In ms. */
const longest = 3_600_000;
/** How long a plain question may take, and how much of a call may be outside of its requests, for the call to count. In ms. */
const slowMs = 1000;
/** The same as a share of the call: what is long is not told wrong by a second. */
const slowShare = 0.05;

const linesOf = (text, kind) =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`${kind} `))
    .map((line) => JSON.parse(line.slice(kind.length + 1)));

/** What the clients said, one text each, how long plain questions took meanwhile, and the event log of the `faultwire run` that all of them were in. */
async function play(wanted, { targets, presetsOf, jobs }) {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-sdk-table-"));
  const write = (name, value) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  try {
    const players = wanted.map(({ id, file, program, major, presetNames, habits, only }) => ({
      args: [program, join(here, "table/clients", file)],
      env: {
        SDK_ID: id,
        SDK_WHICH: major,
        SDK_ASKS: write(`${id}.json`, { ...asks(presetNames, habits), only }),
        LITELLM_LOCAL_MODEL_COST_MAP: "True",
      },
      out: join(folder, `${id}.out`),
    }));
    const probes = join(folder, "probes");
    const plan = write("players.json", { jobs, players, probes });
    const args = [
      ...[command, "run", "--quiet", "--mock", "--fail-on", "never", "--timeout", `${longest}ms`],
      ...["--script", write("script.yaml", script)],
      ...["--config", write("faults.yaml", ruleFile(targets, presetsOf))],
      ...["--report", join(folder, "report")],
      ...["--", process.execPath, join(here, "table/players.mjs"), plan],
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors = `${errors}${chunk}`.slice(-4000);
    });
    await new Promise((resolve) => child.once("close", resolve));
    const log = join(folder, "report/events.ndjson");
    if (!existsSync(log)) stop(`faultwire run left no log: ${errors}`);
    return {
      probes: linesOf(readFileSync(probes, "utf8"), "PROBE"),
      outs: players.map(({ out }) => (existsSync(out) ? readFileSync(out, "utf8") : "")),
      events: readFileSync(log, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Operation → its requests in their order, with when they began and ended, and what was done to them. */
function requestsByOperation(events) {
  const requests = new Map();
  const operations = new Map();
  const decisions = new Map();
  for (const event of events) {
    if (event.type === "decision") decisions.set(event.request, event);
    if (event.type === "request") {
      const request = {
        id: event.request,
        began: event.beganAtMs ?? event.atMs,
        retryCount: event.retryCount,
      };
      requests.set(event.request, request);
      if (!operations.has(event.operation)) operations.set(event.operation, []);
      operations.get(event.operation).push(request);
    }
    const own = requests.get(event.request);
    if (own === undefined) continue;
    if (event.type === "end") own.ended = event.atMs;
    if (event.type === "done") own.done = event.fault;
    if (event.type === "undone") own.undone = `${event.fault}: ${event.reason}`;
  }
  return operations;
}

function textOf(text) {
  if (text === said) return "whole";
  if (text === "") return "empty";
  return said.startsWith(text) ? "part" : "altered";
}

const tenths = (ms) => Math.round(ms / 100) / 10;

/** The seconds between the end of a request and the beginning of the next. */
const waitsOf = (requests) =>
  requests
    .slice(1)
    .map(({ began }, index) => Math.max(0, tenths(began - (requests[index].ended ?? requests[index].began))));

/** Requests that began while the program still waited: behind that, an SDK that asks again may go on without it. */
const within = (requests, ms) => requests.filter(({ began }) => began - requests[0].began <= ms);

const recordOf = ({ kind, end, error, text, ms }, requests) => ({
  kind,
  end,
  error,
  text: textOf(text),
  waits: waitsOf(within(requests, ms)),
  seconds: tenths(ms),
});

/** What the machine did to a call; undefined where it did nothing that one could see. */
function busyness({ kind, beganAt, ms, error }, requests, probes) {
  if (/connect timeout|timed out while connecting/i.test(`${error?.message} ${error?.cause}`))
    return "the machine was too busy to open a connection in time";
  const limit = Math.max(slowMs, slowShare * ms);
  const slow = probes.find(
    (probe) => probe.at < beganAt + ms && probe.at + probe.ms > beganAt && (probe.failed || probe.ms > limit),
  );
  if (slow) return `a plain question took ${slow.ms} ms meanwhile${slow.failed ? ` (${slow.failed})` : ""}`;
  const { ended } = requests.at(-1);
  const outside = ended === undefined || kind === "waiting" ? 0 : ms - (ended - requests[0].began);
  return outside > limit ? `${outside} ms of the call were outside of its requests` : undefined;
}

/** What can't be true if the run was one: that is no finding about an SDK. */
function flawOf(situation, outcome, requests, probes) {
  if (outcome === undefined) return "the client said nothing of it";
  if (requests.length === 0) return "no request of it reached the proxy";
  if (situation === "whole")
    return outcome.kind === "value" && outcome.text === said
      ? undefined
      : `no whole answer: ${JSON.stringify(outcome)}`;
  const busy = busyness(outcome, requests, probes);
  if (busy) return busy;
  // Some SDKs say in a header which try a request is, some in the error how many there were. Frameworks around them begin anew.
  const told = Math.max((requests.at(-1).retryCount ?? 0) + 1, outcome.error?.attempts ?? 0);
  if (told > requests.length)
    return `the SDK asked ${told} times, and ${requests.length} of it reached the proxy`;
  const undone = requests.find(({ done }) => done === undefined);
  // A client that breaks off at what it can't read has read it, whatever was still on the way to it.
  if (undone?.undone?.endsWith("the connection ended first") && outcome.kind === "error") return undefined;
  if (undone?.undone) return `not carried out: ${undone.undone}`;
  return requests.some(({ done }) => done !== undefined) ? undefined : "no fault was carried out";
}

/** What is known of a client: what it is, and of each operation what it saw and what the log has. */
function collect(known, out, operations, probes) {
  known.client ??= linesOf(out, "SDK-CLIENT")[0];
  known.out = out;
  for (const outcome of linesOf(out, "SDK-OUTCOME")) {
    const requests = operations.get(outcome.operation) ?? [];
    known.seen.set(outcome.operation, { outcome, requests, probes });
  }
  for (const line of out.split("\n")) if (/^SDK-UN(HANDLED|CAUGHT) /.test(line)) known.loose.add(line);
}

/** One client's record, and what was not as a run has to be: operations, each with the reason. */
function resultOf({ id, file, major, presetNames, habits }, { client, seen, loose, out }) {
  if (client === undefined) return { flaws: [["everything", `said nothing: ${out.slice(-1000)}`]] };
  const lists = asks(presetNames, habits);
  const flaws = [];
  const look = (surface, situation, keep) => {
    const { outcome, requests = [], probes } = seen.get(`${id}/${surface}/${situation}`) ?? {};
    const flaw = flawOf(situation, outcome, requests, probes);
    if (flaw) flaws.push([`${surface}/${situation}`, flaw]);
    return flaw ? undefined : keep(recordOf(outcome, requests));
  };
  const all = (surface, list, keep) =>
    Object.fromEntries(list.map(({ name }) => [name, look(surface, name, keep)]));
  const surfaces = client.surfaces.map(({ name, mode, title }) => {
    const { whole: _whole, ...rest } = all(name, lists[mode], callOf);
    return { name, mode, title, seen: rest };
  });
  const presetSurface = client.surfaces.find(({ mode }) => mode === "plain").name;
  const presets = Object.fromEntries(
    Object.entries(all(presetSurface, lists.presets, presetOf)).map(([name, one]) => [
      name.slice("preset.".length),
      one,
    ]),
  );
  const language = file.endsWith(".py") ? "Python" : "JavaScript";
  const { limits, ...about } = client;
  const record = {
    client: file,
    language,
    major,
    ...about,
    ...(limits && { limits }),
    ...(loose.size > 0 && { loose: [...loose] }),
    surfaces,
    presets,
  };
  return { flaws, record };
}

/** How often what could not be carried out is tried: on a busy machine connections may not be opened in time. */
const passes = 4;

/**
 * Runs clients, all of them under one `faultwire run`. What could not be carried out is asked again in another.
 *
 * @param wanted `{ id, file, program, major, presetNames, habits }` each
 * @returns for each `flaws`, which are empty where the run was as it has to be, and `record`
 */
export async function measure(wanted, options) {
  const known = wanted.map(() => ({ client: undefined, seen: new Map(), loose: new Set(), out: "" }));
  const results = [];
  for (let pass = 0; pass < passes; pass++) {
    const open = wanted.flatMap((one, index) => {
      if (pass === 0) return [{ one, index }];
      const { flaws } = results[index];
      if (flaws.length === 0) return [];
      return [{ one: { ...one, only: flaws.map(([operation]) => operation) }, index }];
    });
    if (open.length === 0) break;
    if (pass > 0) console.error(`sdks: ${open.length} clients are asked again for what was not carried out`);
    const { outs, events, probes } = await play(
      open.map(({ one }) => one),
      options,
    );
    const operations = requestsByOperation(events);
    for (const [at, { index }] of open.entries()) {
      collect(known[index], outs[at], operations, probes);
      results[index] = resultOf(wanted[index], known[index]);
    }
  }
  return results;
}
