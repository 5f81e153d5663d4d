// The plain interceptor that a page of Node's documentation makes: an https.Server behind CONNECT, https.request with a
// keep-alive agent toward the upstream, two pipes. `interceptor.mjs ORIGIN_CA_FILE`.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent, createServer as createHttpsServer, request as httpsRequest } from "node:https";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { answerParent } from "../support/child.mjs";

const [originCa] = process.argv.slice(2);
const authority = await CertificateAuthority.ephemeral({ targets: ["localhost"] });
const leaf = await authority.forHost("localhost");
const agent = new Agent({ keepAlive: true, ca: readFileSync(originCa), noDelay: true });

const inner = createHttpsServer(
  { cert: leaf.certificateChainPem, key: leaf.privateKeyPem(), keepAliveTimeout: 0, requestTimeout: 0 },
  (request, response) => {
    const { method, url: path, rawHeaders: headers } = request;
    const [host, port] = request.headers.host.split(":");
    const onward = httpsRequest({ host, port, method, path, headers, agent });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  },
);
const server = createServer().on("connect", (_request, client) => {
  client.setNoDelay(true);
  client.write("HTTP/1.1 200 OK\r\n\r\n");
  inner.emit("connection", client);
  client.on("error", () => client.destroy());
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
answerParent({ port: server.address().port, ca: authority.certificatePem });
