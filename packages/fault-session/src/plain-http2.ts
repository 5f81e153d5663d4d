/** HTTP/2 in clear with prior knowledge (RFC 9113 section 3.3): the exchanges on one side, the session on the other. */
import { CONNECTION_PREFACE } from "@faultwire/http2";
import { type EndKind, otherSide } from "./carrier.ts";
import type { Side } from "./events.ts";
import { exchangesInClear } from "./exchange-options.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { Acquaintance } from "./introduction.ts";
import type { Part, PartContext } from "./part.ts";

/** Whether a client begins as one of HTTP/2 does, as far as it has said anything. */
export function isPreface(prefix: Uint8Array): boolean {
  const said = prefix.subarray(0, CONNECTION_PREFACE.length);
  return said.length > 0 && said.every((byte, at) => byte === CONNECTION_PREFACE[at]);
}

export class PlainHttp2 implements Part {
  readonly http2: Http2Exchanges;
  readonly keepsBytes = true;
  /** Frames are ours, on both sides. */
  readonly hasChanged = true;
  readonly #context: PartContext;
  readonly #met: () => Acquaintance | undefined;
  /** The upstream has ended; the client's end waits for what still goes to it. */
  #owedEnd: EndKind | undefined;

  constructor(context: PartContext) {
    this.#context = context;
    const { options, met } = exchangesInClear(context);
    this.#met = met;
    this.http2 = new Http2Exchanges(options);
  }

  get wakeAtMs(): number | undefined {
    return this.http2.dueAtMs;
  }
  get isMute(): boolean {
    return this.http2.isStalled;
  }
  heldBytes(from: Side): number {
    return this.http2.heldBytes(from);
  }

  receive(from: Side, bytes: Uint8Array): void {
    if (from === "client") this.http2.fromClient(bytes);
    else this.http2.fromServer(bytes);
    this.#payEnd();
  }

  ended(from: Side, how: EndKind): void {
    if (from === "server") {
      this.http2.serverEnded(how);
      this.#owedEnd = how;
    } else {
      this.http2.clientEnded();
      this.#context.end(otherSide(from), how);
    }
    this.#payEnd();
  }

  unreachable(reason: string): void {
    this.http2.unreachable(reason);
  }

  wake(): void {
    this.http2.wake();
    this.#payEnd();
  }

  drained(): void {
    this.http2.flush();
    this.#payEnd();
  }

  finish(): void {
    this.http2.finish();
    this.#met()?.outcome(endedFirst);
  }

  #payEnd(): void {
    if (this.#owedEnd === undefined || this.http2.owesClient) return;
    this.#context.end("client", this.#owedEnd);
    this.#owedEnd = undefined;
    this.http2.leave();
  }
}
