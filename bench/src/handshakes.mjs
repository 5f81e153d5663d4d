// TLS handshakes per second through the reference host, by what the plugin does with them; every one is a full one, on
// a tunnel of its own.
import { firstRound, median, openReport, scaled } from "./support/report.mjs";
import { TunnelClient } from "./support/tunnel-client.mjs";
import { openRig, ways } from "./support/tunnel-rig.mjs";

const rounds = scaled(5, 1);
const perRound = scaled(64, 4);
const inFlights = [1, scaled(16, 4)];

const report = openReport("handshakes", {
  method: `TLS 1.3, ECDSA P-256, no resumption; ${rounds} rounds of ${perRound} connections, every way once a round; medians, ratios of the same round`,
});
const rig = await openRig();
for (const inFlight of inFlights) {
  const found = Object.fromEntries(Object.keys(ways).map((way) => [way, { rate: [], cpu: [] }]));
  for (let round = firstRound; round <= rounds; round++)
    for (const [way, { target, plugin }] of Object.entries(rig.lanes)) {
      const cpuBefore = (await plugin?.cpuMs()) ?? 0;
      const start = performance.now();
      let left = perRound;
      const worker = async () => {
        while (left-- > 0) (await TunnelClient.open(target)).close();
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
      const seconds = (performance.now() - start) / 1000;
      const cpuMs = ((await plugin?.cpuMs()) ?? 0) - cpuBefore;
      if (round === 0) continue;
      found[way].rate.push(perRound / seconds);
      found[way].cpu.push(cpuMs / perRound);
    }
  const ratio = (way, other, figure) =>
    median(found[way][figure].map((value, round) => value / found[other][figure][round]));
  const others = (way, names) => names.filter((name) => name !== way);
  for (const way of Object.keys(ways))
    report.row({
      group: `${inFlight} at a time`,
      what: way,
      value: median(found[way].rate),
      unit: "handshakes/s",
      ratios: Object.fromEntries(
        others(way, ["direct", "followed"]).map((other) => [other, ratio(way, other, "rate")]),
      ),
    });
  for (const way of others("direct", Object.keys(ways)))
    report.row({
      group: `${inFlight} at a time, CPU of the plugin per handshake`,
      what: way,
      value: median(found[way].cpu),
      unit: "ms",
      ratios: Object.fromEntries(others(way, ["followed"]).map((other) => [other, ratio(way, other, "cpu")])),
    });
}
await rig.check();
rig.close();
report.close();
