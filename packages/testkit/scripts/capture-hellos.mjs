// Captures what real TLS stacks say, on loopback, between programs that this script starts itself, into vectors/:
// hellos.json (one ClientHello per program and manner) and handshakes/*.json (both directions of whole connections,
// with what the programs themselves say of them and the keys, so that tests can look inside).
//
//   node packages/testkit/scripts/capture-hellos.mjs [hellos] [node] [openssl]
//
// Needs openssl and curl; gnutls-cli and Chromium are used when they are there. What could not be captured is named at
// the end, with exit status 1.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./capture/certificates.mjs";
import { captureHellos } from "./capture/hellos.mjs";
import { captureNodeHandshakes } from "./capture/node-handshakes.mjs";
import { captureOpensslHandshakes } from "./capture/openssl-handshakes.mjs";

const vectors = join(import.meta.dirname, "../vectors");
const captured = new Date().toISOString().slice(0, 10);
const wanted = process.argv.slice(2);
const wants = (part) => wanted.length === 0 || wanted.includes(part);
const log = (line) => process.stdout.write(`${line}\n`);
const write = (path, value) => writeFileSync(join(vectors, path), `${JSON.stringify(value, null, 2)}\n`);

const folder = mkdtempSync(join(tmpdir(), "capture-hellos-"));
const missing = [];
try {
  mkdirSync(join(vectors, "handshakes"), { recursive: true });
  if (wants("hellos")) {
    const result = await captureHellos(log);
    missing.push(...result.missing);
    write("hellos.json", { captured, hellos: result.hellos });
  }
  const certificates = makeCertificates(folder);
  const handshakes = [];
  if (wants("node")) handshakes.push(...(await captureNodeHandshakes(certificates, log)));
  if (wants("openssl")) {
    const result = await captureOpensslHandshakes(folder, certificates, log);
    missing.push(...result.missing);
    handshakes.push(...result.handshakes);
  }
  for (const handshake of handshakes) write(`handshakes/${handshake.name}.json`, { captured, ...handshake });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const name of missing) process.stderr.write(`not captured: ${name}\n`);
process.exit(missing.length > 0 ? 1 : 0);
