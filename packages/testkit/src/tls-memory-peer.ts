/** Node's own TLS peers over memory. */
import { Duplex } from "node:stream";
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureContextOptions,
  TLSSocket,
  type TLSSocketOptions,
} from "node:tls";

/** One TLS peer; what it would put on the wire is taken, what comes from the wire is given. */
export class TlsMemoryPeer {
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

  static client(options: ConnectionOptions): TlsMemoryPeer {
    const wire = new Wire();
    return new TlsMemoryPeer(wire, connect({ ...options, socket: wire }));
  }

  static server(context: SecureContextOptions, options: TLSSocketOptions = {}): TlsMemoryPeer {
    const wire = new Wire();
    const secureContext = createSecureContext(context);
    return new TlsMemoryPeer(wire, new TLSSocket(wire, { isServer: true, secureContext, ...options }));
  }

  /** All that was received, as text. */
  get text(): string {
    return Buffer.concat(this.received).toString("latin1");
  }

  give(bytes: Uint8Array): void {
    this.given.push(bytes);
    if (bytes.length > 0 && !this.#wire.destroyed) this.#wire.push(bytes);
  }

  /** The other end of the wire is closed. */
  giveEnd(): void {
    if (!this.#wire.destroyed && !this.#wire.readableEnded) this.#wire.push(null);
  }

  /** The other end of the wire is reset. */
  giveReset(): void {
    this.#wire.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }

  /** The peer has closed its end of the wire. */
  get hasFinished(): boolean {
    return this.#wire.hasFinished || this.#wire.destroyed;
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

  hasFinished = false;

  override _final(done: () => void): void {
    this.hasFinished = true;
    done();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}
