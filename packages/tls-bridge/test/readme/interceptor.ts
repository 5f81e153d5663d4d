import { connect, createServer, type Server } from "node:net";
import type { CertificateAuthority } from "@faultwire/cert-authority";
import { bridgeSockets, SecureContextCache } from "@faultwire/tls-bridge";

const other = { client: "server", server: "client" } as const;

/** Where connections go on to, and whose certificates are taken there besides those that Node trusts. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly caPem?: readonly string[];
}

/** A server that opens TLS: a client that trusts `ca` hears from it what `rewrite` makes of the upstream's bytes. */
export function interceptor(
  ca: CertificateAuthority,
  { host, port, caPem = [] }: Upstream,
  rewrite: (plaintext: Uint8Array) => Uint8Array,
): Server {
  // OpenSSL's contexts, for all connections: without it each makes its own, which takes milliseconds.
  const contexts = new SecureContextCache();
  // On both sides: without it Node ends our half as soon as the peer has ended its own, and what is under way is lost.
  const allowHalfOpen = true;
  return createServer({ allowHalfOpen }, (socket) => {
    const session = bridgeSockets(socket, () => connect({ host, port, allowHalfOpen }), {
      contexts,
      // `keyType` is what the client can verify. A name that `ca` may not stand for ends the session.
      identityFor: ({ serverName, keyType }) => ca.forHost(serverName, { keyType }),
      upstream: { caPem },
      handlerFor: (bridge) => ({
        established: ({ version, serverName }) => console.log(`${serverName} in ${version}`),
        data: (from, plaintext) =>
          bridge.write(other[from], from === "server" ? rewrite(plaintext) : plaintext),
        closeNotify: (from) => bridge.closeNotify(other[from]),
        truncated: (from) => console.error(`the ${from} ended without a close_notify`),
        alert: (from, _level, description) => console.log(`the ${from} sent alert ${description}`),
        failed: ({ code, message }) => console.error(`${code}: ${message}`),
      }),
    });
    // Time-outs are those of who owns the sockets.
    socket.setTimeout(60_000, () => session.destroy());
  });
}
