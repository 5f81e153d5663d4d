// MB/s and added latency of one tunnel and of 64 through the reference host, by what the plugin does with them.
// Client, origin, host and plugin share the machine, so what is compared is how much slower the same way gets.
// `node bench/src/tunnels.mjs [rounds]`.
import { setTimeout as pause } from "node:timers/promises";
import { firstRound, median, openReport, percentile, scaled } from "./support/report.mjs";
import { TunnelClient } from "./support/tunnel-client.mjs";
import { openRig, ways } from "./support/tunnel-rig.mjs";

const rounds = Number(process.argv[2] ?? scaled(5, 1));
const roundMs = scaled(1000, 20);
const many = scaled(64, 4);
const tunnelCounts = [1, many];
/** Bytes of one exchange: long enough not to count itself, short enough to end in time on many tunnels. */
const exchangeBytes = { 1: scaled(1 << 20, 1 << 16), [many]: scaled(1 << 15, 1 << 13) };

/** Between two pings of a tunnel: they are to meet an idle tunnel, not a queue. */
const pingPauseMs = 20;

const report = openReport("tunnels", {
  method: `TLS 1.3 through the reference host; ${rounds} rounds, every way once a round for ${roundMs} ms; medians, ratios of the same round`,
});
const rig = await openRig();

/** MB/s, and the plugin's CPU in ms per MB. */
async function throughput({ target, plugin }, tunnels, direction) {
  const clients = await Promise.all(Array.from({ length: tunnels }, () => TunnelClient.open(target)));
  const size = exchangeBytes[tunnels];
  const cpuBefore = (await plugin?.cpuMs()) ?? 0;
  const start = performance.now();
  let bytes = 0;
  await Promise.all(
    clients.map(async (client) => {
      do {
        await (direction === "up" ? client.exchange(size, 0) : client.exchange(0, size));
        bytes += size;
      } while (performance.now() - start < roundMs);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpuMs = ((await plugin?.cpuMs()) ?? 0) - cpuBefore;
  for (const client of clients) client.close();
  return { rate: bytes / seconds / 1e6, cpu: cpuMs / (bytes / 1e6) };
}

/** Milliseconds of small exchanges on tunnels that are otherwise idle. */
async function latency({ target }, tunnels) {
  const clients = await Promise.all(Array.from({ length: tunnels }, () => TunnelClient.open(target)));
  const times = [];
  const end = performance.now() + roundMs;
  await Promise.all(
    clients.map(async (client, index) => {
      await pause((pingPauseMs * index) / tunnels);
      do {
        const start = performance.now();
        await client.exchange(0, 16);
        times.push(performance.now() - start);
        await pause(pingPauseMs);
      } while (performance.now() < end);
    }),
  );
  for (const client of clients) client.close();
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

const found = {};
const note = (way, figure, value) => {
  found[way] ??= {};
  found[way][figure] ??= [];
  found[way][figure].push(value);
};
/** What went wrong, with where it did. */
async function within(way, what, work) {
  try {
    return await work;
  } catch (cause) {
    const counts = JSON.stringify((await rig.lanes[way].plugin?.ask("counts")) ?? {});
    throw new Error(`${way}, ${what}: ${cause.message}; the plugin has counted ${counts}`, { cause });
  }
}

for (let round = firstRound; round <= rounds; round++)
  for (const tunnels of tunnelCounts)
    for (const [way, lane] of Object.entries(rig.lanes)) {
      for (const direction of ["down", "up"]) {
        const what = `${tunnels} ${direction}, round ${round}`;
        const { rate, cpu } = await within(way, what, throughput(lane, tunnels, direction));
        if (round === 0) continue;
        note(way, `${tunnels} ${direction}`, rate);
        note(way, `${tunnels} ${direction} cpu`, cpu);
      }
      const { p50, p99 } = await within(way, `${tunnels} idle, round ${round}`, latency(lane, tunnels));
      if (round === 0) continue;
      note(way, `${tunnels} p50`, p50);
      note(way, `${tunnels} p99`, p99);
    }
await rig.check();
rig.close();

/** What was promised of a way's MB/s, in relation to another's. */
const wanted = {
  followed: [{ atLeast: 0.9, of: "untouched" }],
  decrypted: [{ atLeast: 0.6, of: "followed" }],
};
const ratio = (way, other, figure) =>
  median(found[way][figure].map((value, round) => value / found[other][figure][round]));
for (const tunnels of tunnelCounts) {
  for (const direction of ["down", "up"]) {
    const group = `${tunnels} tunnel${tunnels === 1 ? "" : "s"}, ${direction}`;
    const figure = `${tunnels} ${direction}`;
    for (const way of Object.keys(ways)) {
      if (!found[way]) continue;
      const others = ["direct", ...(wanted[way] ?? []).map(({ of }) => of)].filter((other) => other !== way);
      report.row({
        group,
        what: way,
        value: median(found[way][figure]),
        unit: "MB/s",
        ratios: Object.fromEntries(others.map((other) => [other, ratio(way, other, figure)])),
        wanted: wanted[way] ?? [],
      });
    }
  }
  for (const direction of ["down", "up"])
    for (const way of Object.keys(ways)) {
      const figure = `${tunnels} ${direction} cpu`;
      if (!found[way] || way === "direct") continue;
      report.row({
        group: `${tunnels} tunnel${tunnels === 1 ? "" : "s"}, ${direction}, CPU of the plugin per MB`,
        what: way,
        value: median(found[way][figure]),
        unit: "ms",
        ratios: way === "followed" ? {} : { followed: ratio(way, "followed", figure) },
      });
    }
  for (const figure of ["p50", "p99"])
    for (const way of Object.keys(ways)) {
      if (!found[way]) continue;
      const times = found[way][`${tunnels} ${figure}`];
      const added = median(times.map((ms, round) => ms - found.direct[`${tunnels} ${figure}`][round]));
      report.row({
        group: `${tunnels} tunnel${tunnels === 1 ? "" : "s"}, a small request and its answer, ${figure}`,
        what: way,
        value: median(times),
        unit: "ms",
        note: way === "direct" ? "" : `${added.toFixed(2)} ms added`,
      });
    }
}
report.close();
