// An HTTPS origin in a process of its own: GET /N sends N bytes, POST takes what comes. Its CA is made for the run. On a port
// of its own it speaks plain TCP: behind a first byte "d" it sends without end, behind any other it counts what comes.
import { once } from "node:events";
import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
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

let taken = 0;
const raw = createTcpServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.once("data", (first) => {
    if (first[0] === 0x64) {
      const pump = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on("drain", pump);
      pump();
      return;
    }
    taken += first.length;
    socket.on("data", (bytes) => {
      taken += bytes.length;
    });
  });
});
raw.listen(0, "127.0.0.1");
await once(raw, "listening");
answerParent(
  { port: server.address().port, rawPort: raw.address().port, ca: authority.certificatePem },
  { taken: () => taken },
);
