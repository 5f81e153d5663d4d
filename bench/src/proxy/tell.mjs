// Turns what was found into rows: figures with their spread, ratios of the same round, and what was promised.
import { median, percentile } from "../support/report.mjs";

const ours = "faultwire";

/** Medians over rounds of `of(figures of a contender, figures of another)`. */
const overRounds = (mine, theirs, of) =>
  median(mine.map((figures, round) => of(figures, theirs[round % theirs.length])));

const small = "a POST of 1 kB, 1 connection";
const smalls = "a POST of 1 kB, 8 connections";
const cheapRequest = [
  { of: "mockttp", atMost: 0.25 },
  { of: "mitmproxy", atMost: 0.1 },
  { of: "interceptor", atMost: 0.75 },
];
const fast = [{ of: "interceptor", atLeast: 1.5 }];
const cheap = [{ of: "interceptor", atMost: 0.8 }];
const fresh = "a new connection and one exchange";
const limited = "a 429 by rule, 1 connection";
const quiet = "quiet opened connections, each";

/** Figures by measure, in the order in which they are told; `wanted` is promised of ours. */
const figures = [
  { measure: "oneConnection", group: small, figure: "p50Ms", what: "p50", unit: "ms" },
  { measure: "oneConnection", group: small, figure: "p95Ms", what: "95 of 100", unit: "ms" },
  {
    measure: "oneConnection",
    group: small,
    figure: "cpuUs",
    what: "CPU a request",
    unit: "µs",
    wanted: cheapRequest,
  },
  { measure: "eightConnections", group: smalls, figure: "perSecond", what: "requests", unit: "1/s" },
  {
    measure: "eightConnections",
    group: smalls,
    figure: "cpuUs",
    what: "CPU a request",
    unit: "µs",
    wanted: cheapRequest,
  },
  { measure: "down", group: "32 MiB down", figure: "perSecond", what: "speed", unit: "MB/s", wanted: fast },
  { measure: "down", group: "32 MiB down", figure: "cpuMs", what: "CPU a MB", unit: "ms", wanted: cheap },
  { measure: "up", group: "32 MiB up", figure: "perSecond", what: "speed", unit: "MB/s", wanted: fast },
  { measure: "up", group: "32 MiB up", figure: "cpuMs", what: "CPU a MB", unit: "ms", wanted: cheap },
  { measure: "fresh", group: fresh, figure: "p50Ms", what: "p50", unit: "ms" },
  { measure: "fresh", group: fresh, figure: "cpuMs", what: "CPU", unit: "ms", wanted: [{ atMost: 2.5 }] },
  { measure: "events", group: "an event of a stream", figure: "p50Ms", what: "p50", unit: "ms" },
  { measure: "injected", group: limited, figure: "p50Ms", what: "p50", unit: "ms" },
  { measure: "injected", group: limited, figure: "cpuUs", what: "CPU a request", unit: "µs" },
  {
    measure: "quiet",
    group: quiet,
    figure: "keptKb",
    what: "heap and buffers",
    unit: "kB",
    wanted: [{ atMost: 20 }],
  },
  { measure: "quiet", group: quiet, figure: "residentKb", what: "resident", unit: "kB" },
  {
    measure: "ready",
    group: "from start to ready",
    figure: "ms",
    what: "ready",
    unit: "ms",
    wanted: [{ atMost: 250 }],
  },
];

/** Differences that are promised: of ours, over another's, as a part of what a third has over it. */
const differences = [
  {
    group: "added to direct: a POST of 1 kB, 1 connection",
    measure: "oneConnection",
    over: "direct",
    wanted: [
      { of: "mockttp", atMost: 0.35 },
      { of: "interceptor", atMost: 1 },
    ],
  },
  {
    group: "added to the relay: an event of a stream",
    measure: "events",
    over: "relay",
    wanted: [{ atMost: 0.2 }],
  },
];

/** Rows of all that was found. */
export function tellProxy(report, found, { without, quietConnections }) {
  for (const name of without)
    report.skip(name, "left out (--without, or a quick run, which is to need npm packages alone)");
  const isThere = ({ of }, among) => of === undefined || among[of] !== undefined;
  for (const { measure, group, figure, what, unit, wanted = [] } of figures) {
    const all = found[measure] ?? {};
    for (const [name, rounds] of Object.entries(all)) {
      const values = rounds.map((each) => each[figure]).filter((value) => value !== undefined);
      if (values.length === 0) continue;
      const spread = [percentile(values, 0.25), percentile(values, 0.75)];
      const ratios = {};
      if (name === ours)
        for (const [other, theirs] of Object.entries(all))
          if (other !== ours && theirs[0][figure] !== undefined)
            ratios[other] = overRounds(rounds, theirs, (mine, their) => mine[figure] / their[figure]);
      report.row({
        group: measure === "quiet" ? `${quietConnections} ${group}` : group,
        what: `${name}: ${what}`,
        value: median(values),
        unit,
        ratios,
        wanted: name === ours ? wanted.filter((bound) => isThere(bound, all)) : [],
        spread,
        note: values.length > 1 ? `(${spread.map((value) => value.toPrecision(3)).join(" to ")})` : undefined,
      });
    }
  }
  tellDifferences(report, found, isThere);
  tellInjected(report, found);
}

function tellDifferences(report, found, isThere) {
  for (const { group, measure, over, wanted } of differences) {
    const all = found[measure];
    if (!all?.[over]) continue;
    const added = (rounds) => overRounds(rounds, all[over], (mine, base) => mine.p50Ms - base.p50Ms);
    for (const [name, rounds] of Object.entries(all)) {
      if (name === over || name === "direct") continue;
      const ratios = Object.fromEntries(
        wanted
          .filter((bound) => name === ours && bound.of && all[bound.of])
          .map(({ of }) => [of, added(rounds) / added(all[of])]),
      );
      report.row({
        group,
        what: `${name}: p50`,
        value: added(rounds),
        unit: "ms",
        ratios,
        wanted: name === ours ? wanted.filter((bound) => isThere(bound, all)) : [],
      });
    }
  }
}

/** An answer of ours has to cost less than a request that is passed on. */
function tellInjected(report, { injected, oneConnection }) {
  if (!injected || !oneConnection) return;
  for (const [figure, what] of [
    ["cpuUs", "CPU"],
    ["p50Ms", "p50"],
  ]) {
    const of = "one that passes";
    const ratio = overRounds(
      injected[ours],
      oneConnection[ours],
      (mine, passed) => mine[figure] / passed[figure],
    );
    report.row({
      group: "a 429 by rule, of a request that passes",
      what: `${ours}: ${what}`,
      value: ratio,
      unit: "×",
      ratios: { [of]: ratio },
      wanted: [{ of, atMost: 1 }],
    });
  }
}
