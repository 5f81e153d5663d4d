/**
 * A line to an upstream with which the version of HTTP is agreed on by ALPN. Where the upstream takes the other one, what is
 * said here is translated.
 *
 * Where HTTP/1.1 is said, nothing else is offered at first: a server that has both chooses HTTP/2 whatever comes first in an
 * offer. Only one that refuses HTTP/1.1 is asked again.
 */
import type { EndKind } from "@faultwire/fault-session";
import { type Line, type LineEars, type SecureLine, SecureLineError, silentEars } from "@faultwire/lines";
import { BeforeOpen } from "../sockets/before-open.ts";
import { Http1OverHttp2 } from "./http1-over-http2.ts";
import { Http2OverHttp1 } from "./http2-over-http1.ts";
import type { Translator, TranslatorPort } from "./translator.ts";

/** A version by its name in ALPN (RFC 7301). */
export type Protocol = "h2" | "http/1.1";

export interface VersionLineOptions {
  /** What is said here. */
  readonly spoken: Protocol;
  /** The same upstream once more, where it has said that it has not what was offered; it is offered the other version. */
  readonly again: () => SecureLine;
  /** Opens another connection to the same upstream, for HTTP/1.1 alone. */
  readonly open: (isOwed: () => boolean) => Line;
  /** Connections to an upstream of HTTP/1.1 at the same time. */
  readonly maxConnections: number;
  readonly now: () => number;
  /** The upstream speaks another version than the client. */
  readonly translated: (protocol: Protocol) => void;
}

export class VersionLine implements Line {
  #line: SecureLine;
  readonly #options: VersionLineOptions;
  #ears: LineEars = silentEars;
  #isOpen = false;
  #translator: Translator | undefined;
  readonly #before = new BeforeOpen();
  #isPaused = true;
  #hasOwnEnd = false;
  #peerEnd: EndKind | undefined;
  #isClosed = false;

  /** @param line - Open, or being opened. From now on it is this line's. */
  constructor(line: SecureLine, options: VersionLineOptions) {
    this.#line = line;
    this.#options = options;
    this.#hear(line, true);
  }

  #hear(line: SecureLine, isFirst: boolean): void {
    line.listen({
      data: (bytes) => this.#ears.data(bytes),
      ended: (how) => this.#ended(how),
      drained: () => this.#ears.drained(),
      opened: () => this.#opened(),
      failed: (error) => {
        const isOther = isFirst && error instanceof SecureLineError && error.isOtherProtocol;
        if (!isOther) this.#ears.failed?.(error);
        else {
          line.listen(silentEars);
          this.#line = this.#options.again();
          this.#hear(this.#line, false);
        }
      },
      closed: () => this.#closed(),
    });
  }

  /** Who takes what is written here, once this line is open. */
  get #out(): Translator | SecureLine {
    return this.#translator ?? this.#line;
  }

  get needsDrain(): boolean {
    if (this.#translator) return this.#translator.needsDrain;
    return this.#before.isFull || this.#line.needsDrain;
  }
  get waitingBytes(): number {
    return this.#before.waitingBytes + this.#out.waitingBytes;
  }
  get peerEnd(): EndKind | undefined {
    return this.#peerEnd;
  }
  get hasEnded(): boolean {
    return this.#hasOwnEnd || this.#isClosed;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  listen(ears: LineEars): void {
    this.#ears = ears;
  }

  write(bytes: Uint8Array): void {
    if (this.hasEnded) return;
    (this.#isOpen ? this.#out : this.#before).write(bytes);
  }

  end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#hasOwnEnd = true;
    // What waits goes before it.
    if (this.#isOpen || !this.#before.end(how)) this.#out.end(how);
  }

  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    if (this.#isOpen || !this.#before.whenGone(what, told)) this.#line.whenGone(what, told);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (this.#translator) this.#translator.setPaused(isPaused);
    else this.#line.setPaused(isPaused);
  }

  destroy(): void {
    if (this.#translator) {
      this.#translator.destroy();
      this.#closed();
    } else this.#line.destroy();
  }

  #opened(): void {
    const { spoken } = this.#options;
    // An upstream that does not say what it speaks speaks HTTP/1.1, as all did before there was ALPN.
    const protocol: Protocol = this.#line.alpnProtocol === "h2" ? "h2" : "http/1.1";
    if (protocol !== spoken) this.#translate(protocol);
    const wasFull = this.#before.release(this.#out, this.#line, () => {
      this.#isOpen = true;
    });
    this.#ears.opened?.();
    if (wasFull && !this.needsDrain) this.#ears.drained();
  }

  #translate(protocol: Protocol): void {
    const { now, open, maxConnections, translated } = this.#options;
    translated(protocol);
    const port: TranslatorPort = {
      data: (bytes) => this.#ears.data(bytes),
      ended: (how) => this.#ended(how),
      drained: () => this.#ears.drained(),
    };
    if (protocol === "http/1.1") {
      this.#translator = new Http2OverHttp1({ first: this.#line, open, maxConnections, now, port });
      this.#translator.setPaused(this.#isPaused);
      return;
    }
    const translator = new Http1OverHttp2(this.#line, "https", now, port);
    this.#translator = translator;
    this.#line.listen({
      data: (bytes) => translator.heard(bytes),
      ended: (how) => translator.upstreamEnded(how),
      drained: () => this.#ears.drained(),
      closed: () => this.#closed(),
    });
    // Windows hold the upstream back; a WINDOW_UPDATE is read whatever waits.
    this.#line.setPaused(false);
    translator.setPaused(this.#isPaused);
  }

  #ended(how: EndKind): void {
    if (this.#isClosed || this.#peerEnd === "reset" || this.#peerEnd === how) return;
    this.#peerEnd = how;
    this.#ears.ended(how);
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ears.closed();
    this.#ears = silentEars;
  }
}
