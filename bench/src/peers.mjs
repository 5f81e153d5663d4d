// What our packages and their peers can do, tried on both: a row for each answer, 1 for yes and 0 for no. The tables "Side by
// side" of the READMEs are made of this and of the other benchmarks' figures (`npm run docs:peers`). What is asked is what a
// person who chooses between them would ask, also where the peer is ahead. It measures nothing.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { createConnection, createServer } from "node:net";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import * as ours from "@faultwire/cert-authority";
import * as unary from "@faultwire/connect-unary";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import * as fingerprint from "@faultwire/tls-fingerprint";
import * as parser from "@faultwire/tls-parser";
import * as grpc from "@grpc/grpc-js";
import * as peer from "read-tls-client-hello";
import { openReport, versionOf } from "./support/report.mjs";
import { askWire } from "./support/wire-peers.mjs";

const require = createRequire(import.meta.url);
const { generateCACertificate, getCA } = require("mockttp/dist/util/certificates");
const selfsigned = require("selfsigned");

const report = openReport("peers", {
  method: "each question tried on each package: 1 is yes, 0 is no",
  versions: ["read-tls-client-hello", "selfsigned", "mockttp", "@grpc/grpc-js", "ws"].map(versionOf),
});
/** Turns of the event loop after which a reader that has said nothing waits for more. */
const PATIENCE_TURNS = 50;
const waits = Symbol("waits for more bytes");

async function soon(promise) {
  let result = waits;
  promise.then(
    (value) => (result = value),
    (error) => (result = error),
  );
  for (let turn = 0; turn < PATIENCE_TURNS && result === waits; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  return result;
}

/** Asks one thing of everybody: `answers` maps a contender to a test that gives true or false. */
async function ask(group, what, answers) {
  for (const [contender, test] of Object.entries(answers))
    report.row({
      group,
      what: `${what}: ${contender}`,
      question: what,
      contender,
      value: Number(await test()),
      unit: "of 1",
    });
}
const yes = () => true;
const no = () => false;
const exported = (module, ...names) => names.every((name) => typeof module[name] === "function");

/** The peer on the bytes, given as chunks. */
async function peerRead(...chunks) {
  const stream = new Readable({ read() {} });
  const reading = soon(peer.readTlsClientHello(stream));
  for (const chunk of chunks) stream.push(chunk);
  const result = await reading;
  const left = stream.destroyed ? undefined : stream.read();
  stream.destroy();
  return { result, left };
}
const ourRead = (...chunks) => {
  const reader = new parser.ClientHelloReader();
  return chunks.reduce((_last, chunk) => reader.push(chunk), undefined);
};

/** Whether a file of a package's entry, or one beside or below it, asks for a module of Node's. */
function needsNode(entry) {
  const folder = dirname(entry);
  const pattern = new RegExp(
    `(?:from|require\\(|import\\()\\s*["'](?:node:|(?:${builtinModules.join("|")})["'])`,
  );
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.[cm]?js$/.test(name))
    .some((name) => pattern.test(readFileSync(join(folder, name), "utf8")));
}

const hello = Buffer.from(helloVectors().find(({ name }) => name === "node with ALPN").bytes);
const message = hello.subarray(5);
/** The same message in records of 100 bytes, as a client may send it. */
const inRecords = Buffer.concat(
  Array.from({ length: Math.ceil(message.length / 100) }, (_, index) => {
    const fragment = message.subarray(index * 100, (index + 1) * 100);
    return Buffer.concat([Buffer.from([22, 3, 1, 0, fragment.length]), fragment]);
  }),
);
/** The beginning of a message that says it is 16 MiB long. */
const endless = Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]);
/** A name inside of server_name that says it is longer than the extension. */
const damaged = Buffer.from(hello);
const nameAt = damaged.indexOf("origin.test");
damaged.writeUInt16BE(0x7fff, nameAt - 2);

const us = "tls-parser";
const them = "read-tls-client-hello";
await ask(us, "reads a ClientHello, all of its extensions", {
  [us]: () => ourRead(hello).status === "done",
  [them]: async () => (await peerRead(hello)).result.extensions?.length > 5,
});
await ask(us, "reads one that comes in several records", {
  [us]: () => ourRead(inRecords).status === "done",
  [them]: async () => (await peerRead(inRecords)).result.extensions?.length > 5,
});
await ask(us, "reads one that comes byte by byte", {
  [us]: () => ourRead(...[...hello].map((byte) => Uint8Array.of(byte))).status === "done",
  [them]: async () =>
    (await peerRead(...[...hello].map((byte) => Buffer.of(byte)))).result.extensions?.length > 5,
});
await ask(us, "refuses at once a message that says it is 16 MiB long", {
  [us]: () => ourRead(endless).status === "error",
  [them]: async () => (await peerRead(endless)).result instanceof Error,
});
await ask(us, "says which field is wrong, and where", {
  [us]: () => ourRead(damaged).error?.offset > 0,
  [them]: async () => (await peerRead(damaged)).result.offset > 0,
});
await ask(us, "leaves the bytes in the stream, for the server that comes next", {
  [us]: no,
  [them]: async () => hello.equals((await peerRead(hello)).left ?? Buffer.of()),
});
await ask(us, "attaches itself to a `tls.Server`", {
  [us]: () => exported(parser, "trackClientHellos"),
  [them]: () => exported(peer, "trackClientHellos"),
});
await ask(us, "reads ServerHello and the other handshake messages", {
  [us]: () => exported(parser, "decodeServerHello", "decodeHandshake"),
  [them]: () => exported(peer, "decodeServerHello") || exported(peer, "readTlsServerHello"),
});
await ask(us, "writes what it reads", {
  [us]: () => {
    const { clientHello } = ourRead(hello);
    return Buffer.from(parser.encodeHandshake(clientHello)).equals(message);
  },
  [them]: () => Object.keys(peer).some((name) => /^(encode|write)/.test(name)),
});
await ask(us, "runs in a browser: needs no module of Node's", {
  [us]: () => !needsNode(fileURLToPath(import.meta.resolve("@faultwire/tls-parser"))),
  [them]: () => !needsNode(require.resolve("read-tls-client-hello")),
});
await ask(us, "has JA3 and JA4 with it", {
  [us]: () => exported(parser, "ja4"),
  [them]: () => exported(peer, "calculateJa3", "calculateJa4"),
});

const mine = "tls-fingerprint";
const clientHello = ourRead(hello).clientHello;
const theirHello = (await peerRead(hello)).result;
await ask(mine, "JA3 and JA4 of a ClientHello, the same from both", {
  [mine]: () =>
    fingerprint.ja3(clientHello) === peer.calculateJa3(theirHello) &&
    fingerprint.ja4(clientHello) === peer.calculateJa4(theirHello),
  [them]: yes,
});
await ask(mine, "JA4 in the order sent, and not hashed (`ja4o`, `ja4r`, `ja4ro`)", {
  [mine]: () => exported(fingerprint, "ja4o", "ja4r", "ja4ro"),
  [them]: () => Object.keys(peer).some((name) => /ja4_?(o|r)/i.test(name)),
});
await ask(mine, "JA3S of a ServerHello", {
  [mine]: () => exported(fingerprint, "ja3s"),
  [them]: () => Object.keys(peer).some((name) => /ja3s/i.test(name)),
});
await ask(mine, "a fingerprint where an extension can't be read", {
  [mine]: () => {
    const lenient = new parser.ClientHelloReader({ malformedExtensions: "keep" }).push(damaged);
    return /^t13/.test(fingerprint.ja4(lenient.clientHello));
  },
  [them]: async () => /^t13/.test(peer.calculateJa4((await peerRead(damaged)).result)),
});
await ask(mine, "one call for a socket: reads, and gives the fingerprint", {
  [mine]: no,
  [them]: () => exported(peer, "getTlsFingerprintAsJa4"),
});
await ask(mine, "JA4 of a hello over QUIC", {
  [mine]: no,
  [them]: () => Object.keys(peer).some((name) => /quic/i.test(name)),
});

const HOST = "api.example.com";
/** The identifier of name constraints, RFC 5280 section 4.2.1.10, as it stands in a certificate. */
const nameConstraints = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x1e]);
const isConstrained = (pem) => new X509Certificate(pem).raw.includes(nameConstraints);
const isSignedBy = (rootPem, pem) => new X509Certificate(pem).verify(new X509Certificate(rootPem).publicKey);
const ca = await ours.CertificateAuthority.ephemeral({ targets: [HOST] });
const mockttpRoot = await generateCACertificate({ nameConstraints: { permitted: [HOST] } });
const mockttp = await getCA(mockttpRoot);
const attributes = [{ name: "commonName", value: HOST }];
const keyKind = (pem) => new X509Certificate(pem).publicKey.asymmetricKeyType;
const own = "cert-authority";
await ask(own, "a root that is good for named hosts only", {
  [own]: () => isConstrained(ca.certificatePem),
  "mockttp's CA": () => isConstrained(mockttpRoot.cert),
  selfsigned: no,
});
await ask(own, "certificates for hosts, signed by that root", {
  [own]: async () => isSignedBy(ca.certificatePem, (await ca.forHost(HOST)).certificateChainPem),
  "mockttp's CA": async () => isSignedBy(mockttpRoot.cert, (await mockttp.generateCertificate(HOST)).cert),
  selfsigned: async () =>
    isSignedBy(mockttpRoot.cert, (await selfsigned.generate(attributes, { ca: mockttpRoot })).cert),
});
await ask(own, "ECDSA keys for hosts", {
  [own]: async () => keyKind((await ca.forHost(HOST)).certificateChainPem) === "ec",
  "mockttp's CA": async () => keyKind((await mockttp.generateCertificate(HOST)).cert) === "ec",
  selfsigned: async () => keyKind((await selfsigned.generate(attributes, { keyType: "ec" })).cert) === "ec",
});
/** Whether the second answer is the first one again. */
const isKept = async (make) => {
  const first = await make();
  return (await make()) === first;
};
await ask(own, "the same host again from a cache", {
  [own]: () => isKept(() => ca.forHost(HOST)),
  "mockttp's CA": () => isKept(() => mockttp.generateCertificate(HOST)),
  selfsigned: no,
});
await ask(own, "certificates with one fault, to test clients with", {
  [own]: () => Object.keys(ours.invalidLeafKinds).length > 5,
  "mockttp's CA": no,
  selfsigned: no,
});
await ask(own, "keeps the CA on disk, safe against processes that do so at once", {
  [own]: () => typeof ours.CertificateAuthority.loadOrCreate === "function",
  "mockttp's CA": no,
  selfsigned: no,
});
await ask(own, "puts the root into trust stores, and takes it out again", {
  [own]: () => exported(ours, "installTrust"),
  "mockttp's CA": no,
  selfsigned: no,
});
await ask(own, "certificates for clients", {
  [own]: () => typeof ca.forClient === "function",
  "mockttp's CA": no,
  selfsigned: async () =>
    (await selfsigned.generate(attributes, { clientCertificate: true })).clientcert !== undefined,
});
await ask(own, "signed timestamps of Certificate Transparency", {
  [own]: no,
  "mockttp's CA": () => typeof mockttp.getCTLogDetails === "function",
  selfsigned: no,
});

const fast = "connect-unary";
const js = "@grpc/grpc-js";
await ask(fast, "unary methods", {
  [fast]: () => exported(unary, "unaryFastPath"),
  [js]: () => exported(grpc, "Server"),
});
await ask(fast, "on a `node:http2` server that others answer on, too", {
  [fast]: () => exported(unary, "takeStreamsFirst"),
  [js]: async () => await answersBeside(),
});
await ask(fast, "one limit for the messages of all calls that are still coming", {
  [fast]: () => exported(unary, "MessageMemory"),
  [js]: no,
});
await ask(fast, "streaming methods", { [fast]: no, [js]: yes });
await ask(fast, "a client", {
  [fast]: () => exported(unary, "Client"),
  [js]: () => exported(grpc, "Client"),
});
await ask(fast, "interceptors", { [fast]: no, [js]: () => exported(grpc, "ServerInterceptingCall") });
await ask(fast, "compressed messages", { [fast]: no, [js]: () => grpc.compressionAlgorithms !== undefined });
await askWire(ask, (name) => needsNode(fileURLToPath(import.meta.resolve(name))));
report.close();

/** Whether the peer's server takes connections that somebody else has accepted: what a shared port needs. */
async function answersBeside() {
  const server = new grpc.Server();
  if (typeof server.createConnectionInjector !== "function") return false;
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const listener = createServer((socket) => injector.injectConnection(socket)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const socket = createConnection(listener.address().port, "127.0.0.1");
  const [first] = await once(socket, "data");
  socket.destroy();
  listener.close();
  server.forceShutdown();
  return first.length > 0;
}
