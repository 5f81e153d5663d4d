/** A TLS client and a TLS upstream with a tunnel between them whose HTTPS is opened; bytes by memory, chunk by chunk. */

import type { ConnectionOptions, SecureContextOptions, TLSSocketOptions } from "node:tls";
import type { InterceptionOptions } from "@faultwire/fault-session";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import type { IdentityRequest } from "@faultwire/tls-bridge";
import type { ScriptedPolicy } from "./scripted-policy.ts";
import { TunnelProbe } from "./tunnel-probe.ts";

const authorities: { ours?: TestAuthority; theirs?: TestAuthority } = {};
/** The CA that stands for Faultwire's, which the client trusts. */
export const ourAuthority = (): TestAuthority =>
  (authorities.ours ??= new TestAuthority("Faultwire test CA"));
/** The CA that has issued the upstream's certificate. */
export const theirAuthority = (): TestAuthority =>
  (authorities.theirs ??= new TestAuthority("Upstream test CA"));

export interface UpstreamOptions extends SecureContextOptions, TLSSocketOptions {}

export interface HttpsTunnelOptions {
  readonly policy: ScriptedPolicy;
  readonly client?: ConnectionOptions;
  readonly upstream?: UpstreamOptions;
  /** Bytes that the host reads in one call. */
  readonly chunkBytes?: number;
  readonly intercept?: Partial<InterceptionOptions>;
  readonly host?: string;
  /** HTTPS is not opened. */
  readonly stayClosed?: boolean;
}

export class HttpsTunnel {
  readonly client: TlsMemoryPeer;
  readonly upstream: TlsMemoryPeer;
  readonly probe: TunnelProbe;
  readonly #chunkBytes: number;
  /** Peers that have been given the end of their wire. */
  readonly #finished = new Set<"client" | "server">();
  #clientClosed: boolean | undefined;
  readonly #quietTurns = { client: 0, server: 0 };
  #given = { client: 0, server: 0 };

  constructor({
    policy,
    client,
    upstream,
    chunkBytes = 4096,
    intercept,
    host = "api.test",
    stayClosed = false,
  }: HttpsTunnelOptions) {
    const trust = { caPem: [theirAuthority().caPem] };
    this.#chunkBytes = chunkBytes;
    const opened = {
      identityFor: async ({ serverName, keyType }: IdentityRequest) =>
        ourAuthority().issue(serverName, keyType),
      upstream: trust,
      ...intercept,
    };
    this.probe = new TunnelProbe({ policy, ...(stayClosed ? {} : { intercept: opened }) });
    this.client = TlsMemoryPeer.client({
      servername: host,
      ca: [ourAuthority().caPem, theirAuthority().caPem],
      ...client,
    });
    const { cert, key } = theirAuthority().issue(host);
    this.upstream = TlsMemoryPeer.server({ cert, key, ...upstream }, { ...upstream });
    // As Node's own servers and clients do, and most others.
    for (const { socket } of [this.client, this.upstream]) socket.on("end", () => socket.end());
  }

  /** Carries bytes until nothing moves for a while (in turns of a millisecond of the probe's clock). */
  async settle(quietMs = 30): Promise<void> {
    for (let quiet = 0; quiet < quietMs; quiet++) if ((await this.carry()) > 0) quiet = 0;
  }

  /** Carries what the peers have to say, and what they are to get, in a millisecond of the probe's clock. */
  async carry(): Promise<number> {
    const fromClient = await this.client.take();
    const fromServer = await this.upstream.take();
    this.probe.says("client", fromClient, this.#chunkBytes);
    this.probe.says("server", fromServer, this.#chunkBytes);
    // OpenSSL's own end of a handshake that is cut off is an error, behind which a server closes.
    if (this.upstream.hasFinished || this.upstream.error) this.probe.ends("server");
    await this.probe.run(1);
    const moved = this.#give("server", this.upstream) + this.#give("client", this.client);
    return moved + fromClient.length + fromServer.length;
  }

  /** Sends a request and waits for what comes of it. @returns what the client has got since it was asked last. */
  async exchange(request: string, quietMs?: number): Promise<string> {
    this.client.socket.write(request);
    await this.settle(quietMs);
    return this.takeClient();
  }

  /** Whether the client was told by TLS that this is all, and has not just met the end of its connection. */
  get hasCloseNotify(): boolean {
    return this.#clientClosed ?? this.client.hasEnded;
  }

  takeClient(): string {
    return Buffer.concat(this.client.received.splice(0)).toString("latin1");
  }
  takeUpstream(): string {
    return Buffer.concat(this.upstream.received.splice(0)).toString("latin1");
  }

  /** Answers every request that the upstream gets with what `answer` makes of its head. */
  serve(answer: (head: string) => string): readonly string[] {
    const heads: string[] = [];
    let pending = "";
    this.upstream.socket.on("data", (chunk: Buffer) => {
      pending += chunk.toString("latin1");
      for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
        const head = pending.slice(0, end + 4);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (pending.length < head.length + length) return;
        pending = pending.slice(head.length + length);
        heads.push(head);
        this.upstream.socket.write(answer(head), "latin1");
      }
    });
    return heads;
  }

  #give(side: "client" | "server", peer: TlsMemoryPeer): number {
    const got = this.probe.got(side);
    const fresh = got.subarray(this.#given[side]);
    this.#given[side] = got.length;
    peer.give(fresh);
    const from = side === "client" ? "server" : "client";
    if (this.probe.ended.has(from) && fresh.length === 0 && !this.#finished.has(side)) {
      // What was given before has to be read first.
      if (++this.#quietTurns[side] < 3) return 1;
      this.#finished.add(side);
      if (side === "client") this.#clientClosed = peer.hasEnded;
      peer.giveEnd();
    }
    return fresh.length;
  }
}
