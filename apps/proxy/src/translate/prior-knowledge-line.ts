/**
 * A line in clear to a server that has HTTP/1.1 alone. A client that speaks HTTP/2 on it with prior knowledge (RFC 9113 section 3.3) is
 * translated; all else goes as it is.
 */
import type { EndKind } from "@faultwire/fault-session";
import { CONNECTION_PREFACE } from "@faultwire/http2";
import { type Guard, type Line, type LineEars, silentEars, WrappedLine } from "@faultwire/lines";
import { Http2OverHttp1 } from "./http2-over-http1.ts";

/** What a client that speaks HTTP/2 needs. */
export interface PriorKnowledgeOptions {
  /** Opens another connection to the same server. */
  readonly open: () => Line;
  /** Connections to the server at the same time. */
  readonly maxConnections: number;
  readonly now: () => number;
  readonly guard: Guard;
  /** The client speaks HTTP/2. */
  readonly translated: () => void;
}

/** Bytes by which the preface is told from any request of HTTP/1.1, and from TLS. */
const tellingBytes = 4;

export class PriorKnowledgeLine extends WrappedLine {
  readonly #options: PriorKnowledgeOptions;
  #ears: LineEars = silentEars;
  /** What was said so far, while it can't be told what it is. */
  #said: Uint8Array | undefined = new Uint8Array(0);
  #translator: Http2OverHttp1 | undefined;
  /** What the translator has said, on its way to the ears: they may write while they hear, and still be writing when it is said. */
  readonly #heard: Uint8Array[] = [];
  #isTelling = false;
  #isPaused = true;
  #hasOwnEnd = false;
  #isClosed = false;

  /** @param line - It is written to once it is open. From now on it is this line's. */
  constructor(line: Line, options: PriorKnowledgeOptions) {
    super(line);
    this.#options = options;
  }

  override get needsDrain(): boolean {
    return this.#translator ? this.#translator.needsDrain : super.needsDrain;
  }
  override get waitingBytes(): number {
    return this.#translator ? this.#translator.waitingBytes : super.waitingBytes;
  }
  /** Of many connections none ends for the others. */
  override get peerEnd(): EndKind | undefined {
    return this.#translator ? undefined : super.peerEnd;
  }
  override get hasEnded(): boolean {
    return this.#translator ? this.#hasOwnEnd || this.#isClosed : super.hasEnded;
  }
  override get isClosed(): boolean {
    return this.#translator ? this.#isClosed : super.isClosed;
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
    if (!this.#translator) super.listen(ears);
  }

  override write(bytes: Uint8Array): void {
    if (this.hasEnded) return;
    if (this.#translator) this.#translator.write(bytes);
    else if (this.#said) this.#look(Buffer.concat([this.#said, bytes]));
    else super.write(bytes);
  }

  override end(how: EndKind): void {
    if (this.hasEnded) return;
    if (!this.#translator) {
      this.#goOn();
      super.end(how);
      return;
    }
    this.#hasOwnEnd = true;
    this.#translator.end(how);
  }

  override setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (this.#translator) this.#translator.setPaused(isPaused);
    else super.setPaused(isPaused);
  }

  override destroy(): void {
    if (!this.#translator) {
      super.destroy();
      return;
    }
    this.#translator.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ears.closed();
    this.#ears = silentEars;
  }

  /** Looks at all that was said so far. */
  #look(said: Uint8Array): void {
    this.#said = said;
    const isHttp2 = said.subarray(0, tellingBytes).every((byte, at) => byte === CONNECTION_PREFACE[at]);
    if (!isHttp2) this.#goOn();
    else if (said.length >= tellingBytes) this.#translate(said);
  }

  /** It is not HTTP/2, and nothing is looked at any more. */
  #goOn(): void {
    const said = this.#said;
    this.#said = undefined;
    if (said) super.write(said);
  }

  #translate(said: Uint8Array): void {
    const { open, maxConnections, now, translated, guard } = this.#options;
    this.#said = undefined;
    this.#isTelling = true;
    translated();
    const port = {
      data: (bytes: Uint8Array) => {
        this.#heard.push(bytes);
        this.#tell();
      },
      ended: (how: EndKind) => this.#ears.ended(how),
      drained: () => this.#ears.drained(),
    };
    const translator = new Http2OverHttp1({ first: this.line, open, maxConnections, now, port });
    this.#translator = translator;
    translator.setPaused(this.#isPaused);
    translator.write(said);
    // Who says this may have more to say that is older than any answer to it.
    queueMicrotask(() =>
      guard(() => {
        this.#isTelling = false;
        this.#tell();
      }),
    );
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let bytes = this.#heard.shift(); bytes; bytes = this.#heard.shift()) this.#ears.data(bytes);
    } finally {
      this.#isTelling = false;
    }
  }
}
