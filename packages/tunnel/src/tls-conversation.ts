/**
 * TLS in a tunnel that stays opaque: reads the ClientHello, asks the policy, and where something is to happen to the
 * connection follows the handshake up to the moment. Nothing is decrypted.
 *
 * A close is carried out where the client sees it at once: on server → client read calls, which give the client
 * its FIN. Where only the client's side is registered it travels by the upstream, which ends when its stream ends.
 */

import { ALERT_NUMBERS, type Fault, type Moment } from "@faultwire/fault-engine";
import { type Acquaintance, meetTls, type Side, unsentReason } from "@faultwire/fault-session";
import { type HandshakeEvent, HandshakeTracker } from "@faultwire/handshake-fsm";
import { joinBytes } from "@faultwire/http1";
import {
  AlertLevel,
  type ClientHello,
  ContentType,
  RecordReader,
  TlsParseError,
  type TlsRecord,
} from "@faultwire/tls-parser";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { provocation } from "./provocation.ts";
import { closed, pass, type Verdict } from "./verdict.ts";
import { notOpened } from "./ways.ts";

/** What happens to an opaque connection at a moment of it. */
interface Strike {
  readonly at: Moment;
  readonly act:
    | { readonly kind: "close" }
    | { readonly kind: "stall"; readonly ms: number | null }
    | { readonly kind: "alert"; readonly bytes: Uint8Array };
}

/** What a fault means for a connection that can't be read, or why it can't be carried out; `null`: not here at all. */
function strikeOf(fault: Fault, isPaired: boolean): Strike | string | null {
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset":
      return fault.at.kind === "moment" ? { at: fault.at.moment, act: { kind: "close" } } : null;
    case "connection.stall":
      if (fault.at.kind === "bytes") return null;
      return isPaired ? { at: fault.at.moment, act: { kind: "stall", ms: fault.forMs } } : needsBothSides;
    case "tls.handshake-stall":
      return isPaired ? { at: fault.at, act: { kind: "stall", ms: fault.forMs } } : needsBothSides;
    case "tls.alert": {
      if (fault.at === "established") return "the connection is not opened, so nothing can be encrypted";
      const level = fault.level === "fatal" ? AlertLevel.fatal : AlertLevel.warning;
      const bytes = Uint8Array.of(ContentType.alert, 3, 3, 0, 2, level, ALERT_NUMBERS[fault.description]);
      return { at: fault.at, act: { kind: "alert", bytes } };
    }
    case "connection.latency":
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
    case "tls.handshake-slow":
      return isPaired ? null : needsBothSides;
    default:
      return notOpened;
  }
}

const needsBothSides = "one side only is registered, and that side can't do it";

export class TlsConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #records: Readonly<Record<Side, RecordReader>> = {
    client: new RecordReader({ skipApplicationData: true }),
    server: new RecordReader({ skipApplicationData: true }),
  };
  readonly #tracker: HandshakeTracker;
  #clientHello: ClientHello | undefined;
  #met: Acquaintance | undefined;
  #strike: Strike | undefined;
  /** An alert that goes to the client in place of the next flight. */
  #alert: Uint8Array | undefined;
  #established = false;
  #hasRequest = false;
  /** Whether the upstream has got its alert: one is enough. */
  #provoked = false;
  #reported = false;

  /**
   * @param forwarded - What the client has sent before and what has gone on already.
   * @param met - Where the connection was introduced before.
   */
  constructor(context: ConversationContext, forwarded: Uint8Array, met?: Acquaintance) {
    this.#context = context;
    this.#met = met;
    // With one side registered, the other direction comes in write calls, and the host loses some of those.
    const [only, another] = context.sides;
    const lossy: Side | undefined =
      another !== undefined ? undefined : only === "client" ? "server" : "client";
    this.#tracker = new HandshakeTracker({ now: context.now, ...(lossy ? { lossy } : {}) });
    for (const _ of this.#records.client.push(forwarded));
  }

  fromClient(chunk: Uint8Array, kind: CallKind): Verdict {
    return this.#see("client", chunk, kind);
  }

  fromServer(chunk: Uint8Array, kind: CallKind): Verdict {
    return this.#see("server", chunk, kind);
  }

  endingRead(from: Side): Verdict {
    const alert = this.#alert;
    if (from === "client" || !alert) return closed;
    this.#alert = undefined;
    this.#met?.outcome(null);
    return { kind: "bytes", bytes: alert };
  }

  endingWrite(from: Side, clientEnded: boolean): Verdict {
    // Toward the client: while it may still wait for this flight to speak again, the flight has to go on.
    if (from === "server") return clientEnded ? closed : pass;
    if (this.#provoked) return closed;
    this.#provoked = true;
    return { kind: "bytes", bytes: provocation };
  }

  /** The tunnel is over: what is known of a handshake that was not completed is worth telling, too. */
  finish(): void {
    this.#met?.outcome("the connection ended first");
    if (!this.#clientHello) return;
    this.#tracker.end();
    this.#report();
  }

  #see(from: Side, chunk: Uint8Array, kind: CallKind): Verdict {
    const reader = this.#records[from];
    const chunkStart = reader.consumedBytes + reader.pendingBytes;
    try {
      for (const record of reader.push(chunk)) {
        const strike = this.#reached(from, record);
        if (!strike) continue;
        this.#strike = undefined;
        this.#report();
        this.#tell(strike);
        if (strike.act.kind === "stall") {
          // A request that stalls does not arrive; everything else stalls on its way to the client.
          this.#context.stall?.(strike.at === "request" ? "client" : "server", strike.act.ms);
          return pass;
        }
        if (strike.act.kind === "alert") this.#alert = strike.act.bytes;
        this.#context.close();
        return this.#verdict(strike.at, from, kind, chunk, reader.consumedBytes - chunkStart);
      }
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      this.#lostTrack();
      return pass;
    }
    if (this.#tracker.state.name === "lost-track") this.#lostTrack();
    else if (this.#established && !this.#strike) this.#leave();
    return pass;
  }

  /**
   * Tells of the fault: at once where the client sees it at once or the upstream ends first, which the host takes on without
   * a call; when it has come where it comes with a later answer of ours.
   */
  #tell({ at, act }: Strike): void {
    const { whenEnded } = this.#context;
    const isOnTheWay = at === "client-hello" || at === "server-hello" || at === "response-head";
    if (act.kind === "stall" || !whenEnded || !isOnTheWay) this.#met?.outcome(null);
    // An alert is told of when it goes.
    else if (act.kind === "close") whenEnded((isEnded) => this.#met?.outcome(isEnded ? null : unsentReason));
  }

  /** What becomes of the chunk in which the moment is reached, `recordEnd` bytes into it. */
  #verdict(moment: Moment, from: Side, kind: CallKind, chunk: Uint8Array, recordEnd: number): Verdict {
    switch (moment) {
      case "client-hello":
        // The upstream's answer to it is what can be closed. With the client's side alone that is not so: the FIN
        // has to go by the upstream.
        return this.#context.sides.includes("server") ? pass : closed;
      case "server-hello":
        // A write call's close would leave the client waiting: there the flight goes on, and what follows ends.
        return kind === "read" ? this.endingRead("server") : pass;
      case "established":
        // The handshake is whole; a request that came along with its end must not arrive, and as its sender now
        // waits, the upstream has to be made to speak.
        if (from === "client" && !this.#context.sides.includes("server")) return closed;
        if (recordEnd === chunk.length) return pass;
        this.#provoked = true;
        return { kind: "bytes", bytes: joinBytes([chunk.subarray(0, recordEnd), provocation]) };
      case "response-head":
        return kind === "read" ? closed : pass;
      case "request":
        if (kind === "read") return closed;
        this.#provoked = true;
        return { kind: "bytes", bytes: provocation };
      default:
        return moment satisfies never;
    }
  }

  /** Follows one record. @returns what happens with it. */
  #reached(from: Side, record: TlsRecord): Strike | undefined {
    const wasEstablished = this.#established;
    let reached: Moment | undefined;
    for (const event of this.#tracker.feed(from, record)) {
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
      case "clientHello":
        // A second one, after a HelloRetryRequest, is the same connection's.
        if (event.isSecond) return undefined;
        this.#meet(event.hello);
        return "client-hello";
      case "serverHello":
        return "server-hello";
      case "established":
        this.#established = true;
        if (this.#met?.decision?.fault.kind === "tls.handshake-slow") this.#context.unwire?.();
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

  #meet(hello: ClientHello): void {
    this.#clientHello = hello;
    this.#met ??= meetTls(this.#context, hello, "opaque");
    const { sides, wouldOpen, tell } = this.#context;
    if (this.#met && wouldOpen && sides.length < 2)
      tell({ type: "not-opened", host: this.#met.host, why: "one-side" });
    const { decision } = this.#met ?? {};
    if (!decision) return;
    const strike = strikeOf(decision.fault, this.#context.sides.length === 2);
    if (typeof strike === "string") this.#met?.outcome(strike);
    else this.#strike = strike ?? undefined;
    if (strike === null) this.#context.wire?.(decision, (reason) => this.#met?.outcome(reason));
  }

  /** The bytes are not TLS any more, or some are missing: what was to happen later can't be timed. */
  #lostTrack(): void {
    this.#checkHello();
    if (this.#strike) this.#met?.outcome("the bytes seen have gaps, so the moment can't be told");
    this.#strike = undefined;
    this.#leave();
  }

  /** Something came that makes no hello any more where none was read. */
  #checkHello(): void {
    if (!this.#clientHello) this.#context.unread("malformed-hello", "client");
  }

  #leave(): void {
    this.#report();
    this.#context.leave();
  }

  /** Tells once what is known of the handshake. */
  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#context.tell({
      type: "handshake",
      clientHello: this.#clientHello,
      handshake: this.#tracker.summary(),
    });
  }
}
