/** What a tick carrier has to know of what is to come on its connection, read off a session's state. */
import type { ConnectionSession, Side } from "@faultwire/fault-session";
import { headerValue } from "@faultwire/http1";

export class Outlook {
  readonly #session: ConnectionSession;

  constructor(session: ConnectionSession) {
    this.#session = session;
  }

  /** Whether a call in hand toward this peer is better kept while there is nothing urgent to answer it with. */
  keeps(to: Side): boolean {
    // A call toward the client that holds nothing for it, while the upstream has nothing to say: the next one may be late.
    const { exchanges } = this.#session;
    return to === "client" && exchanges !== undefined && !exchanges.isOpaque && !exchanges.upstreamOwes;
  }

  /** Whether a call in hand toward this peer has to be kept: something is to go with it later. */
  holds(to: Side, hasOutput: boolean): boolean {
    const { exchanges } = this.#session;
    if (!exchanges || exchanges.isOpaque) return false;
    if (to === "server") {
      // The client's connection is to end behind a response that is still to come. The call that this response comes
      // with carries its bytes, so another one has to be brought about, and only this call can do that.
      return !hasOutput && exchanges.endsClient && exchanges.upstreamOwes && exchanges.canInsert;
    }
    const isLast = exchanges.isSending && !exchanges.upstreamOwes;
    if (exchanges.wakeAtMs !== undefined) return !hasOutput || (this.isScheduled && isLast);
    return exchanges.isSending && !hasOutput;
  }

  /**
   * Whether the client's connection may have to end at any moment of the response that is due, by an end alone: then what
   * that needs has to be kept from its request on. An upgrade leaves no bytes that could be given back in its place.
   */
  get mayEndAtAnyMoment(): boolean {
    const { exchanges, openedTls } = this.#session;
    const fault = exchanges?.dueEnd;
    if (!exchanges || !fault || exchanges.isOpaque || !exchanges.upstreamOwes || !exchanges.canInsert)
      return false;
    // TLS has a farewell of its own, which goes with the bytes.
    if (openedTls && fault !== "reset") return false;
    return headerValue(exchanges.lastHead?.headers ?? [], "upgrade") === undefined;
  }

  /**
   * Whether this peer is sure to go on at once: it is in the middle of a TLS record. Bytes that would fill a buffer of
   * the host's only in part then wait for those, because full buffers cost no guard (see {@link Lane}).
   */
  isInRecord(from: Side): boolean {
    return this.#session.openedTls?.isInRecord(from) ?? false;
  }

  /** Whether so much is under way that nothing more is to be read from the client for now. */
  get isFull(): boolean {
    return this.#session.isFull("client");
  }

  /** Whether what goes to the client next, and when, depends on nothing that a peer may still say. */
  get isScheduled(): boolean {
    const { exchanges } = this.#session;
    const changed = exchanges?.changed;
    return exchanges !== undefined && !!changed && (exchanges.isSending || changed.pendingBytes > 0);
  }

  /** Whether nothing but pings goes to the client any more, and its connection is not to end either. */
  get isMute(): boolean {
    const { exchanges } = this.#session;
    if (!exchanges?.isSending) return false;
    return exchanges.wakeAtMs === undefined || exchanges.changed?.isStalled === true;
  }
}
