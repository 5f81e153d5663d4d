// An HTTPS origin in a process of its own: GET /N sends N bytes, POST takes what comes. Its CA is made for the run.
import { once } from "node:events";
import { createServer } from "node:https";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { answerParent } from "./child.mjs";

const authority = await CertificateAuthority.ephemeral({ targets: ["origin.test"] });
const leaf = await authority.forHost("origin.test");
const block = Buffer.alloc(65_536, 7);

const server = createServer(
  { cert: leaf.certificateChainPem, key: leaf.privateKeyPem(), keepAliveTimeout: 0, requestTimeout: 0 },
  (request, response) => {
    request.resume().on("end", () => void answer(request, response));
  },
);

async function answer(request, response) {
  const length = Number(request.url.slice(1));
  response.writeHead(200, { "content-length": length });
  for (let left = length; left > 0; left -= block.length)
    if (!response.write(left < block.length ? block.subarray(0, left) : block)) await once(response, "drain");
  response.end();
}

// Clients leave when they have seen enough.
server.on("clientError", (_, socket) => socket.destroy());
server.listen(0, "127.0.0.1");
await once(server, "listening");
answerParent({ port: server.address().port, ca: authority.certificatePem });
