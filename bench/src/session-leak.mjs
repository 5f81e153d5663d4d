// Whether sessions leave something behind: 1,000,000 calls in 50,000 tunnels, each of them carried on both sides as the
// host does it and ended as the host does it, by a cancelled call. `node bench/src/session-leak.mjs [sessions]`.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, constants } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ProcessTunnelDataRequest_Direction as Direction,
  ProcessTunnelDataRequestSchema,
  ProcessTunnelDataResponseSchema,
  ProcessTunnelDataRequest_Side as Side,
} from "@faultwire/fault-protocol";
import { startChild } from "./support/child.mjs";
import { chunkPath, envelope, prefixBytes } from "./support/chunk-call.mjs";
import { openReport, scaled } from "./support/report.mjs";

const sessions = Number(process.argv[2] ?? scaled(50_000, 500));
const atOnce = 16;
const samples = 10;
/** nghttp2 ends a connection with more than 1000 cancelled calls in a row, or 33 a second for long; Node 20 can't change it. */
const sessionsPerConnection = 500;
const callsPerSession = 20;
/** More than a collection leaves behind by chance, less than a tenth of a kB a session. */
const maxGrowthMb = scaled(5, 50);

const report = openReport("session-leak", {
  method: `${sessions * callsPerSession} calls in ${sessions} tunnels, ${atOnce} at a time; the plugin's heap after a collection, the first tenth is warm-up`,
});
const plugin = await startChild(new URL("./support/plugin-process.mjs", import.meta.url), "untouched");
let server;
let client;
const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

/** One call on a connection; `answer` resolves with the response's bytes: none when it was cancelled. */
function call(connection, path, message) {
  const stream = connection.request({ ...headers, ":path": path });
  const parts = [];
  stream.on("data", (part) => parts.push(part));
  stream.on("error", () => {});
  stream.end(envelope(message));
  const answer = once(stream, "close").then(() => Buffer.concat(parts).subarray(prefixBytes));
  const sent = once(stream, "finish");
  sent.catch(() => {});
  return { answer, sent, cancel: () => stream.close(constants.NGHTTP2_CANCEL) };
}

const chunkCall = (connection, side, direction, id, chunk) =>
  call(
    connection,
    chunkPath,
    toBinary(
      ProcessTunnelDataRequestSchema,
      create(ProcessTunnelDataRequestSchema, { id, side, direction, chunk }),
    ),
  );
const half = Buffer.alloc(4096, 7);
const full = Buffer.alloc(8192, 7);
const few = Buffer.alloc(100, 7);

function actionOf(response) {
  const { action } = fromBinary(ProcessTunnelDataResponseSchema, response);
  if (action.case === undefined || action.case === "close") throw new Error(`answered with ${action.case}`);
  return action;
}

/** Resolves when what was sent before has been read at the other end. */
const pinged = (connection) =>
  new Promise((resolve, reject) => connection.ping((error) => (error ? reject(error) : resolve())));

let calls = 0;

async function session() {
  const id = randomUUID();
  const read = (chunk) => {
    calls++;
    return chunkCall(client, Side.CLIENT, Direction.INGRESS, id, chunk);
  };
  const write = async (chunk) => {
    calls++;
    return actionOf(await chunkCall(server, Side.SERVER, Direction.EGRESS, id, chunk).answer);
  };
  for (let round = 0; round < 4; round++) {
    actionOf(await read(half).answer);
    // The host reads on while its write call is on its way, and where it is told to, offers that again, filled up.
    const [offered, next] = await Promise.all([write(half), read(half).answer]);
    actionOf(next);
    await write(offered.value.modifiedChunk?.length === 0 ? full : half);
  }
  actionOf(await read(few).answer);
  await write(few);
  actionOf(await read(few).answer);
  // Its predecessor's echo is still to come: this one is held, and cancelled when the host's client has gone.
  const held = read(few);
  await held.sent;
  await pinged(client);
  held.cancel();
  await held.answer;
}

/** The plugin counts a side as registered as long as it is asked how it is. */
async function poll() {
  for (const connection of [server, client])
    await call(connection, "/plugin.PluginService/HealthCheck", new Uint8Array(0)).answer;
}

/** These sessions, on connections of their own. */
async function batch(count) {
  [server, client] = plugin.ready.urls.map((url) => connect(url, { maxOutstandingPings: atOnce }));
  await Promise.all([once(server, "connect"), once(client, "connect")]);
  await poll();
  let left = count;
  const worker = async () => {
    while (left-- > 0) await session();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  // The answer comes behind whatever the last cancellations brought about.
  await poll();
  await Promise.all(
    [server, client].map((connection) => new Promise((resolve) => connection.close(resolve))),
  );
}

const heapMb = async () => (await plugin.memory()).heapUsed / 1e6;
const found = [];
const start = performance.now();
for (let sample = 0; sample <= samples; sample++) {
  if (sample > 0)
    for (let left = sessions / samples; left > 0; left -= sessionsPerConnection)
      await batch(Math.min(left, sessionsPerConnection));
  found.push(await heapMb());
  report.row({
    what: `heap after ${(sessions / samples) * sample} tunnels`,
    value: found.at(-1),
    unit: "MB",
  });
}
const seconds = (performance.now() - start) / 1000;
const { closed = 0 } = await plugin.ask("counts");
report.row({
  what: "growth after the first tenth",
  value: found.at(-1) - found[1],
  unit: "MB",
  wanted: [{ atMost: maxGrowthMb }],
  note: `${(calls / seconds).toFixed(0)} calls/s from a Node client`,
});
report.row({
  what: "tunnels that are left",
  value: sessions - closed,
  unit: "tunnels",
  wanted: [{ atMost: 0 }],
});
plugin.stop();
report.close();
