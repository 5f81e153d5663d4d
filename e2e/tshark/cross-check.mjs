// Holds what tls-parser reads in the captured vectors against what tshark reads: records, handshake messages, names,
// versions, suites, extensions, groups, signature schemes, protocols; and tls-fingerprint's JA3 against tshark's. Needs tshark (Debian's package of that name).
// Prints every difference and ends with 1 when there is one, with 2 when tshark is not there. `--list` reads the vectors
// and makes the capture file, and asks nobody.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handshakeVectors, helloVectors } from "@faultwire/testkit/tls-vectors";
import { ja3, ja3Full, ja3s, ja3sFull } from "@faultwire/tls-fingerprint";
import {
  ContentType,
  decodeHandshake,
  HandshakeReader,
  HandshakeType,
  RecordReader,
  selectedVersionOf,
} from "@faultwire/tls-parser";
import { readFlags } from "../../scripts/read-flags.mjs";
import { pcapOf, portOf } from "./pcap.mjs";

const TLS13 = 0x0304;

/** Our view: field by field, in tshark's names. */
const fields = {
  "tls.record.length": "number",
  "tls.record.content_type": "number",
  "tls.record.opaque_type": "number",
  "tls.handshake.type": "number",
  "tls.handshake.version": "number",
  "tls.handshake.ciphersuite": "number",
  "tls.handshake.extension.type": "number",
  "tls.handshake.extensions_server_name": "text",
  "tls.handshake.extensions_alpn_str": "text",
  "tls.handshake.extensions.supported_version": "number",
  "tls.handshake.extensions_supported_group": "number",
  "tls.handshake.sig_hash_alg": "number",
  "tls.handshake.ja3": "text",
  "tls.handshake.ja3_full": "text",
  "tls.handshake.ja3s": "text",
  "tls.handshake.ja3s_full": "text",
};
const emptyView = () => Object.fromEntries(Object.keys(fields).map((name) => [name, []]));

/** `client` and `server` views of one connection, read with tls-parser. */
function ourViews(chunks) {
  const views = { client: emptyView(), server: emptyView() };
  const sides = {
    client: { records: new RecordReader(), messages: new HandshakeReader(), isEncrypted: false },
    server: { records: new RecordReader(), messages: new HandshakeReader(), isEncrypted: false },
  };
  let version = 0x0303;
  let cipherSuite;
  for (const { from, bytes } of chunks) {
    const side = sides[from];
    const view = views[from];
    for (const record of side.records.push(bytes)) {
      view["tls.record.length"].push(record.length);
      view["tls.record.content_type"].push(record.type);
      if (record.type === ContentType.changeCipherSpec) side.isEncrypted = version < TLS13;
      if (record.type !== ContentType.handshake || side.isEncrypted) continue;
      for (const frame of side.messages.push(record.fragment)) {
        const message = decodeHandshake(frame, cipherSuite ? { version, cipherSuite } : { version });
        if (message.kind === "serverHello" || message.kind === "helloRetryRequest") {
          version = selectedVersionOf(message);
          cipherSuite = message.cipherSuite;
        }
        addMessage(view, frame.type, message);
      }
    }
  }
  return views;
}

function addMessage(view, type, message) {
  const add = (name, ...values) => view[`tls.handshake.${name}`].push(...values);
  add("type", type);
  if (type === HandshakeType.clientHello || type === HandshakeType.serverHello) {
    add("version", message.legacyVersion);
    add("ciphersuite", ...(message.cipherSuites ?? [message.cipherSuite]));
    for (const extension of message.extensions ?? []) addExtension(add, extension);
  }
  if (message.kind === "clientHello") {
    add("ja3", ja3(message));
    add("ja3_full", ja3Full(message));
  }
  if (message.kind === "serverHello" || message.kind === "helloRetryRequest") {
    add("ja3s", ja3s(message));
    add("ja3s_full", ja3sFull(message));
  }
  if (message.kind === "serverKeyExchange" && message.signed?.algorithm !== undefined)
    add("sig_hash_alg", message.signed.algorithm);
  if (message.kind === "certificateVerify" && message.algorithm !== undefined)
    add("sig_hash_alg", message.algorithm);
  if (message.kind === "certificateRequest")
    add("sig_hash_alg", ...(message.supportedSignatureAlgorithms ?? []));
}

function addExtension(add, extension) {
  add("extension.type", extension.type);
  if (extension.kind === "serverName" && extension.hostName)
    add("extensions_server_name", extension.hostName);
  if (extension.kind === "alpn") add("extensions_alpn_str", ...extension.protocols);
  if (extension.kind === "supportedVersions")
    add("extensions.supported_version", ...(extension.versions ?? [extension.selectedVersion]));
  if (extension.kind === "supportedGroups") add("extensions_supported_group", ...extension.groups);
  if (extension.kind === "signatureAlgorithms") add("sig_hash_alg", ...extension.schemes);
  if (extension.kind === "delegatedCredential") add("sig_hash_alg", ...extension.schemes);
}

const SEPARATOR = "\u001f";

/** tshark's views of all connections, by the port of the client. */
function theirViews(pcap) {
  const args = ["-r", pcap, "-T", "fields", "-E", "occurrence=a", "-E", `aggregator=${SEPARATOR}`];
  const names = ["tcp.srcport", "tcp.dstport", ...Object.keys(fields)];
  const result = spawnSync("tshark", [...args, ...names.flatMap((name) => ["-e", name])], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(`tshark ended with ${result.status}: ${result.stderr}`);
  const views = new Map();
  for (const line of result.stdout.split("\n")) {
    const [source, destination, ...values] = line.split("\t");
    if (!destination) continue;
    const from = destination === "443" ? "client" : "server";
    const port = Number(from === "client" ? source : destination);
    if (!views.has(port)) views.set(port, { client: emptyView(), server: emptyView() });
    for (const [index, [name, kind]] of Object.entries(fields).entries())
      for (const text of values[index]?.split(SEPARATOR) ?? [])
        if (text !== "") views.get(port)[from][name].push(kind === "number" ? Number(text) : text);
  }
  return views;
}

/** tshark shows TLS 1.3's encrypted records in a field of their own, so that the two together are compared. */
function comparable(view) {
  const { "tls.record.opaque_type": opaque, "tls.record.content_type": plain, ...rest } = view;
  return { ...rest, "record types": [...plain, ...opaque].sort((a, b) => a - b) };
}

/** Where tshark is known to see something else, and why neither is wrong; each must really occur. */
const expected = new Map([
  [
    "tls12-aria, server, tls.handshake.sig_hash_alg",
    "tshark 4.0 does not know the key exchange of ARIA suites",
  ],
  ["tls12-not-encrypted, client, tls.handshake.type", "nothing is encrypted, and tshark reads past the MAC"],
  ["tls12-not-encrypted, server, tls.handshake.type", "nothing is encrypted, and tshark reads past the MAC"],
]);

const connections = [
  ...helloVectors().map(({ name, bytes }) => ({ name, chunks: [{ from: "client", bytes }] })),
  ...handshakeVectors(),
];
if (readFlags("interop:tshark", { list: { type: "boolean", default: false } }).flags.list) {
  const read = connections.map(({ chunks }) => ourViews(chunks));
  const bytes = pcapOf(connections.map(({ chunks }) => chunks)).length;
  console.log(`${read.length} connections read, ${bytes} bytes of capture file, nothing compared`);
  process.exit(0);
}

const found = spawnSync("tshark", ["--version"], { encoding: "utf8" });
if (found.status !== 0) {
  console.error("tshark is needed for this check (Debian: apt-get install tshark) and could not be run");
  process.exit(2);
}
console.log(found.stdout.split("\n")[0]);

const folder = mkdtempSync(join(tmpdir(), "faultwire-tshark-"));
const totals = {};
let differences = 0;
try {
  const pcap = join(folder, "vectors.pcap");
  writeFileSync(pcap, pcapOf(connections.map(({ chunks }) => chunks)));
  const theirs = theirViews(pcap);
  for (const [index, { name, chunks }] of connections.entries()) {
    const ours = ourViews(chunks);
    for (const from of ["client", "server"]) {
      const mine = comparable(ours[from]);
      const other = comparable(theirs.get(portOf(index))?.[from] ?? emptyView());
      for (const field of Object.keys(mine)) {
        totals[field] = (totals[field] ?? 0) + mine[field].length;
        if (JSON.stringify(mine[field]) === JSON.stringify(other[field])) continue;
        const place = `${name}, ${from}, ${field}`;
        if (expected.delete(place)) continue;
        differences++;
        console.error(`${place}:\n  ours   ${mine[field]}\n  tshark ${other[field]}`);
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [field, count] of Object.entries(totals)) console.log(`  ${field.padEnd(44)} ${count} values`);
for (const [place, reason] of expected) {
  differences++;
  console.error(`${place}: expected to differ (${reason}), but does not`);
}
console.log(`${connections.length} connections, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
