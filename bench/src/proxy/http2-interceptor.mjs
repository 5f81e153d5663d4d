// The plain interceptor for HTTP/2: node:http2's server on a TLSSocket behind CONNECT, node:http2's client on another toward
// the upstream, and each stream piped into one of the other side. `http2-interceptor.mjs ORIGIN_CA_FILE`.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createSecureServer } from "node:http2";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { answerParent } from "../support/child.mjs";

const [originCa] = process.argv.slice(2);
const ca = readFileSync(originCa);
const authority = await CertificateAuthority.ephemeral({ targets: ["localhost"] });
const leaf = await authority.forHost("localhost");
const upstreams = new WeakMap();

/** One connection to the upstream for each of a client. */
function upstreamOf(session, authorityText) {
  let upstream = upstreams.get(session);
  if (!upstream) {
    upstream = connect(`https://${authorityText}`, { ca });
    upstream.on("error", () => session.destroy());
    session.once("close", () => upstream.destroy());
    upstreams.set(session, upstream);
  }
  return upstream;
}

const inner = createSecureServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem() });
inner.on("stream", (stream, headers, flags) => {
  const endStream = (flags & 1) !== 0;
  const onward = upstreamOf(stream.session, headers[":authority"]).request(headers, { endStream });
  onward.on("response", (answer) => {
    if (stream.destroyed) return;
    stream.respond(answer);
    onward.pipe(stream);
  });
  onward.on("error", () => stream.close(2));
  stream.on("error", () => onward.close(8));
  if (!endStream) stream.pipe(onward);
});
inner.on("sessionError", () => {});
const server = createServer().on("connect", (_request, client) => {
  client.setNoDelay(true);
  client.write("HTTP/1.1 200 OK\r\n\r\n");
  inner.emit("connection", client);
  client.on("error", () => client.destroy());
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
answerParent({ port: server.address().port, ca: authority.certificatePem });
