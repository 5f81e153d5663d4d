// What `faultwire proxy` costs, beside those that people would take in its place. All in one run: direct, a relay of
// sockets that opens no TLS (the floor), a plain interceptor on node:https, mockttp, mitmproxy. Rounds are interleaved, every
// response's bytes are checked, and CPU is what the system counts for the process.
//
// `npm run bench -- proxy [--without mitmproxy] [--against CHECKOUT]`; by hand a part of it:
// `node bench/src/proxy.mjs [rounds] [measures, by commas]`, with FAULTWIRE_BENCH_WITHOUT and FAULTWIRE_BENCH_AGAINST.

import { openContenders } from "./proxy/contenders.mjs";
import { measures, quiet } from "./proxy/measures.mjs";
import { faultwireReady } from "./proxy/ready.mjs";
import { tellProxy } from "./proxy/tell.mjs";
import { firstRound, isQuick, openReport, scaled, versionOf } from "./support/report.mjs";

if (process.platform !== "linux") throw new Error("CPU of a process is read from /proc: Linux only");
const rounds = Number(process.argv[2] ?? scaled(7, 1));
const isAsked = (measure) => process.argv[3]?.split(",").includes(measure) ?? true;
/** Rounds before the first that counts, besides the one that every benchmark has: so long compilers go on. */
const warmUps = { oneConnection: scaled(2, 0), eightConnections: scaled(2, 0) };
const quietConnections = scaled(5000, 4);
const without = (process.env.FAULTWIRE_BENCH_WITHOUT ?? "").split(",").filter(Boolean);
// It is no npm package, and a quick run is to need nothing else.
if (isQuick && !without.includes("mitmproxy")) without.push("mitmproxy");
const against = process.env.FAULTWIRE_BENCH_AGAINST || undefined;

const rig = await openContenders({ without, against });
const report = openReport("proxy", {
  method: `${rounds} rounds, every contender once a round and measure; medians, ratios of the same round; spread: from the first to the last quarter`,
  versions: [versionOf("mockttp"), ...(rig.mitmproxyVersion ? [`mitmproxy ${rig.mitmproxyVersion}`] : [])],
});
try {
  const found = {};
  const isOurs = ({ name }) => name === "faultwire" || name === "against";
  const rows = {
    oneConnection: rig.contenders,
    eightConnections: rig.contenders,
    injected: rig.contenders.filter(isOurs),
    down: rig.contenders,
    up: rig.contenders,
    fresh: rig.contenders,
    events: rig.contenders,
  };
  for (const [measure, contenders] of Object.entries(rows)) {
    if (!isAsked(measure)) continue;
    console.error(`measuring ${measure} …`);
    found[measure] = Object.fromEntries(contenders.map(({ name }) => [name, []]));
    for (let round = firstRound - (warmUps[measure] ?? 0); round <= rounds; round++)
      for (const contender of contenders) {
        const figures = await measures[measure](contender).catch((error) => {
          throw new Error(`${measure} of ${contender.name}`, { cause: error });
        });
        if (round > 0) found[measure][contender.name].push(figures);
      }
  }
  if (isAsked("quiet")) {
    found.quiet = {};
    for (const contender of rig.contenders.filter(isOurs))
      found.quiet[contender.name] = [await quiet(contender, quietConnections)];
  }
  if (isAsked("ready")) found.ready = await faultwireReady(rig, rounds);
  tellProxy(report, found, { without, quietConnections });
} finally {
  await rig.close();
}
report.close();
