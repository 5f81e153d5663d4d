// What `faultwire proxy` costs over HTTP/2, beside its own HTTP/1.1, a plain interceptor of node:http2 on TLSSockets, mockttp
// and mitmproxy. All in one run, rounds interleaved, every response's bytes checked; CPU is what the system counts.
//
// `npm run bench -- proxy-http2 [--without mitmproxy] [--against CHECKOUT]`; by hand a part of it:
// `node bench/src/proxy-http2.mjs [rounds] [measures, by commas]`.
import { openContenders } from "./proxy/contenders.mjs";
import { http2Measures } from "./proxy/http2-measures.mjs";
import { firstRound, isQuick, median, openReport, percentile, scaled, versionOf } from "./support/report.mjs";

if (process.platform !== "linux") throw new Error("CPU of a process is read from /proc: Linux only");
const rounds = Number(process.argv[2] ?? scaled(7, 1));
const asked = process.argv[3]?.split(",");
const without = (process.env.FAULTWIRE_BENCH_WITHOUT ?? "").split(",").filter(Boolean);
if (isQuick && !without.includes("mitmproxy")) without.push("mitmproxy");
const against = process.env.FAULTWIRE_BENCH_AGAINST || undefined;
const ours = "faultwire";
const peers = new Set(["mockttp", "mitmproxy"]);

/** The bounds that are promised of ours, by measure and figure. */
const wanted = {
  one: { cpuUs: [{ of: "mockttp", atMost: 0.5 }] },
  ten: { cpuUs: [{ of: "mockttp", atMost: 0.2 }] },
  hundred: { cpuUs: [{ of: "mockttp", atMost: 0.2 }] },
  down: { perSecond: [{ of: "interceptor", atLeast: 0.9 }] },
  up: { perSecond: [{ of: "interceptor", atLeast: 0.9 }] },
};
const groups = {
  one: "a POST of 1 kB, one stream",
  ten: "a POST of 1 kB, ten streams (by HTTP/1.1 eight connections)",
  hundred: "a POST of 1 kB, a hundred streams (by HTTP/1.1 eight connections)",
  down: "32 MiB down, one stream",
  up: "32 MiB up, one stream",
};
const figures = {
  perSecond: { what: "speed", unit: { down: "MB/s", up: "MB/s" } },
  cpuUs: { what: "CPU a request", unit: { one: "µs", ten: "µs", hundred: "µs" } },
  cpuMs: { what: "CPU a MB", unit: { down: "ms", up: "ms" } },
};

const rig = await openContenders({ without, against, isHttp2: true });
const report = openReport("proxy-http2", {
  method: `${rounds} rounds, every contender once a round and measure; medians, ratios of the same round; spread: from the first to the last quarter`,
  versions: [versionOf("mockttp"), ...(rig.mitmproxyVersion ? [`mitmproxy ${rig.mitmproxyVersion}`] : [])],
});
try {
  for (const [measure, take] of Object.entries(http2Measures)) {
    if (asked && !asked.includes(measure)) continue;
    const found = new Map(rig.contenders.map(({ name }) => [name, []]));
    const broken = new Map();
    for (let round = firstRound; round <= rounds; round++)
      for (const contender of rig.contenders) {
        const { name } = contender;
        if (broken.has(name)) continue;
        const taken = await take(contender).catch((error) => {
          // A peer that can't is told; ours has to.
          if (!peers.has(name)) throw new Error(`${measure} of ${name}`, { cause: error });
          broken.set(name, error.message);
          found.delete(name);
        });
        if (taken && round > 0) found.get(name).push(taken);
      }
    tell(measure, found);
    for (const [name, why] of broken) report.skip(`${name}, ${groups[measure]}`, why);
  }
} finally {
  await rig.close();
}
report.close();

function tell(measure, found) {
  for (const [figure, { what, unit }] of Object.entries(figures))
    for (const [name, taken] of found) {
      const values = taken.map((each) => each[figure]).filter((value) => value !== undefined);
      if (values.length === 0) continue;
      const ratios = {};
      if (name === ours)
        for (const [other, theirs] of found)
          if (other !== ours && theirs[0][figure] !== undefined)
            ratios[other] = median(taken.map((mine, round) => mine[figure] / theirs[round][figure]));
      const spread = [percentile(values, 0.25), percentile(values, 0.75)];
      report.row({
        group: groups[measure],
        what: `${name}: ${figure === "perSecond" && unit[measure] === undefined ? "requests" : what}`,
        value: median(values),
        unit: unit[measure] ?? "1/s",
        ratios,
        wanted:
          name === ours ? (wanted[measure]?.[figure] ?? []).filter(({ of }) => ratios[of] !== undefined) : [],
        spread,
        note: values.length > 1 ? `(${spread.map((value) => value.toPrecision(3)).join(" to ")})` : undefined,
      });
    }
}
