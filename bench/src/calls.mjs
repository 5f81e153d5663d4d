// Calls of ProcessTunnelData with 4 KiB there and back on one connection: @faultwire/connect-unary and the whole plugin
// against connect's adapter, grpc-js and the floor, which is node:http2 with protobuf-es and nothing else.
import { startChild } from "./support/child.mjs";
import { chunkBytes } from "./support/chunk-call.mjs";
import { loadFromNode, openLoad } from "./support/chunk-load.mjs";
import { firstRound, median, openReport, percentile, scaled, versionOf } from "./support/report.mjs";

const names = ["floor", "ours", "plugin", "grpc-js", "connect"];
const inFlights = [1, 16, 100];
const rounds = scaled(15, 1);
const roundMs = scaled(500, 30);
/** What was promised of "ours", by calls in flight. */
const wanted = {
  1: [
    { atLeast: 2, of: "connect" },
    { atLeast: 0.95, of: "floor" },
  ],
  16: [
    { atLeast: 4, of: "connect" },
    { atLeast: 1.1, of: "grpc-js" },
  ],
};

const load = openLoad();
const report = openReport("calls", {
  method: `${chunkBytes} bytes there and back on one connection; ${rounds} rounds of ${roundMs} ms, every server once a round, load from ${load.name}; medians, ratios of the same round`,
  versions: ["@bufbuild/protobuf", "@connectrpc/connect-node", "@grpc/grpc-js"].map(versionOf),
});

const servers = await Promise.all(
  names.map(async (name) => ({
    name,
    child: await startChild(new URL("./support/chunk-servers.mjs", import.meta.url), name),
  })),
);
// A wrong answer makes a fast server: each is asked once by the client that looks.
for (const { child } of servers) await loadFromNode(child.ready.port, 1, 1);

/** One measurement; a longer one where a busy machine leaves too few calls to tell anything. */
async function loaded(child, inFlight) {
  for (let ms = roundMs; ; ms *= 2) {
    const before = await child.cpuMs();
    const found = await load.load(child.ready.port, inFlight, ms);
    if (found.calls >= 2 * inFlight) return { ...found, cpuMs: (await child.cpuMs()) - before };
  }
}

for (const inFlight of inFlights) {
  const found = Object.fromEntries(names.map((name) => [name, { rate: [], cpuUs: [], p50: [], p99: [] }]));
  // The first round warms the compilers up.
  for (let round = firstRound; round <= rounds; round++)
    for (const { name, child } of servers) {
      const { calls, seconds, latenciesUs, cpuMs } = await loaded(child, inFlight);
      if (round === 0) continue;
      found[name].rate.push(calls / seconds);
      found[name].cpuUs.push((cpuMs * 1000) / calls);
      found[name].p50.push(percentile(latenciesUs, 0.5));
      found[name].p99.push(percentile(latenciesUs, 0.99));
    }
  const ratios = (name, figure, others) =>
    Object.fromEntries(
      others
        .filter((other) => other !== name)
        .map((other) => [
          other,
          median(found[name][figure].map((value, round) => value / found[other][figure][round])),
        ]),
    );
  const group = `${inFlight} in flight`;
  for (const name of names) {
    report.row({
      group,
      what: name,
      value: median(found[name].rate),
      unit: "calls/s",
      ratios: ratios(name, "rate", ["floor", "grpc-js", "connect"]),
      wanted: name === "ours" ? wanted[inFlight] : [],
    });
    report.row({
      group,
      what: "  CPU of the server per call",
      value: median(found[name].cpuUs),
      unit: "µs",
      ratios: ratios(name, "cpuUs", ["floor"]),
      wanted: name === "ours" ? [{ atMost: 1.2, of: "floor" }] : [],
    });
    for (const figure of ["p50", "p99"])
      report.row({
        group,
        what: `  latency, ${figure}`,
        value: median(found[name][figure]),
        unit: "µs",
        ratios: ratios(name, figure, ["floor"]),
      });
  }
}
for (const { child } of servers) child.stop();
load.close();
report.close();
