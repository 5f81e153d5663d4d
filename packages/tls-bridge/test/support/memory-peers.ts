/** Node's own TLS peers over memory, and what carries bytes between them and a bridge. */
import { Duplex } from "node:stream";
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureContextOptions,
  TLSSocket,
  type TLSSocketOptions,
} from "node:tls";
import type { BridgeSide, TlsBridge } from "../../src/index.ts";

/** One TLS peer; what it would put on the wire is taken, what comes from the wire is given. */
export class MemoryPeer {
  readonly socket: TLSSocket;
  readonly #wire: Wire;
  /** Clear bytes from the other one. */
  readonly received: Buffer[] = [];
  /** Bytes of the wire, to and from the peer. */
  readonly given: Uint8Array[] = [];
  readonly taken: Uint8Array[] = [];
  readonly keylog: string[] = [];
  error: (Error & { readonly code?: string }) | undefined;
  hasEnded = false;

  private constructor(wire: Wire, socket: TLSSocket) {
    this.#wire = wire;
    this.socket = socket;
    const note = (error: Error): void => {
      this.error ??= error;
    };
    socket.on("error", note);
    // All that a server's socket without a tls.Server tells of errors behind the handshake.
    socket.on("_tlsError", note);
    socket.on("keylog", (line: Buffer) => this.keylog.push(line.toString("latin1")));
    socket.on("data", (chunk: Buffer) => this.received.push(chunk));
    socket.on("end", () => {
      this.hasEnded = true;
    });
  }

  static client(options: ConnectionOptions): MemoryPeer {
    const wire = new Wire();
    return new MemoryPeer(wire, connect({ ...options, socket: wire }));
  }

  static server(context: SecureContextOptions, options: TLSSocketOptions = {}): MemoryPeer {
    const wire = new Wire();
    const secureContext = createSecureContext(context);
    return new MemoryPeer(wire, new TLSSocket(wire, { isServer: true, secureContext, ...options }));
  }

  /** All that was received, as text. */
  get text(): string {
    return Buffer.concat(this.received).toString("latin1");
  }

  give(bytes: Uint8Array): void {
    this.given.push(bytes);
    if (bytes.length > 0 && !this.#wire.destroyed) this.#wire.push(bytes);
  }

  /** What the peer has to say, once it has no more to say. */
  async take(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#wire.written.length === 0) continue;
      chunks.push(...this.#wire.written.splice(0));
      quiet = -1;
    }
    const bytes = Buffer.concat(chunks);
    this.taken.push(bytes);
    return bytes;
  }
}

class Wire extends Duplex {
  readonly written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}

/** Gives both peers what a bridge has left for them, when nothing more is said. */
export async function deliverRest(client: MemoryPeer, bridge: TlsBridge, server: MemoryPeer): Promise<void> {
  client.give(bridge.take("client"));
  server.give(bridge.take("server"));
  await Promise.all([client.take(), server.take()]);
}

/** How bytes get from one to the other. */
export interface CarryOptions {
  /** Bytes a chunk; whole unless given. */
  readonly chunkBytes?: number;
  /** Whether bytes for a peer leave in answer to the other one's only, as in the tunnel. */
  readonly lockstep?: boolean;
}

/**
 * Carries bytes between a client, a bridge and a server until nobody has anything to say.
 *
 * @returns how many bytes went to whom
 */
export async function carry(
  client: MemoryPeer,
  bridge: TlsBridge,
  server: MemoryPeer,
  { chunkBytes = Number.POSITIVE_INFINITY, lockstep = true }: CarryOptions = {},
): Promise<Record<BridgeSide, number>> {
  const peers: Record<BridgeSide, MemoryPeer> = { client, server };
  const moved: Record<BridgeSide, number> = { client: 0, server: 0 };
  const deliver = (to: BridgeSide): void => {
    const bytes = bridge.take(to);
    moved[to] += bytes.length;
    peers[to].give(bytes);
  };
  if (!lockstep) for (const to of ["client", "server"] as const) deliver(to);
  for (let isQuiet = false; !isQuiet; ) {
    isQuiet = true;
    for (const from of ["client", "server"] as const) {
      const bytes = await peers[from].take();
      if (bytes.length > 0) isQuiet = false;
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        bridge.push(from, bytes.subarray(at, at + chunkBytes));
        await bridge.idle();
        deliver(from === "client" ? "server" : "client");
        if (!lockstep) deliver(from);
      }
    }
  }
  return moved;
}
