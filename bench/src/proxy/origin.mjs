// The HTTPS origin behind all contenders, in a process of its own: POST /echo answers with what it got, GET /down/N sends
// N bytes of the pattern, POST /up says how many bytes of the pattern came, GET /events/COUNT/GAP_MS streams the moments
// at which it sends. Its CA is made for the run. `origin.mjs [http2]`: HTTP/2 where a client offers it.
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import { createServer } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { answerParent } from "../support/child.mjs";
import { block, PatternCheck } from "./pattern.mjs";

const authority = await CertificateAuthority.ephemeral({ targets: ["localhost"] });
const leaf = await authority.forHost("localhost");

const routes = {
  async echo(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  },
  async down(_request, response, bytes) {
    response.writeHead(200, { "content-length": bytes });
    for (let left = bytes; left > 0; left -= block.length)
      if (!response.write(left < block.length ? block.subarray(0, left) : block))
        await once(response, "drain");
    response.end();
  },
  async up(request, response) {
    const check = new PatternCheck();
    request.on("data", (chunk) => check.push(chunk));
    await once(request, "end");
    const answer = JSON.stringify({ bytes: check.bytes, same: check.isSame });
    response.writeHead(200, { "content-length": answer.length }).end(answer);
  },
  async events(_request, response, count, gapMs) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let sent = 0; sent < count; sent++) {
      // One clock for all processes of a machine.
      response.write(`data: ${process.hrtime.bigint()}\n\n`);
      await pause(gapMs);
    }
    response.end();
  },
};

/** A peer that resets a stream behind each whole answer, as mockttp does, is to be measured as well. */
const patient = { streamResetBurst: 1e6, streamResetRate: 1e6, maxSessionInvalidFrames: 1e6 };
const create =
  process.argv[2] === "http2"
    ? (options, serve) => createSecureServer({ ...options, ...patient, allowHTTP1: true }, serve)
    : createServer;
const server = create(
  { cert: leaf.certificateChainPem, key: leaf.privateKeyPem(), keepAliveTimeout: 0, requestTimeout: 0 },
  (request, response) => {
    const [, name, ...numbers] = request.url.split("/");
    const route = routes[name];
    if (!route) response.writeHead(404, { "content-length": 0 }).end();
    else void route(request, response, ...numbers.map(Number)).catch(() => response.destroy());
  },
);
server.on("clientError", (_, socket) => socket.destroy());
server.listen(0, "127.0.0.1");
await once(server, "listening");
answerParent({ port: server.address().port, ca: authority.certificatePem });
