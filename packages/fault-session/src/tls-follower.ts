/** Follows a TLS connection that stays closed, record by record, up to the moment at which something is to happen. */
import type { Moment } from "@faultwire/fault-engine";
import { type HandshakeEvent, HandshakeTracker } from "@faultwire/handshake-fsm";
import {
  type ClientHello,
  ContentType,
  RecordReader,
  TlsParseError,
  type TlsRecord,
} from "@faultwire/tls-parser";
import type { SessionEvent, Side } from "./events.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import type { Acquaintance } from "./introduction.ts";
import type { Strike } from "./tls-strike.ts";
import type { TellUnread } from "./unread-teller.ts";

/** What a follower needs. */
export interface TlsFollowerOptions {
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: (event: SessionEvent) => void;
  readonly unread: TellUnread;
  /** Asked once, with the first ClientHello: what is to happen to this connection. */
  readonly meet: (hello: ClientHello) => {
    readonly met: Acquaintance | undefined;
    readonly strike: Strike | undefined;
  };
  /** The handshake is over. */
  readonly established: (met: Acquaintance | undefined) => void;
  /** The direction of which bytes may be missing: an observer that sees only what the other side was given. */
  readonly lossy?: Side | undefined;
}

/** A moment that was waited for. */
export interface Reached {
  readonly strike: Strike;
  /** Where the record that brought it ends, in bytes from the start of the chunk; may be negative in a chunk's middle. */
  readonly recordEnd: number;
}

export class TlsFollower {
  readonly #options: TlsFollowerOptions;
  /** Until nothing needs to be looked at any more. */
  #records: Readonly<Record<Side, RecordReader>> | undefined = {
    client: new RecordReader({ skipApplicationData: true }),
    server: new RecordReader({ skipApplicationData: true }),
  };
  /** Until the handshake is over and told, or nothing is waited for any more. */
  #tracker: HandshakeTracker | undefined;
  #clientHello: ClientHello | undefined;
  #met: Acquaintance | undefined;
  #strike: Strike | undefined;
  #isEstablished = false;
  #hasRequest = false;

  constructor(options: TlsFollowerOptions) {
    this.#options = options;
    const { now, lossy } = options;
    this.#tracker = new HandshakeTracker({ now, ...(lossy ? { lossy } : {}) });
  }

  /** The connection's target, once it is known to be one. */
  get met(): Acquaintance | undefined {
    return this.#met;
  }

  /** Whether nothing that comes needs to be looked at any more. */
  get isOver(): boolean {
    return this.#records === undefined;
  }

  /** Whether something is to happen at a moment that has not come. */
  get isWaiting(): boolean {
    return this.#strike !== undefined;
  }

  /** Bytes of the peers that are kept: parts of records and of handshake messages. */
  get pendingBytes(): number {
    const { client, server } = this.#records ?? {};
    const ofRecords = (client?.pendingBytes ?? 0) + (server?.pendingBytes ?? 0);
    return ofRecords + (this.#tracker?.pendingBytes ?? 0);
  }

  /** Takes what a peer has said. @returns the moment that was waited for, where these bytes bring it. */
  see(from: Side, chunk: Uint8Array): Reached | undefined {
    const reader = this.#records?.[from];
    if (!reader) return undefined;
    const chunkStart = reader.consumedBytes + reader.pendingBytes;
    try {
      for (const record of reader.push(chunk)) {
        const strike = this.#reached(from, record);
        if (!strike) continue;
        this.#strike = undefined;
        this.#leave();
        return { strike, recordEnd: reader.consumedBytes - chunkStart };
      }
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      this.#lostTrack();
      return undefined;
    }
    const { name } = this.#tracker?.state ?? {};
    if (name === "lost-track") this.#lostTrack();
    else if (name === "failed") this.#failed();
    else if (this.#isEstablished && !this.#strike) this.#leave();
    return undefined;
  }

  /** The connection is over: what is known of a handshake that was not completed is worth telling, too. */
  finish(): void {
    this.#met?.outcome(endedFirst);
    if (this.#clientHello) {
      this.#tracker?.end();
      this.#report();
    }
    this.#letGo();
  }

  /** Follows one record. @returns what happens with it. */
  #reached(from: Side, record: TlsRecord): Strike | undefined {
    const wasEstablished = this.#isEstablished;
    let reached: Moment | undefined;
    for (const event of this.#tracker?.feed(from, record) ?? []) {
      const moment = this.#momentOf(event);
      if (moment !== undefined && moment === this.#strike?.at) reached = moment;
    }
    if (wasEstablished && record.type === ContentType.applicationData) {
      if (from === "client") {
        this.#hasRequest = true;
        reached ??= "request";
      } else if (this.#hasRequest) reached ??= "response-head";
    }
    return reached !== undefined && reached === this.#strike?.at ? this.#strike : undefined;
  }

  #momentOf(event: HandshakeEvent): Moment | undefined {
    switch (event.kind) {
      case "clientHello": {
        // A second one, after a HelloRetryRequest, is the same connection's.
        if (event.isSecond) return undefined;
        this.#clientHello = event.hello;
        const { met, strike } = this.#options.meet(event.hello);
        this.#met = met;
        this.#strike = strike;
        return "client-hello";
      }
      case "serverHello":
        return "server-hello";
      case "established":
        this.#isEstablished = true;
        this.#options.established(this.#met);
        return "established";
      case "violation":
        if (event.by === "client") this.#checkHello();
        return undefined;
      case "state":
        if (event.to === "failed" || event.to === "lost-track") this.#checkHello();
        return undefined;
      case "alert":
      case "closed":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  /** The bytes are not TLS any more, or some are missing: what was to happen later can't be timed. */
  #lostTrack(): void {
    this.#checkHello();
    if (this.#strike) this.#met?.outcome("the bytes seen have gaps, so the moment can't be told");
    this.#strike = undefined;
    this.#leave();
  }

  /** No moment comes any more. A peer may still be there, and leave its connection open for hours. */
  #failed(): void {
    if (this.#strike) this.#met?.outcome(endedFirst);
    this.#strike = undefined;
    this.#leave();
  }

  /** Something came that makes no hello any more where none was read. */
  #checkHello(): void {
    if (!this.#clientHello) this.#options.unread("malformed-hello", "client");
  }

  #leave(): void {
    this.#report();
    this.#letGo();
  }

  /** A connection can be open and quiet for hours: nothing of its handshake is kept. */
  #letGo(): void {
    this.#records = undefined;
    this.#tracker = undefined;
    this.#clientHello = undefined;
  }

  /** Tells what is known of the handshake, where that is not told yet. */
  #report(): void {
    if (!this.#tracker) return;
    this.#options.tell({
      type: "handshake",
      clientHello: this.#clientHello,
      handshake: this.#tracker.summary(),
    });
  }
}
