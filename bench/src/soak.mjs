// `faultwire proxy`, and the plugin behind the reference host, for minutes under clients that behave and clients that don't,
// while their rules change: whether anything stays behind. `npm run soak -- --minutes 30`; ends with 1 where memory,
// descriptors or connections grow, where something that no rule touches was touched, or where a process says that an error was
// its own; with 2 where it was asked for what there is not.
// A snapshot stops a process for seconds, and what it carries meanwhile breaks.
//
// --minutes N    how long; 1 unless given          --clients N    at the same time, on each way; 8 unless given
// --seed N       of what clients do                --snapshots DIR  two heap snapshots of each, at a quarter and at the end
// --left DIR     a heap snapshot of each that sockets are left of, behind its end
// --way NAME     proxy or plugin; both at the same time unless given
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { tunnelLimits } from "@faultwire/tunnel";
import { numberOf, readFlags, refuse } from "../../scripts/read-flags.mjs";
import { startProxyProcess } from "./support/proxy-process.mjs";
import { isQuick, median, openReport, scaled } from "./support/report.mjs";
import { deeds, deedsOf, leaveTunnels, randomFrom, Unfaithful } from "./support/soak-clients.mjs";
import { brokenRuleFile, ruleFile } from "./support/soak-rules.mjs";

const { flags } = readFlags("soak", {
  minutes: { type: "string", default: String(scaled(1, 0.05)) },
  clients: { type: "string", default: "8" },
  seed: { type: "string", default: "1" },
  snapshots: { type: "string" },
  left: { type: "string" },
  way: { type: "string", default: "" },
});
const durationMs = numberOf("soak", flags, "minutes") * 60_000;
const clients = numberOf("soak", flags, "clients", { least: 1, isWhole: true });
const seed = numberOf("soak", flags, "seed", { least: 0, isWhole: true });
const both = ["proxy", "plugin"];
const ways = flags.way === "" ? both : [flags.way];
if (!ways.every((way) => both.includes(way))) refuse("soak", `--way ${flags.way}: proxy or plugin expected`);
for (const folder of [flags.snapshots, flags.left])
  if (folder !== undefined && !existsSync(folder)) refuse("soak", `there is no folder ${folder}`);
const samples = scaled(60, 8);
/** How often the rules change, in ms. */
const reloadMs = 5000;
/**
 * Each client begins something at most so often, in ms. What a process holds follows from what came in the last minutes: a tunnel
 * whose client stopped reading is held for five. Without this, a machine that has less to do in the last quarter would be growth.
 */
const deedMs = 3000;
/** So long after the end clients may still be at something, in ms: they wait a minute at the most. */
const leaveMs = 90_000;
const megabyte = 1e6;

const report = openReport("soak", {
  method: `${flags.minutes} minutes of ${clients} clients at a time on each way (${ways.join(", ")}; seed ${seed}), ${Object.keys(deeds).length} kinds of them, rules that change every ${reloadMs / 1000} s; ${samples} samples of the process after a collection; growth is between the medians of the second and the last quarter`,
});

/** What grows by how much at the most, from the second quarter to the last. */
const growths = [
  { what: "heap", of: ({ heapUsed }) => heapUsed / megabyte, unit: "MB", atMost: 2 },
  { what: "buffers", of: ({ arrayBuffers }) => arrayBuffers / megabyte, unit: "MB", atMost: 4 },
  { what: "resident memory", of: ({ rss }) => rss / megabyte, unit: "MB", atMost: 15 },
  { what: "descriptors", of: ({ fds }) => fds, unit: "fds", atMost: 15 },
  { what: "sockets", of: ({ sockets }) => sockets, unit: "sockets", atMost: 15 },
  { what: "tunnels", of: ({ tunnels }) => tunnels, unit: "tunnels", atMost: 15 },
  // A figure of the machine as much as of the process: not judged.
  { what: "delay of the event loop, p99", of: ({ loop }) => loop.p99, unit: "ms" },
];

/** One way under its clients: what was sampled, and what came of it. */
async function soak(way) {
  const proxy = await startProxyProcess(ruleFile(0, way), way);
  const names = deedsOf(way);
  const sockets = new Set();
  const counts = {};
  const unfaithful = [];
  /** What clients are at, by their seed. */
  const doing = new Map();
  let isOver = false;

  /** One client after the other, until it is over. */
  async function act(seed) {
    const random = randomFrom(seed);
    const client = { port: proxy.port, ca: proxy.ca, random, sockets, way };
    while (!isOver) {
      const name = names[Math.floor(random() * names.length)];
      counts[name] = (counts[name] ?? 0) + 1;
      doing.set(seed, name);
      const nextMs = performance.now() + Math.min(deedMs, durationMs / 20);
      try {
        await deeds[name](client);
      } catch (error) {
        if (!(error instanceof Unfaithful)) throw error;
        unfaithful.push(`${way}, ${name}: ${error.message}`);
      }
      doing.delete(seed);
      if (!isOver) await pause(Math.max(0, nextMs - performance.now()));
    }
  }

  /** Changes the rules; now and then to some that are refused. */
  async function reload() {
    for (let change = 1; !isOver; change++) {
      await pause(Math.min(reloadMs, durationMs / 4));
      proxy.setRules(change % 4 === 3 ? brokenRuleFile : ruleFile(change, way));
    }
  }

  const before = await proxy.sample();
  // A plugin keeps a little of tunnels at rest, up to a limit. It is reached first, so that what grows behind it is growth.
  if (way === "plugin" && !isQuick)
    await leaveTunnels({ port: proxy.port, sockets, way, random: randomFrom(0) }, tunnelLimits.maxTunnels);
  const found = [];
  const startedMs = performance.now();
  const work = [...Array.from({ length: clients }, (_, at) => act(seed * 1000 + at)), reload()];
  const failed = Promise.all(work);
  // Told below, where it is awaited.
  failed.catch(() => {});
  for (let at = 1; at <= samples && !proxy.hasExited(); at++) {
    const dueMs = startedMs + (durationMs * at) / samples;
    await Promise.race([pause(Math.max(0, dueMs - performance.now())), proxy.exited]);
    const sample = await proxy.sample();
    const minutes = (performance.now() - startedMs) / 60_000;
    found.push({ minutes, ...sample });
    if (flags.snapshots && (at === samples / 4 || at === samples))
      await proxy.snapshot(join(flags.snapshots, `soak-${way}-${at}.heapsnapshot`));
    tell(
      way,
      minutes,
      Object.values(counts).reduce((sum, count) => sum + count, 0),
      sample,
    );
  }
  isOver = true;
  // A client of ours that waits for ever must not keep the figures back; which one it is, is told.
  // That wait is over with the soak: it keeps no process.
  await Promise.race([failed, pause(leaveMs, undefined, { ref: false })]);
  for (const name of doing.values()) console.error(`${way}: a client of the soak has not ended: ${name}`);
  for (const socket of sockets) socket.destroy();
  /** What is left when everybody has gone; one server listens. */
  const after = await proxy.settled(before);
  if (after.sockets > before.sockets || after.hostSockets > before.hostSockets) {
    for (const line of await proxy.openSockets()) console.error(`${way}, left: ${line}`);
    if (flags.left) await proxy.snapshot(join(flags.left, `soak-${way}-left.heapsnapshot`));
  }
  const how = await proxy.stop();
  return {
    way,
    before,
    found,
    after,
    how,
    counts,
    unfaithful,
    lines: proxy.counts,
    ownErrors: proxy.ownErrors,
  };
}

function tell(way, minutes, done, sample) {
  if (isQuick) return;
  const row = [
    minutes.toFixed(2).padStart(7),
    way.padEnd(7),
    String(done).padStart(8),
    (sample.heapUsed / megabyte).toFixed(2).padStart(8),
    (sample.arrayBuffers / megabyte).toFixed(2).padStart(11),
    (sample.rss / megabyte).toFixed(1).padStart(7),
    String(sample.fds).padStart(5),
    String(sample.tunnels).padStart(8),
    sample.loop.p99.toFixed(1).padStart(12),
  ];
  console.log(row.join(" "));
}

/** The figures of one way. @returns whether anything has grown, stayed behind or was wrong */
function judge({ way, before, found, after, how, counts, unfaithful, lines, ownErrors }) {
  let isWrong = false;
  const quarter = (number, of) =>
    median(found.slice((samples / 4) * (number - 1), (samples / 4) * number).map((sample) => of(sample)));
  for (const { what, of, unit, atMost } of growths) {
    const second = quarter(2, of);
    const last = quarter(4, of);
    // A few seconds show no growth.
    if (!isQuick && last - second > atMost) isWrong = true;
    report.row({
      group: way,
      what: `growth of ${what}`,
      value: last - second,
      unit,
      ...(atMost !== undefined && { wanted: [{ atMost }] }),
      note: `from ${second.toFixed(1)} to ${last.toFixed(1)}`,
    });
  }
  const left = [
    { what: "sockets left behind", value: after.sockets - before.sockets, unit: "sockets" },
    {
      what: "sockets left behind at the host",
      value: after.hostSockets - before.hostSockets,
      unit: "sockets",
      // The host does not pass a client's reset on: such a tunnel waits for its upstream, longer than a quick run.
      isJudged: !isQuick,
    },
    { what: "descriptors left behind", value: after.fds - before.fds, unit: "fds", atMost: 4 },
    { what: "what no rule touches and was touched", value: unfaithful.length, unit: "requests" },
    { what: "errors of ours in the log", value: ownErrors.length, unit: "lines" },
    { what: "status at the end", value: how === 0 ? 0 : 1, unit: "status", note: String(how) },
  ];
  for (const { atMost = 0, isJudged = true, ...row } of left) {
    if (isJudged && row.value > atMost) isWrong = true;
    report.row({ group: way, ...row, wanted: isJudged ? [{ atMost }] : [] });
  }
  report.row({
    group: way,
    what: "heap at rest, behind against before",
    value: (after.heapUsed - before.heapUsed) / megabyte,
    unit: "MB",
    note: "code that was compiled, certificates, counts of rules",
  });
  for (const [name, count] of Object.entries(counts))
    report.row({ group: `${way}: clients`, what: name, value: count, unit: "clients" });
  for (const [event, count] of Object.entries(lines))
    report.row({ group: `${way}: lines of the log`, what: event, value: count, unit: "lines" });
  for (const line of new Set([...unfaithful, ...ownErrors].slice(0, 20))) console.error(line);
  return isWrong;
}

if (!isQuick)
  console.log("    min way      clients  heap MB  buffers MB  RSS MB   fds  tunnels  loop p99 ms");
const results = await Promise.all(ways.map(soak));
const wrong = results.filter(judge);
report.close();
process.exitCode = wrong.length > 0 ? 1 : 0;
