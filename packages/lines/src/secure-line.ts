/** A line to an upstream that is TLS on another line: what is written goes sealed, what comes is opened. */
import type { EndKind } from "@faultwire/fault-session";

import {
  type BridgeFailure,
  type SecureContextCache,
  TlsClient,
  type UpstreamTrust,
} from "@faultwire/tls-bridge";
import { type Guard, type Line, type LineClock, type LineEars, silentEars } from "./line.ts";
import { SecureLineError } from "./secure-line-error.ts";
import { WrappedLine } from "./wrapped-line.ts";

/** What TLS on a line needs. */
export interface SecureLineOptions {
  /** Whom the certificate has to stand for. */
  readonly host: string;
  /** How the upstream's certificate is verified. */
  readonly trust: UpstreamTrust;
  /** Application protocols to offer; `["http/1.1"]` unless given. */
  readonly protocols?: readonly string[];
  /** OpenSSL's contexts, shared by all lines. */
  readonly contexts: SecureContextCache;
  /** Tells the time, and calls when it has come. */
  readonly clock: LineClock;
  /** Calls what may throw, and tells of what was thrown. */
  readonly guard: Guard;
  /** How long the handshake may take, in ms. */
  readonly handshakeMs: number;
  /** Whether the upstream still owes something, so that an end without a farewell cuts it off. */
  readonly isOwed: () => boolean;
  /** TLS has failed behind the handshake. */
  readonly onFailed: (failure: BridgeFailure) => void;
}

/** The alert of a server that has none of the protocols that were offered (RFC 7301 section 3.2). */
const noApplicationProtocol = 120;

function isOtherProtocol(failure: BridgeFailure): boolean {
  return failure.code === "upstream-alert" && failure.description === noApplicationProtocol;
}

/** Bytes that may wait for the handshake before the client is to wait. */
const maxWaitingBytes = 65_536;

/** TLS with an upstream on a line: what is written is sealed, what comes is opened. What is written before the handshake is done waits for it. */
export class SecureLine extends WrappedLine {
  readonly #tls: TlsClient;
  #ears: LineEars = silentEars;
  #peerEnd: EndKind | undefined;
  #isClosed = false;
  /** It was established once. */
  #isOpen = false;
  #hasEnded = false;
  /** Our half ends once the handshake is done, behind what waits for it. */
  #isEndDue = false;
  readonly #cancelTimer: () => void;

  /** @param line - To the upstream; open, or being opened. From now on it is this line's. */
  constructor(line: Line, options: SecureLineOptions) {
    super(line);
    const { host, trust, protocols, contexts, clock, guard, handshakeMs, onFailed } = options;
    this.#cancelTimer = clock.after(handshakeMs, () => {
      if (!this.#isOpen)
        guard(() => this.#refuse("TIMEOUT", `it did not finish its TLS handshake within ${handshakeMs} ms`));
    });
    this.#tls = new TlsClient({
      host,
      trust,
      ...(protocols ? { protocols } : {}),
      contexts,
      handler: {
        send: (bytes) => line.write(bytes),
        established: () => {
          this.#isOpen = true;
          this.#cancelTimer();
          if (this.#isEndDue) line.end("fin");
          this.#ears.opened?.();
        },
        data: (plaintext) => this.#ears.data(plaintext),
        closeNotify: () => this.#ended("fin"),
        // An end that anybody in between can make must not pass for the end of an answer.
        truncated: () => this.#ended(options.isOwed() ? "reset" : "fin"),
        failed: (failure) =>
          guard(() => {
            if (!this.#isOpen) this.#refuse(failure.code, failure.message, isOtherProtocol(failure));
            else {
              onFailed(failure);
              line.end("fin");
              this.#ended("reset");
            }
          }),
      },
    });
    line.listen({
      data: (bytes) => this.#tls.push(bytes),
      ended: (how) => {
        if (how === "fin") this.#tls.pushEnd();
        else if (this.#isOpen) this.#ended("reset");
        else this.#tls.lost("ECONNRESET");
      },
      drained: () => this.#ears.drained(),
      failed: (error) => {
        this.#end();
        this.#ears.failed?.(error);
      },
      closed: () => {
        this.#end();
        this.#isClosed = true;
        this.#ears.closed();
        this.#ears = silentEars;
      },
    });
    line.setPaused(false);
  }

  /** The application protocol that the upstream has chosen, once the line is open. */
  get alpnProtocol(): string | undefined {
    return this.#tls.alpnProtocol;
  }
  override get needsDrain(): boolean {
    return this.line.needsDrain || this.#tls.waitingBytes > maxWaitingBytes;
  }
  override get waitingBytes(): number {
    return this.line.waitingBytes + this.#tls.waitingBytes;
  }
  override get peerEnd(): EndKind | undefined {
    return this.#peerEnd;
  }
  override get hasEnded(): boolean {
    return this.#hasEnded || this.#isClosed;
  }
  override get isClosed(): boolean {
    return this.#isClosed;
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
  }

  override write(bytes: Uint8Array): void {
    if (!this.hasEnded) this.#tls.write(bytes);
  }

  override end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    if (how === "fin") this.#tls.closeNotify();
    if (how === "fin" && !this.#isOpen) this.#isEndDue = true;
    else this.line.end(how);
  }

  override setPaused(isPaused: boolean): void {
    // A handshake is read in any case: what waits to be said waits for it.
    this.line.setPaused(isPaused && this.#isOpen);
  }

  override destroy(): void {
    this.#end();
    this.line.destroy();
  }

  /** There is no TLS with this upstream. */
  #refuse(code: SecureLineError["code"], message: string, isOther = false): void {
    this.#end();
    this.#ears.failed?.(new SecureLineError(code, message, isOther));
    // Behind an alert; an upstream that is silent needs none.
    if (code === "TIMEOUT") this.line.destroy();
    else this.line.end("fin");
    this.line.setPaused(false);
  }

  #ended(how: EndKind): void {
    if (this.#isClosed || this.#peerEnd === "reset" || this.#peerEnd === how) return;
    this.#peerEnd = how;
    this.#ears.ended(how);
  }

  #end(): void {
    this.#cancelTimer();
    this.#tls.end();
  }
}
