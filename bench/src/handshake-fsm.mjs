// What it costs to follow a handshake: microseconds from the first byte to `established`, against reading the same
// records and messages without judging them, and bytes of memory per tracker. The handshakes are Node's own, recorded
// over loopback sockets.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HandshakeTracker } from "@faultwire/handshake-fsm";
import {
  ContentType,
  decodeClientHello,
  decodeServerHello,
  HandshakeReader,
  HandshakeType,
  RecordReader,
} from "@faultwire/tls-parser";
import { openReport, scaled } from "./support/report.mjs";

const GOAL_US = 20;
const GOAL_BYTES = 1024;

function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "7", "-subj", "/CN=origin.test"],
    { stdio: "pipe" },
  );
  const identity = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return identity;
}

/** The chunks of both sides of one handshake, in the order in which a relay saw them. */
async function recorded(version) {
  const server = createServer(
    { ...selfSigned(), ALPNProtocols: ["http/1.1"], minVersion: version, maxVersion: version },
    (socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("pong"));
    },
  );
  const sent = [];
  const relay = createTcpServer((client) => {
    const upstream = connectTcp(server.address().port, "127.0.0.1");
    for (const [by, from, to] of [
      ["client", client, upstream],
      ["server", upstream, client],
    ]) {
      from.on("data", (chunk) => {
        sent.push({ by, chunk });
        to.write(chunk);
      });
      from.on("error", () => to.destroy());
      from.on("end", () => to.end());
    }
  });
  server.listen(0, "127.0.0.1");
  relay.listen(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(relay, "listening")]);
  const client = connect({
    host: "127.0.0.1",
    port: relay.address().port,
    servername: "api.anthropic.com",
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  client.on("secureConnect", () => client.end("ping"));
  client.resume();
  await once(client, "close");
  await Promise.all([server, relay].map((each) => new Promise((resolve) => each.close(resolve))));
  return sent;
}

const now = () => performance.now();

/** The handshake alone: up to the record that completes it. */
function handshakeOf(sent) {
  const tracker = new HandshakeTracker({ now });
  const handshake = [];
  for (const each of sent) {
    handshake.push(each);
    tracker.push(each.by, each.chunk);
    if (tracker.state.name === "connected") return handshake;
  }
  throw new Error(`the recording ends in ${tracker.state.name}`);
}

function follow(sent) {
  const tracker = new HandshakeTracker({ now });
  for (const { by, chunk } of sent) tracker.push(by, chunk);
  return tracker;
}

/** The floor: the same records and hellos are read, and nothing is concluded from them. */
function readOnly(sent) {
  const flows = { client: undefined, server: undefined };
  let count = 0;
  for (const { by, chunk } of sent) {
    flows[by] ??= {
      records: new RecordReader({ skipApplicationData: true }),
      messages: new HandshakeReader(),
    };
    const { records, messages } = flows[by];
    for (const record of records.push(chunk)) {
      if (record.type === ContentType.changeCipherSpec) flows[by].isProtected = true;
      if (record.type !== ContentType.handshake || flows[by].isProtected) continue;
      for (const { type, body } of messages.push(record.fragment)) {
        count++;
        if (type === HandshakeType.clientHello) decodeClientHello(body);
        if (type === HandshakeType.serverHello) decodeServerHello(body);
      }
    }
  }
  return count;
}

/** Microseconds of CPU per call of each work: medians of rounds that take turns, to see the same machine. */
function timed(works, calls = scaled(2_000, 200), rounds = scaled(25, 3)) {
  const times = works.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, work] of works.entries()) {
      const start = process.cpuUsage();
      for (let call = 0; call < calls; call++) work();
      const { user, system } = process.cpuUsage(start);
      times[index].push((user + system) / calls);
    }
  return times.map((list) => list.sort((one, other) => one - other)[rounds >> 1]);
}

function memoryOf(make, count = 10_000) {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const used = () => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  make();
  const kept = new Array(count).fill(undefined);
  const before = used();
  for (let index = 0; index < count; index++) kept[index] = make();
  const bytes = (used() - before) / count;
  return kept.length === count ? Math.round(bytes) : 0;
}

const report = openReport("handshake-fsm", {
  method: "CPU of one complete handshake and bytes of its tracker; medians of rounds that take turns",
});
const versions = ["TLSv1.2", "TLSv1.3"];
const handshakes = [];
for (const version of versions) handshakes.push(handshakeOf(await recorded(version)));
for (const [index, handshake] of handshakes.entries()) {
  const bytes = handshake.reduce((sum, { chunk }) => sum + chunk.length, 0);
  const [ours, floor, summary] = timed([
    () => follow(handshake),
    () => readOnly(handshake),
    () => follow(handshake).summary(),
  ]);
  const group = `${versions[index]}, ${bytes} bytes`;
  report.row({ group, what: "records and messages read alone", value: floor, unit: "µs" });
  report.row({
    group,
    what: "followed",
    value: ours,
    unit: "µs",
    ratios: { "reading alone": ours / floor },
    wanted: [{ atMost: GOAL_US }],
  });
  report.row({ group, what: "followed, with its summary", value: summary, unit: "µs" });
}
const kinds = [{ name: "new", make: () => new HandshakeTracker({ now }) }];
for (const [index, handshake] of handshakes.entries())
  kinds.push({ name: `idle after ${versions[index]}`, make: () => follow(handshake) });
for (const { name, make } of kinds)
  report.row({
    group: "memory of a tracker",
    what: name,
    value: memoryOf(make, scaled(10_000, 1_000)),
    unit: "B",
    wanted: [{ atMost: GOAL_BYTES }],
  });
report.close();
