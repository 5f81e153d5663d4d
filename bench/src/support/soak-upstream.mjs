// What stands behind the proxy of a soak: the mock by HTTPS and in clear, an echo, and ports that nothing listens on.
import { once } from "node:events";
import { createServer } from "node:net";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { startLlmMock } from "@faultwire/llm-mock";
import { answerParent } from "./child.mjs";

/**
 * So long a peer may be quiet, in ms: a host does not pass a client's reset on, so that its connection stays until the upstream
 * lets go of it, as every server does. Shorter than what a soak waits at its end for what is left.
 */
const restMs = 20_000;

const names = process.argv.slice(2);
const authority = await CertificateAuthority.ephemeral({ targets: names });
const [first] = names;
const leaf = await authority.forHost(first);
const shared = {
  eventDelayMs: 2,
  limits: { maxConnections: 4096, maxLoggedRequests: 1, idleTimeoutMs: restMs, requestTimeoutMs: restMs },
  // `long:N` is answered with N characters.
  reply: ({ lastUserText }) => {
    const [, length] = /^long:(\d+)$/.exec(lastUserText) ?? [];
    return length === undefined ? `You said: ${lastUserText}` : "0123456789".repeat(Number(length) / 10);
  },
};
const contexts = new Map();
const { createSecureContext } = await import("node:tls");
const secureContextFor = async (name) => {
  if (!contexts.has(name)) {
    const own = await authority.forHost(name);
    contexts.set(name, createSecureContext({ key: own.privateKeyPem(), cert: own.certificateChainPem }));
  }
  return contexts.get(name);
};
const secure = await startLlmMock({
  ...shared,
  tls: { secureContextFor, key: leaf.privateKeyPem(), cert: leaf.certificateChainPem },
});
const clear = await startLlmMock(shared);
const echo = createServer({ allowHalfOpen: true }, (socket) => {
  // Clients break off on purpose.
  socket.on("error", () => socket.destroy());
  socket.setTimeout(restMs, () => socket.destroy());
  socket.pipe(socket);
}).listen(0, "127.0.0.1");
await once(echo, "listening");

answerParent({
  ca: authority.certificatePem,
  secure: secure.port,
  clear: clear.port,
  echo: echo.address().port,
  // A port of the system's that no program here takes.
  closed: 1,
});
