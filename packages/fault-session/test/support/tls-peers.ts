/** A TLS client and a TLS upstream at the two ends of a link; bytes by memory, chunk by chunk. */
import type { ConnectionOptions, SecureContextOptions, TLSSocketOptions } from "node:tls";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import type { IdentityRequest } from "@faultwire/tls-bridge";
import type { InterceptionOptions, Side } from "../../src/index.ts";
import type { Link } from "./link.ts";
import { ourAuthority, theirAuthority } from "./test-authorities.ts";

export interface UpstreamOptions extends SecureContextOptions, TLSSocketOptions {}

export interface TlsPeersOptions {
  readonly client?: ConnectionOptions;
  readonly upstream?: UpstreamOptions;
  /** Bytes that are read in one go. */
  readonly chunkBytes?: number;
  readonly host?: string;
  /** The carrier is told where the client ends its stream. */
  readonly tellsClientEnd?: boolean;
}

/** How HTTPS is opened in tests: by the authorities of the tests. */
export const openedByTests = (intercept: Partial<InterceptionOptions> = {}): InterceptionOptions => ({
  identityFor: async ({ serverName, keyType }: IdentityRequest) => ourAuthority().issue(serverName, keyType),
  upstream: { caPem: [theirAuthority().caPem] },
  ...intercept,
});

export class TlsPeers {
  readonly client: TlsMemoryPeer;
  readonly upstream: TlsMemoryPeer;
  readonly #link: Link;
  readonly #chunkBytes: number;
  readonly #tellsClientEnd: boolean;
  /** Peers that have been given the end of their wire. */
  readonly #finished = new Set<Side>();
  #clientClosed: boolean | undefined;
  readonly #quietTurns = { client: 0, server: 0 };
  #given = { client: 0, server: 0 };

  constructor(
    link: Link,
    { client, upstream, chunkBytes = 4096, host = "api.test", tellsClientEnd = false }: TlsPeersOptions,
  ) {
    this.#link = link;
    this.#chunkBytes = chunkBytes;
    this.#tellsClientEnd = tellsClientEnd;
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

  /** Carries bytes until nothing moves for a while (in turns of a millisecond of the link's clock). */
  async settle(quietMs = 30): Promise<void> {
    for (let quiet = 0; quiet < quietMs; quiet++) if ((await this.carry()) > 0) quiet = 0;
  }

  /** Carries what the peers have to say, and what they are to get, in a millisecond of the link's clock. */
  async carry(): Promise<number> {
    const fromClient = await this.client.take();
    const fromServer = await this.upstream.take();
    this.#link.says("client", fromClient, this.#chunkBytes);
    this.#link.says("server", fromServer, this.#chunkBytes);
    // OpenSSL's own end of a handshake that is cut off is an error, behind which a server closes.
    if (this.upstream.hasFinished || this.upstream.error) this.#link.ends("server");
    if (this.#tellsClientEnd && this.client.hasFinished) this.#link.ends("client");
    await this.#link.run(1);
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

  #give(side: Side, peer: TlsMemoryPeer): number {
    const got = this.#link.got(side);
    const fresh = got.subarray(this.#given[side]);
    this.#given[side] = got.length;
    peer.give(fresh);
    const end = this.#link.endOf(side);
    if (end !== undefined && fresh.length === 0 && !this.#finished.has(side)) {
      // What was given before has to be read first.
      if (++this.#quietTurns[side] < 3) return 1;
      this.#finished.add(side);
      if (side === "client") this.#clientClosed = peer.hasEnded;
      if (end === "reset") peer.giveReset();
      else peer.giveEnd();
    }
    return fresh.length;
  }
}
