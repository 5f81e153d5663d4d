import { type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { checkServerIdentity, connect, type PeerCertificate, type SecureContext, TLSSocket } from "node:tls";
import { type KeylogEntry, parseKeylogLine } from "../keylog-line.ts";
import { joinBytes } from "../session/byte-queue.ts";

/** What OpenSSL's client is told. */
export interface MemoryClientOptions {
  readonly secureContext: SecureContext;
  /** SNI; undefined for none. */
  readonly serverName: string | undefined;
  /** Whom the certificate has to stand for. */
  readonly host: string;
  readonly protocols: readonly string[];
  readonly insecure: boolean;
  /** Whether the common name of a certificate without other names counts, and a wildcard for a part of a label. */
  readonly legacy: boolean;
  /** Keys by which a certificate must not be signed. */
  readonly distrusted: readonly KeyObject[];
}

/** What OpenSSL's server is told. */
export interface MemoryServerOptions {
  readonly secureContext: SecureContext;
  /** The one that the client gets; undefined to say nothing about ALPN. */
  readonly protocol: string | undefined;
  /** Bytes of content in a record of the handshake; OpenSSL makes none smaller than {@link OPENSSL_MIN_FRAGMENT_BYTES}. */
  readonly maxFragmentBytes: number;
}

/** OpenSSL's SSL_CTX_set_max_send_fragment takes nothing smaller. */
const OPENSSL_MIN_FRAGMENT_BYTES = 512;

/**
 * Loop turns without a byte after which OpenSSL has nothing more to say. All that it does with what it is fed it does
 * on this thread, before `feed` goes on. The one thing that Node puts off is the end of a write, and with it the next
 * write, if there is one: by a `nextTick` and a `setImmediate`. Between two of our turns every immediate queued before
 * has run; so the next write comes within two turns of the one before, however slow the machine.
 */
const QUIET_TURNS = 2;

const NOTHING: Uint8Array = new Uint8Array(0);

/** One TLS handshake of OpenSSL's, in memory: no socket, no timer. Nothing it is fed makes it throw. */
export class MemoryHandshake {
  readonly #wire: Wire;
  readonly #socket: TLSSocket;
  /** Lines of the key log, by label. A line is read when its secret is needed: two of five never are. */
  readonly #lines = new Map<string, string>();
  readonly #entries = new Map<string, KeylogEntry>();
  #isDone = false;
  #error: NodeJS.ErrnoException | undefined;

  private constructor(wire: Wire, socket: TLSSocket, done: "secure" | "secureConnect") {
    this.#wire = wire;
    this.#socket = socket;
    wire.on("error", () => {});
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("keylog", (line: Buffer) => {
      const text = line.toString("latin1");
      this.#lines.set(text.slice(0, text.indexOf(" ")), text);
    });
    socket.on(done, () => {
      this.#isDone = true;
    });
  }

  /** The end that opens the handshake, at once. */
  static client(options: MemoryClientOptions): MemoryHandshake {
    const wire = new Wire();
    const socket = connect({
      socket: wire,
      secureContext: options.secureContext,
      host: options.host,
      // An address is no SNI (RFC 6066 section 3).
      ...(options.serverName !== undefined &&
        !isIP(options.serverName) && { servername: options.serverName }),
      ...(options.protocols.length > 0 && { ALPNProtocols: [...options.protocols] }),
      // Left to itself Node takes SNI, or "localhost" where there is no name.
      checkServerIdentity: (_name, certificate) => identityError(options, certificate),
      rejectUnauthorized: !options.insecure,
    });
    // For `checkServerIdentity` Node copies the whole chain and takes each certificate apart, though only the server's
    // own certificate is looked at. The copy is a twentieth of the CPU that a connection through a proxy costs.
    const ownCertificate = () => TLSSocket.prototype.getPeerCertificate.call(socket, false);
    socket.getPeerCertificate = ownCertificate as TLSSocket["getPeerCertificate"];
    // Comes once the certificate is verified; `secure` comes before.
    return new MemoryHandshake(wire, socket, "secureConnect");
  }

  /** The end that waits for a ClientHello. */
  static server({ secureContext, protocol, maxFragmentBytes }: MemoryServerOptions): MemoryHandshake {
    const wire = new Wire();
    const socket = new TLSSocket(wire, {
      isServer: true,
      secureContext,
      ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
    });
    socket.setMaxSendFragment(Math.max(OPENSSL_MIN_FRAGMENT_BYTES, maxFragmentBytes));
    return new MemoryHandshake(wire, socket, "secure");
  }

  /** Whether both Finished messages were exchanged and, at a client, the server is whom it says. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Why it can't go on; the alert is in what {@link feed} gave. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  /**
   * Whether {@link error} is the verdict on the server's certificate, and not on what it said. Node says so itself: the
   * names of OpenSSL's errors change from version to version.
   */
  get isUntrusted(): boolean {
    return this.#error !== undefined && Boolean(this.#socket.authorizationError);
  }

  /** A line of the key log, by its label; undefined until OpenSSL has written it. */
  keylogEntry(label: string): KeylogEntry | undefined {
    const known = this.#entries.get(label);
    if (known !== undefined) return known;
    const line = this.#lines.get(label);
    const entry = line === undefined ? undefined : parseKeylogLine(line);
    if (entry !== undefined) this.#entries.set(label, entry);
    return entry;
  }

  /** Gives OpenSSL a peer's bytes, and resolves with all that it says to them. */
  async feed(bytes?: Uint8Array): Promise<Uint8Array> {
    if (bytes !== undefined && !this.#wire.destroyed) this.#wire.push(bytes);
    if (this.#isAtRest) return NOTHING;
    const said: Uint8Array[] = [];
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      const more = this.#wire.takeWritten();
      if (more.length === 0) continue;
      said.push(...more);
      quiet = -1;
    }
    return joinBytes(said);
  }

  /**
   * Whether OpenSSL has read all that there is, and has nothing to say to it: most records of a flight are like that,
   * and a busy loop's turns are long. (What was said before was taken with the turns that it needs.)
   */
  get #isAtRest(): boolean {
    return this.#wire.isRead && !this.#wire.hasWritten && !this.#socket.destroyed;
  }

  /** Frees OpenSSL's objects. What they would still say, a close_notify for instance, is not kept. */
  release(): void {
    this.#wire.close();
    this.#socket.destroy();
    this.#lines.clear();
    this.#entries.clear();
  }
}

/** Why a certificate does not stand for its host. */
function identityError(
  { host, legacy, distrusted }: MemoryClientOptions,
  certificate: PeerCertificate,
): Error | undefined {
  if (distrusted.length > 0) {
    const own = new X509Certificate(certificate.raw);
    // Asked by key: it may have been given another name. Such a CA has no further one below it.
    if (distrusted.some((key) => own.verify(key)))
      return Object.assign(new Error("it is signed by a CA that vouches for no upstream"), {
        code: "CERT_UNTRUSTED",
      });
  }
  const asNode = checkServerIdentity(host, certificate);
  if (legacy || asNode) return asNode;
  const { bits = 0, modulus } = certificate;
  if (modulus !== undefined && bits < MIN_RSA_BITS)
    return Object.assign(new Error(`its RSA key has ${bits} bits, which is too weak`), {
      code: "RSA_KEY_TOO_SMALL",
    });
  // Node falls back on the common name, which no current client does (RFC 9525 section 2).
  const subject = { ...certificate.subject, CN: "" };
  const named = checkServerIdentity(host, { ...certificate, subject });
  if (named) {
    named.message = `it names ${host} in its common name alone, and no current client takes that`;
    return named;
  }
  const { subjectaltname: names = "" } = certificate;
  const subjectaltname = names.replaceAll(partialWildcard, "DNS:");
  if (subjectaltname === names) return undefined;
  const error = checkServerIdentity(host, { ...certificate, subject, subjectaltname });
  if (error)
    error.message = `it names ${host} by a wildcard for a part of a label alone, and no current client takes that`;
  return error;
}

/** Bits of a server's RSA key. OpenSSL's security level 2 asks for 112 bits of strength, which it sees in keys from 1968 bits on. */
const MIN_RSA_BITS = 2048;

/**
 * A name with a wildcard that is not the whole first label, as Node writes it: `a*.example.com` (RFC 9525 section 6.3). A name in
 * quotes holds what no host has, and is left.
 */
const partialWildcard = /DNS:(?!\*\.[^*,":]*(?:,|$))[^*,":]*\*[^,":]*/g;

/** What OpenSSL takes for its socket. */
class Wire extends Duplex {
  #written: Uint8Array[] = [];
  #isClosed = false;

  /** Whether something was read, and nothing is left to be. */
  get isRead(): boolean {
    return this.readableDidRead && this.readableLength === 0;
  }

  get hasWritten(): boolean {
    return this.#written.length > 0;
  }

  /** What was written since it was asked for the last time. */
  takeWritten(): readonly Uint8Array[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  /** From here on nobody cares what is written. */
  close(): void {
    this.#isClosed = true;
    this.#written = [];
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (!this.#isClosed) this.#written.push(chunk);
    done();
  }
}
