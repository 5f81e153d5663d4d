// A plugin that gets whole connections (faultwire.connection.v1), a plugin that gets chunks (the Fault proxy's calls), and our proxy
// that needs no plugin: MB/s, messages for each MB, CPU, and the time of an exchange of 1 kB, all in one run.
// With FAULT_BIN the real Fault proxy takes part as well. `node bench/src/connection-protocol.mjs [rounds]`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startChild } from "./support/child.mjs";
import { startRealHost } from "./support/real-host.mjs";
import { firstRound, median, openReport, percentile, scaled } from "./support/report.mjs";
import { TunnelClient } from "./support/tunnel-client.mjs";

const rounds = Number(process.argv[2] ?? scaled(5, 1));
const roundMs = scaled(1500, 50);
const exchangeBytes = scaled(1 << 20, 1 << 16);
/** Of the exchange whose time is taken: a kilobyte each way. */
const smallBytes = 1024;
const goal = 10;
/** How often it is looked whether the Fault proxy has registered the plugin. */
const registrationLookMs = 50;

const ways = {
  followed: "HTTPS that stays closed, followed",
  decrypted: "HTTPS that is opened",
};
const lanesOf = ["chunks", "chunks, real host", "connections", "proxy"];

const report = openReport("connection-protocol", {
  method: `TLS 1.3, one tunnel; ${rounds} rounds, every lane once a round for ${roundMs} ms; medians, ratios of the same round`,
});

const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
const start = (file, ...args) => startChild(new URL(`./support/${file}`, import.meta.url), ...args);
const origin = await start("origin.mjs");
const originPort = String(origin.ready.port);
const caFile = join(scratch, "origin-ca.pem");
writeFileSync(caFile, origin.ready.ca);

/** Who carries the bytes: a plugin, a host, what the client has to know, how many messages have been sent. */
async function openLane(way, lane) {
  const caOf = (opener) => (way === "decrypted" ? opener.ready.ca : origin.ready.ca);
  const plugin = lane === "proxy" ? undefined : await start("plugin-process.mjs", way, caFile);
  switch (lane) {
    case "chunks": {
      const host = await start("host.mjs", originPort, ...plugin.ready.urls);
      const messages = async () => 2 * ((await host.ask("counts")).call ?? 0);
      return { plugin, host, messages, target: { proxyPort: host.ready.port, ca: caOf(plugin) } };
    }
    case "chunks, real host": {
      if (!process.env.FAULT_BIN) {
        plugin.stop();
        return undefined;
      }
      const host = await startRealHost(plugin.ready.urls, scratch);
      // It asks every plugin for its health when it starts.
      while ((await plugin.ask("registered")).length < 2) await pause(registrationLookMs);
      const target = { proxyPort: host.ready.port, ca: caOf(plugin), authority: `localhost:${originPort}` };
      return { plugin, host, target };
    }
    case "connections": {
      const host = await start("connection-process.mjs", way, originPort, caFile, plugin.ready.urls[0]);
      const messages = async () => (await host.ask("messages")) + (await plugin.ask("messages"));
      return { plugin, host, messages, target: { proxyPort: host.ready.port, ca: caOf(plugin) } };
    }
    default: {
      const host = await start("connection-process.mjs", way, originPort, caFile);
      return { host, target: { proxyPort: host.ready.port, ca: caOf(host) } };
    }
  }
}

async function cpuMs({ plugin, host }) {
  return ((await plugin?.cpuMs()) ?? 0) + (await host.cpuMs());
}

async function throughput(lane, direction) {
  const client = await TunnelClient.open(lane.target);
  const before = { cpu: await cpuMs(lane), messages: (await lane.messages?.()) ?? 0 };
  const began = performance.now();
  let bytes = 0;
  do {
    await (direction === "up" ? client.exchange(exchangeBytes, 0) : client.exchange(0, exchangeBytes));
    bytes += exchangeBytes;
  } while (performance.now() - began < roundMs);
  const seconds = (performance.now() - began) / 1000;
  const megabytes = bytes / 1e6;
  const found = {
    rate: megabytes / seconds,
    cpu: ((await cpuMs(lane)) - before.cpu) / megabytes,
    messages: lane.messages && ((await lane.messages()) - before.messages) / megabytes,
  };
  client.close();
  return found;
}

async function latency(lane) {
  const client = await TunnelClient.open(lane.target);
  const times = [];
  const end = performance.now() + roundMs;
  do {
    const began = performance.now();
    await client.exchange(smallBytes, smallBytes);
    times.push(performance.now() - began);
  } while (performance.now() < end);
  client.close();
  return percentile(times, 0.5);
}

for (const [way, words] of Object.entries(ways)) {
  const lanes = {};
  const found = {};
  const note = (lane, figure, value) => {
    found[lane] ??= {};
    found[lane][figure] ??= [];
    found[lane][figure].push(value);
  };
  try {
    for (const lane of lanesOf) lanes[lane] = await openLane(way, lane);
    for (let round = firstRound; round <= rounds; round++)
      for (const lane of lanesOf) {
        if (!lanes[lane]) continue;
        for (const direction of ["down", "up"]) {
          const { rate, cpu, messages } = await throughput(lanes[lane], direction);
          if (round === 0) continue;
          note(lane, direction, rate);
          note(lane, `${direction} cpu`, cpu);
          if (messages !== undefined) note(lane, `${direction} messages`, messages);
        }
        const ms = await latency(lanes[lane]);
        if (round > 0) note(lane, "latency", ms);
      }
  } finally {
    for (const lane of Object.values(lanes)) {
      lane?.host.stop();
      lane?.plugin?.stop();
    }
  }
  const ratio = (lane, other, figure) =>
    median(found[lane][figure].map((value, round) => value / found[other][figure][round]));
  for (const direction of ["down", "up"])
    for (const lane of lanesOf) {
      if (!found[lane]) {
        report.skip(`${direction}: ${lane}`, "FAULT_BIN names no binary");
        continue;
      }
      const ratios = {};
      if (lane !== "chunks") ratios.chunks = ratio(lane, "chunks", direction);
      if (lane === "connections" && found["chunks, real host"])
        ratios["chunks, real host"] = ratio(lane, "chunks, real host", direction);
      if (lane === "connections") ratios.proxy = ratio(lane, "proxy", direction);
      report.row({
        group: `${words}, MB/s`,
        what: `${direction}: ${lane}`,
        value: median(found[lane][direction]),
        unit: "MB/s",
        ratios,
        wanted: lane === "connections" ? [{ of: "chunks", atLeast: goal }] : [],
        note: `${median(found[lane][`${direction} cpu`]).toFixed(1)} ms CPU a MB of host and plugin`,
      });
    }
  for (const lane of lanesOf)
    for (const direction of ["down", "up"])
      if (found[lane]?.[`${direction} messages`])
        report.row({
          group: `${words}, messages for each MB`,
          what: `${direction}: ${lane}`,
          value: median(found[lane][`${direction} messages`]),
          unit: "messages",
        });
  for (const lane of lanesOf)
    if (found[lane])
      report.row({
        group: `${words}, exchange of 1 kB each way`,
        what: lane,
        value: median(found[lane].latency),
        unit: "ms",
        ratios: lane === "chunks" ? {} : { chunks: ratio(lane, "chunks", "latency") },
      });
}
report.close();
origin.stop();
rmSync(scratch, { recursive: true, force: true });
