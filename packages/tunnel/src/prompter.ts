/**
 * Makes an upstream speak that has nothing to say. The client can be told something only in answer to a call that
 * brings the upstream's bytes; where such a call is needed and none is to be expected, the upstream is prompted.
 *
 * It also asks peers of TLS 1.3 for new keys now and then: the host forgets the rest of a short write until something
 * wakes it, and the peer's answer does (docs/adr/0012-key-updates-wake-the-host.md).
 */
import type { CarrierHooks, ConnectionSession, Side } from "@faultwire/fault-session";
import { type Header, joinBytes, type RequestHead } from "@faultwire/http1";
import { provocation } from "./provocation.ts";
import { questionHead } from "./question.ts";

/**
 * A peer is asked for new keys after so many bytes of data. Less than any socket buffer holds, so that a peer that has
 * fallen behind always has one such question still to read.
 */
const pulseBytes = 32_768;

/** What the client has said that is kept to prompt the upstream with; a ClientHello is not longer. */
const maxKeptBytes = 65_536;

const NOTHING = new Uint8Array(0);

export class Prompter {
  readonly #userAgent: string;
  #session: ConnectionSession | undefined;
  /** What the client has said, while nothing has gone to the upstream. */
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

  /** What the session is given to add to it. */
  readonly hooks: CarrierHooks = {
    // The upstream's own end is one more way to end the client's connection.
    headersOfLast: ({ version, headers }): readonly Header[] =>
      version === "1.1"
        ? [...headers.filter(([name]) => name.toLowerCase() !== "connection"), ["connection", "close"]]
        : headers,
    // A broken record takes the call that the response comes with: the answer to this brings one more to end with.
    requestSent: (head) => {
      const fault = this.#session?.openedTls?.pendingRecordFault;
      if (fault && head.keepAlive) this.#ask(head, fault.isEnd === true);
    },
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

  /** Whether the upstream will say something, or can still be made to. */
  get isAwaited(): boolean {
    const { exchanges, openedTls } = this.#session ?? {};
    if (this.#session?.outlet("server").isClosed) return false;
    if (exchanges) return exchanges.canInsert && exchanges.lastHead !== null;
    if (this.#first && this.#first.length > 0) return true;
    return !this.#isProvoked || (openedTls !== undefined && !openedTls.hasFailed);
  }

  /** Prompts the upstream. @returns what is to go to it besides what the session sends itself. */
  prompt(): Uint8Array {
    const { exchanges, openedTls } = this.#session ?? {};
    if (exchanges) {
      const last = exchanges.lastHead;
      if (!last || exchanges.upstreamOwes || !exchanges.canInsert) return NOTHING;
      // An answer that ends the connection has one call to go with, and the end has to have another.
      this.#ask(last, exchanges.isOver || exchanges.isEndDue);
      openedTls?.flush();
      return NOTHING;
    }
    if (this.#first && this.#first.length > 0) {
      // Its answer to the client's own hello brings the call to refuse the client with.
      const first = joinBytes(this.#first);
      this.#first = undefined;
      return first;
    }
    // It may wait for a request that will not come: an alert makes it end.
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
