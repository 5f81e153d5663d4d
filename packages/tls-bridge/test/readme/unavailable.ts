import { type BridgeSide, type ServerIdentity, TlsBridge } from "@faultwire/tls-bridge";

const other = { client: "server", server: "client" } as const;

/** Passes everything on but one thing: what the upstream calls OK is out of service for the client. */
export function unavailable(
  identityFor: (host: string) => Promise<ServerIdentity>,
  caPem: readonly string[],
): TlsBridge {
  const bridge: TlsBridge = new TlsBridge({
    identityFor: ({ serverName }) => identityFor(serverName),
    upstream: { caPem },
    handler: {
      established({ version, serverName }) {
        console.log(`${serverName} in ${version}`);
      },
      data(from, plaintext) {
        const text = Buffer.from(plaintext).toString("latin1");
        const changed = text.replace(/^HTTP\/1.1 200 OK/, "HTTP/1.1 503 Service Unavailable");
        bridge.write(other[from], Buffer.from(changed, "latin1"));
      },
      closeNotify: (from) => bridge.closeNotify(other[from]),
      alert() {},
      failed({ code, message }) {
        console.error(`${code}: ${message}`);
      },
    },
  });
  return bridge;
}

/** One chunk from a peer, and what it makes the bridge say to whom. */
export async function tick(
  bridge: TlsBridge,
  from: BridgeSide,
  chunk: Uint8Array,
): Promise<Record<BridgeSide, Uint8Array>> {
  bridge.push(from, chunk);
  await bridge.idle();
  return { client: bridge.take("client"), server: bridge.take("server") };
}
