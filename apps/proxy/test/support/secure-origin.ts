/** An upstream that speaks TLS, whose words in clear the test writes. */
import { createServer as createRelay, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Runtime } from "@faultwire/runtime";
import { Peer } from "@faultwire/testkit/host-peers";
import { expect, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "./running-proxy.ts";

export interface SecureOrigin {
  readonly port: number;
  /** `127.0.0.1:PORT` */
  readonly authority: string;
  readonly peers: (Peer & { readonly socket: Socket })[];
  /** The name that each connection asked for. */
  readonly names: (string | false | undefined)[];
  /** The connections under TLS. */
  readonly raw: Socket[];
  /** The next connection that is open and was not taken yet. */
  accept(): Promise<Peer>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startSecureOrigin(options: TlsOptions): Promise<SecureOrigin> {
  const peers: Peer[] = [];
  const names: (string | false | undefined)[] = [];
  const raw: Socket[] = [];
  const tls: Server = createServer({ ALPNProtocols: ["h2", "http/1.1"], ...options }, (socket: TLSSocket) => {
    names.push(socket.servername ?? undefined);
    peers.push(new Peer(socket));
  });
  tls.on("tlsClientError", () => {});
  const server = createRelay({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    raw.push(socket);
    tls.emit("connection", socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of raw) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  let taken = 0;
  return {
    port,
    authority: `127.0.0.1:${port}`,
    peers,
    names,
    raw,
    async accept() {
      const at = taken++;
      await expect.poll(() => peers.length).toBeGreaterThan(at);
      return peers[at] as Peer;
    },
  };
}

/** A proxy, and an upstream for each host with a certificate of the proxy's own CA, to which the host's name leads. */
export async function secureOrigins<Host extends string>(
  hosts: readonly Host[],
  rules = "[]",
  settings: ProxySettings = {},
): Promise<{ running: ProxyUnderTest; origins: Readonly<Record<Host, SecureOrigin>> }> {
  const origins = {} as Record<Host, SecureOrigin>;
  const running = await runProxy(rules, async (runtime) => {
    const resolve: Record<string, string> = {};
    for (const host of hosts) {
      origins[host] = await startSecureOrigin(await identityOf(runtime, host));
      resolve[`${host}:443`] = origins[host].authority;
    }
    const more = typeof settings.resolve === "function" ? settings.resolve() : settings.resolve;
    return { ...settings, resolve: { ...resolve, ...more } };
  });
  return { running, origins };
}

/** A certificate for a host of the proxy's own CA. */
export async function identityOf({ authority }: Runtime, host: string): Promise<TlsOptions> {
  const identity = await authority?.forHost(host);
  return { key: identity?.privateKeyPem(), cert: identity?.certificateChainPem };
}
