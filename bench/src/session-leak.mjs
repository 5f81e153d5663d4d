// Whether sessions leave something behind: 700,000 calls and more in 50,000 tunnels, carried and ended by the reference host.
// `node --expose-gc bench/src/session-leak.mjs [tunnels]`.
import { once } from "node:events";
import { createServer } from "node:net";
import { tunnelLimits } from "@faultwire/tunnel";
import { startChild } from "./support/child.mjs";
import { openReport, scaled } from "./support/report.mjs";
import { openTunnel } from "./support/tunnel-client.mjs";

const tunnels = Number(process.argv[2] ?? scaled(50_000, 50));
const atOnce = 16;
const samples = 10;
/** Six chunks of the host's in each direction: as many read calls, and a write call or more. */
const bytesPerTunnel = 6 * 4096;
const callsPerTunnel = 14;
/** Every so many tunnels the client goes away in the middle. */
const cutEvery = 20;
/** More than a collection leaves behind by chance, less than a fifth of a kB a tunnel. */
const maxGrowthMb = scaled(5, 50);
/** The host has no call for a tunnel's end (docs/fault-host.md): tunnels stay in the plugin's table until it is full. */
const warmUpSamples = Math.min(samples - 1, Math.ceil(tunnelLimits.maxTunnels / (tunnels / samples)) + 1);
const patienceMs = 30_000;

const report = openReport("session-leak", {
  method: `${tunnels} tunnels through the reference host, ${atOnce} at a time, ${bytesPerTunnel} bytes up and down in each, one of ${cutEvery} cut in the middle; the plugin's heap after a collection`,
});
/** The host hears of a client's reset only by what the upstream does next, and a server lets no connection rest for ever. */
const restMs = scaled(3000, 500);
const echo = createServer({ allowHalfOpen: true }, (socket) => {
  socket.setTimeout(restMs, () => socket.end());
  // A client that cuts is a part of the measurement.
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
}).listen(0, "127.0.0.1");
await once(echo, "listening");
const plugin = await startChild(new URL("./support/plugin-process.mjs", import.meta.url), "untouched");
const host = await startChild(
  new URL("./support/host.mjs", import.meta.url),
  String(echo.address().port),
  ...plugin.ready.urls,
);
const bytes = Buffer.alloc(bytesPerTunnel, 7);

/** One tunnel, from CONNECT to its end. */
async function carryOne(number) {
  const socket = await openTunnel(host.ready.port);
  socket.setTimeout(patienceMs, () => socket.destroy(new Error(`tunnel ${number} hangs`)));
  const isCut = number % cutEvery === 0;
  let received = 0;
  let error;
  socket.on("error", (cause) => {
    error = cause;
  });
  socket.on("data", (chunk) => {
    received += chunk.length;
    if (isCut) socket.resetAndDestroy();
    else if (received === bytesPerTunnel) socket.end();
  });
  socket.resume();
  socket.write(bytes);
  await once(socket, "close");
  if (isCut ? received === 0 : received !== bytesPerTunnel)
    throw new Error(`tunnel ${number} brought ${received} bytes back of ${bytesPerTunnel}`, { cause: error });
}

let carried = 0;

/** So many tunnels more; resolves when the host has seen the end of all. */
async function carry(count) {
  const until = carried + count;
  const worker = async () => {
    while (carried < until) await carryOne(carried++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const deadline = performance.now() + patienceMs;
  while ((await host.ask("counts"))["tunnel-closed"] !== carried)
    if (performance.now() > deadline) throw new Error("the host does not let go of its tunnels");
}

const heapMb = async () => (await plugin.memory()).heapUsed / 1e6;
const found = [await heapMb()];
const start = performance.now();
while (found.length <= samples) {
  await carry(tunnels / samples);
  found.push(await heapMb());
  report.row({ what: `heap after ${carried} tunnels`, value: found.at(-1), unit: "MB" });
}
const seconds = (performance.now() - start) / 1000;
const { call: calls, failed = 0 } = await host.ask("counts");
const { closed = 0, evicted = 0, cancelled = 0, unpaired = 0, mismatch = 0 } = await plugin.ask("counts");
if (failed + unpaired + mismatch > 0)
  throw new Error(`${failed} calls failed, ${unpaired} tunnels unpaired, ${mismatch} did not match`);
report.row({
  what: `growth after ${(tunnels / samples) * warmUpSamples} tunnels`,
  value: found.at(-1) - found[warmUpSamples],
  unit: "MB",
  wanted: [{ atMost: maxGrowthMb }],
});
report.row({
  what: "calls",
  value: calls,
  unit: "calls",
  wanted: [{ atLeast: tunnels * callsPerTunnel }],
  note: `${(calls / seconds).toFixed(0)} a second`,
});
report.row({
  what: "tunnels in the plugin's table",
  value: tunnels - closed,
  unit: "tunnels",
  wanted: [{ atMost: tunnelLimits.maxTunnels }],
  note: `${evicted} forgotten because it was full, ${cancelled} because a call was cancelled`,
});
host.stop();
plugin.stop();
echo.close();
report.close();
