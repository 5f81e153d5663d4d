/** Tells from a session's state what {@link Ticks} has to expect on its connection. */
import type { ConnectionSession, Side } from "@faultwire/fault-session";
import { headerValue } from "@faultwire/http1";

export class Outlook {
  readonly #session: ConnectionSession;

  constructor(session: ConnectionSession) {
    this.#session = session;
  }

  /** Whether a call in hand toward this peer is better kept as long as no urgent bytes wait for it. */
  keeps(to: Side): boolean {
    // The upstream owes no response, so the next call toward the client may come late. This one may be needed.
    const { exchanges } = this.#session;
    return to === "client" && exchanges !== undefined && !exchanges.isOpaque && !exchanges.upstreamOwes;
  }

  /** Whether a call in hand toward this peer has to be kept, because something is to go with it later. */
  holds(to: Side, hasOutput: boolean): boolean {
    const { exchanges } = this.#session;
    if (exchanges?.webSocket) return to === "client" && this.isScheduled;
    if (!exchanges || exchanges.isOpaque) return false;
    // What waits behind a question of ours goes with this call.
    if (to === "server") return exchanges.isBehindQuestion && !hasOutput;
    const isLast = exchanges.isSending && !exchanges.upstreamOwes;
    if (exchanges.wakeAtMs !== undefined) return !hasOutput || (this.isScheduled && isLast);
    return exchanges.isSending && !hasOutput;
  }

  /**
   * Whether the client's connection may have to end at any moment of the response that is due, by an end alone. Then the
   * call that this needs has to be kept from the request on. Not with an upgrade: then no bytes are left that could be
   * sent in place of the kept ones.
   */
  get mayEndAtAnyMoment(): boolean {
    const { exchanges, openedTls } = this.#session;
    const fault = exchanges?.dueEnd;
    if (!exchanges || !fault || exchanges.isOpaque || !exchanges.upstreamOwes || !exchanges.canInsert)
      return false;
    // A TLS session ends with a close_notify, which goes with the bytes.
    if (openedTls && fault !== "reset") return false;
    return headerValue(exchanges.lastHead?.headers ?? [], "upgrade") === undefined;
  }

  /** Whether an answer of ours that is no message waits for its time: a call toward the client is needed then. */
  get answersLater(): boolean {
    const { exchanges } = this.#session;
    return exchanges?.isSending === true && exchanges.changed === null;
  }

  /** Whether so much is under way that the carrier is to read no more from the client for now. */
  get isFull(): boolean {
    return this.#session.isFull("client");
  }

  /** Whether the next bytes for the client, and their time, are settled whatever the peers still say. */
  get isScheduled(): boolean {
    const { exchanges } = this.#session;
    const webSocket = exchanges?.webSocket;
    // Messages that wait go at their times, in their order.
    if (webSocket) return webSocket.wakeAtMs !== undefined && webSocket.waitingBytes("server") > 0;
    const changed = exchanges?.changed;
    return exchanges !== undefined && !!changed && (exchanges.isSending || changed.pendingBytes > 0);
  }

  /** Whether the client gets nothing but pings any more, and its connection is not to end. */
  get isMute(): boolean {
    const { exchanges } = this.#session;
    if (!exchanges?.isSending) return false;
    return exchanges.wakeAtMs === undefined || exchanges.changed?.isStalled === true;
  }
}
