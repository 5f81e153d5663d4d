// Four questions: MB/s of sealing and opening, per suite, against the floor, which is the same AEAD called straight from
// node:crypto with a key and nonce that are ready; what two handshakes through a bridge cost more than one without; MB/s
// through a bridge against the same ends of node:tls piped into each other; bytes of memory a quiet session. Each round
// measures every contender once; the medians of the CPU time are compared.
// `node --expose-gc bench/src/tls-bridge.mjs [rounds] [sessions]`.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect, createSecureContext, TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  cipherSuiteProtection,
  RecordOpener,
  RecordSealer,
  SecureContextCache,
  TlsBridge,
} from "@faultwire/tls-bridge";
import { CipherSuite, ContentType, RecordReader } from "@faultwire/tls-parser";
import { firstRound, openReport, scaled } from "./support/report.mjs";

const rounds = Number(process.argv[2] ?? scaled(11, 1));
const sessions = Number(process.argv[3] ?? scaled(2_000, 20));
const GOAL_SESSION_BYTES = 16_384;
const HANDSHAKES = scaled(40, 3);
const PIPED_BYTES = scaled(4 << 20, 1 << 18);
const BYTES_PER_MEASURE = scaled(8 << 20, 1 << 18);
const SMALL_RECORDS = scaled(4_000, 100);
const AUTH_TAG = { authTagLength: 16 };
const report = openReport("tls-bridge", {
  method: `CPU of one record, as MB/s; ${rounds} rounds, medians, beside node:crypto's own AEAD`,
});
const suites = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

function secretsOf(suite) {
  if (suite.version === "TLSv1.3")
    return { version: "TLSv1.3", suite, trafficSecret: randomBytes(suite.hashBytes) };
  const [masterSecret, clientRandom, serverRandom] = [randomBytes(48), randomBytes(32), randomBytes(32)];
  return { version: "TLSv1.2", suite, masterSecret, clientRandom, serverRandom, side: "client" };
}

/** Node's own AEAD, one call a record: what no record layer over node:crypto can be faster than. */
function floorOf({ aead, keyBytes }, content) {
  const [key, nonce, additional] = [randomBytes(keyBytes), randomBytes(12), randomBytes(5)];
  const seal = () => {
    const cipher = createCipheriv(aead, key, nonce, AUTH_TAG).setAAD(additional);
    const sealed = cipher.update(content);
    cipher.final();
    return { sealed, tag: cipher.getAuthTag() };
  };
  const { sealed, tag } = seal();
  const open = () => {
    const decipher = createDecipheriv(aead, key, nonce, AUTH_TAG).setAAD(additional).setAuthTag(tag);
    const opened = decipher.update(sealed);
    decipher.final();
    return opened;
  };
  assert.deepEqual(open(), content);
  return { seal, open };
}

/** Microseconds of CPU per record of each contender: medians of interleaved rounds, one more thrown away. */
function compare(contenders, count) {
  const times = contenders.map(() => []);
  for (let round = firstRound; round <= rounds; round++)
    for (const [index, start] of contenders.entries()) {
      const work = start(count);
      const before = process.cpuUsage();
      for (let call = 0; call < count; call++) work();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times[index].push((user + system) / count);
    }
  return times.map((list) => list.sort((one, other) => one - other)[list.length >> 1]);
}

for (const name of suites) {
  const suite = cipherSuiteProtection(CipherSuite[name]);
  for (const size of [16_384, 200]) {
    const content = randomBytes(size);
    const count = size === 200 ? SMALL_RECORDS : BYTES_PER_MEASURE / size;
    const secrets = secretsOf(suite);
    const bytes = new RecordSealer(secrets).seal(
      ContentType.applicationData,
      Buffer.concat(Array.from({ length: count }, () => content)),
      { maxPlaintextBytes: size },
    );
    const records = [...new RecordReader().push(bytes)];
    const floor = floorOf(suite, content);
    const [seal, floorSeal, open, floorOpen] = compare(
      [
        () => {
          const sealer = new RecordSealer(secrets);
          return () => sealer.seal(ContentType.applicationData, content);
        },
        () => floor.seal,
        () => {
          const opener = new RecordOpener(secrets);
          let index = 0;
          return () => opener.open(records[index++]);
        },
        () => floor.open,
      ],
      count,
    );
    for (const [what, ours, theirs] of [
      ["seal", seal, floorSeal],
      ["open", open, floorOpen],
    ])
      report.row({
        group: name,
        what: `${what}, ${size} bytes a record`,
        value: size / ours,
        unit: "MB/s",
        ratios: { "node:crypto": theirs / ours },
      });
  }
}

const HOST = "origin.test";

function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const name = ["-subj", "/O=bench", "-addext", `subjectAltName=DNS:${HOST}`, "-days", "7"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, ...name], {
    stdio: "pipe",
  });
  const identity = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  rmSync(folder, { recursive: true });
  return identity;
}

/** What a TLSSocket of node:tls takes for its socket. */
class Wire extends Duplex {
  written = [];

  _read() {}

  _write(chunk, _encoding, done) {
    this.written.push(chunk);
    done();
  }

  async takeAll() {
    const chunks = [];
    for (let quiet = 0; quiet < 2; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.written.length === 0) continue;
      chunks.push(...this.written.splice(0));
      quiet = -1;
    }
    return Buffer.concat(chunks);
  }
}

const { key, cert } = selfSigned();
const identity = { certificateChainPem: cert, privateKeyPem: () => key };
const caPem = [cert];
const contexts = new SecureContextCache();
const clientContexts = new Map();
const serverContext = createSecureContext({ key, cert });

function newClient(version) {
  if (!clientContexts.has(version))
    clientContexts.set(version, createSecureContext({ ca: cert, maxVersion: version }));
  const wire = new Wire();
  const secureContext = clientContexts.get(version);
  const socket = connect({ socket: wire, servername: HOST, secureContext });
  return { wire, socket: socket.on("error", () => {}) };
}

function newServer() {
  const wire = new Wire();
  const socket = new TLSSocket(wire, { isServer: true, secureContext: serverContext });
  return { wire, socket: socket.on("error", () => {}) };
}

function newBridge() {
  const bridge = new TlsBridge({
    identityFor: async () => identity,
    upstream: { caPem },
    contexts,
    handler: {
      established() {},
      data: (from, plaintext) => bridge.write(from === "client" ? "server" : "client", plaintext),
      closeNotify() {},
      alert() {},
      failed(failure) {
        throw new Error(failure.message);
      },
    },
  });
  return bridge;
}

/** Carries until nobody says anything; without a bridge the two talk to each other. */
async function carry(client, server, bridge) {
  for (let isQuiet = false; !isQuiet; ) {
    isQuiet = true;
    for (const [from, source, sink] of [
      ["client", client, server],
      ["server", server, client],
    ]) {
      const bytes = await source.wire.takeAll();
      if (bytes.length === 0) continue;
      isQuiet = false;
      if (bridge === undefined) {
        sink.wire.push(bytes);
        continue;
      }
      bridge.push(from, bytes);
      await bridge.idle();
      server.wire.push(bridge.take("server"));
      client.wire.push(bridge.take("client"));
    }
  }
}

async function session(version, bridge) {
  const [client, server] = [newClient(version), newServer()];
  await carry(client, server, bridge);
  assert.equal(client.socket.authorized, true);
  return { client, server };
}

function hangUp({ client, server }) {
  client.socket.destroy();
  server.socket.destroy();
}

const median = (list) => list.sort((one, other) => one - other)[list.length >> 1];
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

for (const version of ["TLSv1.3", "TLSv1.2"]) {
  const times = { bare: [], bridged: [] };
  for (let round = firstRound; round <= rounds; round++)
    for (const name of ["bare", "bridged"]) {
      const time = await cpuOf(async () => {
        for (let count = 0; count < HANDSHAKES; count++)
          hangUp(await session(version, name === "bridged" ? newBridge() : undefined));
      });
      if (round > 0) times[name].push(time / HANDSHAKES);
    }
  const [bare, bridged] = [median(times.bare), median(times.bridged)];
  const own = bridged - bare;
  report.row({
    group: "handshakes",
    what: `${version}: a bridge's two handshakes`,
    value: own / 1000,
    unit: "ms CPU",
    ratios: { "one handshake of node:tls, both ends": own / bare },
  });
}

for (const version of ["TLSv1.3", "TLSv1.2"]) {
  const data = randomBytes(PIPED_BYTES);
  const bridge = newBridge();
  const bridged = await session(version, bridge);
  // The same two ends without us: one TLSSocket piped into another.
  const [near, far] = [
    { client: newClient(version), server: newServer() },
    { client: newClient(version), server: newServer() },
  ];
  for (const { client, server } of [near, far]) await carry(client, server);
  near.server.socket.pipe(far.client.socket);
  const times = { bridge: [], pipe: [] };
  for (let round = firstRound; round <= rounds; round++) {
    bridged.client.socket.write(data);
    const sealed = await bridged.client.wire.takeAll();
    let out = 0;
    const bridgeTime = await cpuOf(() => {
      for (let at = 0; at < sealed.length; at += 65_536) {
        bridge.push("client", sealed.subarray(at, at + 65_536));
        out += bridge.take("server").length;
      }
    });
    assert.ok(out > data.length);
    near.client.socket.write(data);
    const piped = await near.client.wire.takeAll();
    let pipedOut = 0;
    const pipeTime = await cpuOf(async () => {
      for (let at = 0; at < piped.length; at += 65_536)
        near.server.wire.push(piped.subarray(at, at + 65_536));
      while (pipedOut < data.length) pipedOut += (await far.client.wire.takeAll()).length;
    });
    if (round === 0) continue;
    times.bridge.push(bridgeTime);
    times.pipe.push(pipeTime);
  }
  const [ours, theirs] = [median(times.bridge), median(times.pipe)];
  report.row({
    group: "data, client to server",
    what: `${version}: through a bridge`,
    value: PIPED_BYTES / ours,
    unit: "MB/s",
    ratios: { "node:tls piped into node:tls": theirs / ours },
  });
  for (const pair of [bridged, near, far]) hangUp(pair);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
async function usage() {
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}
for (const version of ["TLSv1.3", "TLSv1.2"]) {
  const bridges = [];
  const before = await usage();
  for (let count = 0; count < sessions; count++) {
    const bridge = newBridge();
    hangUp(await session(version, bridge));
    bridges.push(bridge);
  }
  const after = await usage();
  assert.ok(bridges.every(({ state }) => state === "established"));
  const each = (after.used - before.used) / sessions;
  report.row({
    group: `memory of ${sessions} quiet sessions`,
    what: `${version}: heap and buffers a session`,
    value: each,
    unit: "bytes",
    wanted: [{ atMost: GOAL_SESSION_BYTES }],
    note: `resident memory grew by ${((after.rss - before.rss) / sessions).toFixed(0)} bytes each`,
  });
}

report.close();
