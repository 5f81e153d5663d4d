/**
 * Makes a silent upstream speak. Bytes can go to the client only in answer to a call that brings bytes of the upstream.
 * Where such a call is needed and none is to be expected, the prompter asks the upstream something.
 *
 * The prompter also asks peers of TLS 1.3 for new keys where many bytes go to them that no read call brings. When a socket takes
 * only a part of a write, the host leaves the rest until something wakes it; the peer's answer does that
 * (docs/adr/0029-tokens-in-the-hosts-buffers.md).
 */
import type { CarrierHooks, ConnectionSession, Side } from "@faultwire/fault-session";
import type { Header, RequestHead } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { provocation } from "./provocation.ts";
import { questionHead } from "./question.ts";

/**
 * A peer is asked for new keys after so many bytes of data behind one read call. That is less than any socket buffer holds: a
 * peer that has fallen behind always has at least one such question still to read.
 */
const pulseBytes = 32_768;

/** Bytes of the client that are kept to prompt the upstream with. A ClientHello is not longer. */
const maxKeptBytes = 65_536;

const NOTHING = new Uint8Array(0);

export class Prompter {
  readonly #userAgent: string;
  #session: ConnectionSession | undefined;
  /** What the client has said; kept until something has gone to the upstream. */
  #first: Uint8Array[] | undefined = [];
  #firstBytes = 0;
  #isProvoked = false;
  readonly #sincePulse: Record<Side, number> = { client: 0, server: 0 };

  /** @param userAgent - Says who asks. */
  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /** The session whose upstream is prompted; to be set before the first call. */
  serve(session: ConnectionSession): void {
    this.#session = session;
  }

  /** The hooks that the session gets. */
  readonly hooks: CarrierHooks = {
    // An upstream that ends its connection brings one more moment to end the client's.
    headersOfLast: ({ version, headers }): readonly Header[] =>
      version === "1.1"
        ? [...headers.filter(([name]) => name.toLowerCase() !== "connection"), ["connection", "close"]]
        : headers,
    // A broken record takes the call that the response comes with. The answer to this question brings one more, to end
    // the connection with.
    requestSent: (head) => {
      const fault = this.#session?.openedTls?.pendingRecordFault;
      if (fault && head.keepAlive) this.#ask(head, fault.isEnd === true);
    },
    // The response before this answer takes the call that it comes with: there has to be another one to end with.
    endWaits: (head) => this.#ask(head, true),
    sealed: (to, bytes) => this.#pulse(to, bytes),
  };

  /** The client has said this. */
  heard(bytes: Uint8Array): void {
    if (!this.#first) return;
    this.#firstBytes += bytes.length;
    if (this.#firstBytes > maxKeptBytes) this.#first = undefined;
    else this.#first.push(bytes.slice());
  }

  /** Something has gone to the upstream. */
  said(): void {
    this.#first = undefined;
  }

  /** A read call has been answered with bytes for this peer. The next read call will wake the host. */
  flowed(to: Side): void {
    this.#sincePulse[to] = 0;
  }

  /** Whether the upstream will say something, or can still be made to. */
  get isAwaited(): boolean {
    const { exchanges, openedTls } = this.#session ?? {};
    if (this.#session?.outlet("server").isClosed) return false;
    if (exchanges) return exchanges.canInsert && exchanges.lastHead !== null;
    if (this.#first && this.#first.length > 0) return true;
    return !this.#isProvoked || (openedTls !== undefined && !openedTls.hasFailed);
  }

  /** Prompts the upstream. @returns bytes that are to go to it, besides those that the session sends itself. */
  prompt(): Uint8Array {
    const { exchanges, openedTls } = this.#session ?? {};
    if (exchanges) {
      const last = exchanges.lastHead;
      if (!last || exchanges.upstreamOwes || !exchanges.canInsert) return NOTHING;
      // An answer that ends the connection needs two calls: one for its bytes, one for the end.
      this.#ask(last, exchanges.isOver || exchanges.isEndDue);
      openedTls?.flush();
      return NOTHING;
    }
    if (this.#first && this.#first.length > 0) {
      // The upstream answers the client's own hello. That brings the call with which the client is refused.
      const first = joinBytes(this.#first);
      this.#first = undefined;
      return first;
    }
    // The upstream may wait for a request that will not come. An alert makes it end its connection.
    if (this.#isProvoked) return NOTHING;
    this.#isProvoked = true;
    return provocation;
  }

  /** Sends the upstream bytes that mean nothing. @returns false where there are none. */
  sayNothing(): boolean {
    const { exchanges, openedTls } = this.#session ?? {};
    if (!exchanges || exchanges.isOver || exchanges.isOpaque) return false;
    exchanges.insertEmptyLine();
    openedTls?.flush();
    return true;
  }

  #ask(head: RequestHead, isLast: boolean): void {
    const { exchanges } = this.#session ?? {};
    if (!exchanges) return;
    exchanges.insert(questionHead({ head, host: exchanges.host, userAgent: this.#userAgent, isLast }));
  }

  #pulse(to: Side, bytes: number): void {
    this.#sincePulse[to] += bytes;
    if (this.#sincePulse[to] < pulseBytes) return;
    this.#sincePulse[to] = 0;
    this.#session?.openedTls?.requestKeys(to);
  }
}
