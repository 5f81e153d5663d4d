/** Carries faults of HTTP/2 out on a client's connection: frames that nobody would send, and frames that are left out. */
import { type ContentCodings, type Http2Fault, streamFormatOf } from "@faultwire/fault-engine";
import { writeCount } from "@faultwire/fault-engine/internal";
import {
  ErrorCode,
  type HeaderSection,
  type Http2Connection,
  type Setting,
  SettingId,
} from "@faultwire/http2";
import type { EndKind } from "../carrier.ts";
import { brokenFrame, brokenSection, lastStreamOf, settingsOf } from "./broken-frames.ts";
import { regularFields } from "./fields.ts";
import type { Http2Exchange } from "./http2-exchange.ts";
import type { ConnectionFault } from "./http2-port.ts";
import type { Http2Teller } from "./http2-teller.ts";
import { pointIn, pointOf } from "./stream-point.ts";

/** What a striker is connected to. */
export interface Http2StrikerOptions {
  readonly client: Http2Connection<Http2Exchange>;
  /** Requests that are under way. */
  readonly open: ReadonlySet<Http2Exchange>;
  readonly tell: Http2Teller;
  readonly now: () => number;
  /** What opens compressed responses; `null`: nothing does. */
  readonly codings: ContentCodings | null;
  /** Nothing more of an exchange is to be done. */
  readonly over: (exchange: Http2Exchange, end: NonNullable<Http2Exchange["end"]>) => void;
  /** What was held behind a point has gone on; the response had ended behind it. */
  readonly ended: (exchange: Http2Exchange) => void;
  /** The client is told in a GOAWAY that streams above this one get no answer. */
  readonly goneAway: (code: number, lastStreamId: number, debugData: Uint8Array) => void;
  /** The client's connection ends. */
  readonly end: (how: EndKind) => void;
}

type Of<Kind extends Http2Fault["kind"]> = Extract<Http2Fault, { readonly kind: Kind }>;

/** What a PING says that follows a GOAWAY: its answer shows that the client has read it. */
const goawayMark: Uint8Array = new TextEncoder().encode("goneaway");

const noSettings: readonly Setting[] = [];
const ofRequests = "is decided for requests, not for connections";

/** SETTINGS that a connection's fault changes, for the first ones of a connection. */
export function firstSettings(fault: Http2Fault | undefined): readonly Setting[] {
  if (fault?.kind === "http2.settings") return settingsOf(fault);
  return fault?.kind === "http2.window" ? [[SettingId.INITIAL_WINDOW_SIZE, 0]] : noSettings;
}

export class Http2Striker {
  readonly #options: Http2StrikerOptions;
  #ofConnection: ConnectionFault | undefined;
  /** The highest stream that is answered. */
  #lastStreamId = Number.POSITIVE_INFINITY;
  /** Whose GOAWAY it is that leaves the others out. */
  #goawayOf: Http2Exchange | undefined;
  /** The client has read a GOAWAY of ours. */
  #isGoawayRead = false;
  /** When the connection ends behind a GOAWAY. */
  #closeAtMs: number | undefined;
  /** The GOAWAY said that all streams are worked on: the last one is named before the end. */
  #owesLastStream = false;
  /** PINGs that are still answered, and who is told of the first that is not. */
  #pings: { left: number; answered: number; readonly told: (undone: string | null) => void } | undefined;
  /** When requests are given room for the next drop of their bodies. */
  readonly #drops: Map<
    Http2Exchange,
    { atMs: number; readonly of: NonNullable<Of<"http2.window">["drops"]> }
  > = new Map();

  constructor(options: Http2StrikerOptions) {
    this.#options = options;
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get dueAtMs(): number | undefined {
    let least = this.#closeAtMs ?? Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#drops.values()) least = Math.min(least, atMs);
    return Number.isFinite(least) ? least : undefined;
  }

  /** Whether a GOAWAY of ours said that such a stream is not worked on. */
  isBeyond(streamId: number): boolean {
    return streamId > this.#lastStreamId;
  }

  /** Whether the client knew, when it sent what has just come, that its connection takes no more requests. */
  get isGoawayRead(): boolean {
    return this.#isGoawayRead;
  }

  /** The connection's own fault. `isAnnounced`: its SETTINGS have gone with the first ones. */
  connection(of: ConnectionFault, isAnnounced: boolean): void {
    const { client, tell } = this.#options;
    const { fault } = of;
    this.#ofConnection = of;
    switch (fault.kind) {
      case "http2.settings":
      case "http2.window":
        if (!isAnnounced) client.announce(firstSettings(fault));
        if (fault.kind === "http2.window") client.keepsWindows = true;
        tell.whenGone((unsent) => of.outcome(unsent));
        return;
      case "http2.ping":
        this.#leavePings(fault, of.outcome);
        return;
      case "http2.reset":
      case "http2.goaway":
      case "http2.frame":
      case "http2.headers":
        of.outcome(`${fault.kind} ${ofRequests}`);
        return;
      default:
        fault satisfies never;
    }
  }

  /** A request has come, and is decided: what strikes before it goes on. */
  request(exchange: Http2Exchange): void {
    const { client, now } = this.#options;
    const { strike } = exchange;
    const ofConnection = this.#ofConnection?.fault;
    const isOpen = !exchange.isSent;
    if (ofConnection?.kind === "http2.window" && ofConnection.drops && isOpen)
      this.#drops.set(exchange, { atMs: now() + ofConnection.drops.everyMs, of: ofConnection.drops });
    if (!strike) return;
    const { fault } = strike;
    switch (fault.kind) {
      case "http2.settings":
        client.announce(settingsOf(fault));
        this.#done(exchange);
        return;
      case "http2.window":
        if (!isOpen) strike.undoneReason = "the request has no body, or all of it had come";
        else if (fault.drops)
          this.#drops.set(exchange, { atMs: now() + fault.drops.everyMs, of: fault.drops });
        exchange.client.keepsWindow = isOpen;
        return;
      case "http2.ping":
        this.#leavePings(fault, (undone) => {
          strike.isDone = undone === null;
          this.#options.tell.log?.outcome(exchange, undone);
        });
        return;
      case "http2.reset":
      case "http2.goaway":
      case "http2.frame": {
        const at = pointOf(fault);
        if (at?.kind === "moment" && at.moment === "request") this.#strike(exchange);
        return;
      }
      case "http2.headers":
        return;
      default:
        fault satisfies never;
    }
  }

  /** Data of a request have come. */
  requestData({ client, strike, isSent }: Http2Exchange): void {
    if (strike?.fault.kind !== "http2.window" || strike.isDone || strike.undoneReason !== null) return;
    if (isSent) strike.undoneReason = "all of the request fitted into the room that it had";
    // From here on the client has no room left.
    else if (client.receiveWindow <= 0 && strike.fault.drops === null) strike.isDone = true;
  }

  /** The head of the response has come. @returns it as it goes to the client. The exchange may be over then: ask for that first. */
  head(exchange: Http2Exchange, section: HeaderSection): HeaderSection {
    const { strike } = exchange;
    if (!strike || strike.isDone) return section;
    const { fault } = strike;
    if (fault.kind === "http2.headers") {
      strike.isDone = true;
      return brokenSection(fault.how, section);
    }
    const at = pointOf(fault);
    if (at === undefined) return section;
    if (at.kind === "moment") {
      this.#strike(exchange);
      return section;
    }
    const headers = regularFields(section);
    const format = streamFormatOf(headers, exchange.head.target);
    const point = pointIn(at, headers, format, this.#options.codings);
    if (typeof point === "string") strike.undoneReason = point;
    else strike.point = point;
    return section;
  }

  /** The head has gone on. */
  behindHead(exchange: Http2Exchange): void {
    const { strike } = exchange;
    if (!strike?.point?.isAtStart) return;
    strike.point = null;
    this.#strike(exchange);
  }

  /** Data of the response: those before the point go on, then the fault strikes, then the others go on. */
  data(exchange: Http2Exchange, strike: NonNullable<Http2Exchange["strike"]>, data: Uint8Array): void {
    const { client } = this.#options;
    if (strike.held) {
      strike.hold(data);
      return;
    }
    const before = strike.point?.push(data);
    if (strike.point && strike.point.lostReason !== null) {
      strike.undoneReason = strike.point.lostReason;
      strike.point = null;
    }
    if (before === undefined) {
      client.data(exchange.client, data);
      return;
    }
    strike.point = null;
    client.data(exchange.client, data.subarray(0, before));
    const behind = data.subarray(before);
    if (strike.fault.kind === "http2.reset" || exchange.client.queuedBytes === 0) {
      this.#strike(exchange);
      if (!exchange.isOver) client.data(exchange.client, behind);
    } else strike.hold(behind);
  }

  /** The client has got all that was given to its stream so far. */
  drained(exchange: Http2Exchange | undefined): void {
    const { strike } = exchange ?? {};
    if (!exchange || !strike) return;
    if (strike.held && !exchange.isOver) {
      this.#strike(exchange);
      const held = strike.letGo();
      if (exchange.isOver) return;
      for (const data of held) this.#options.client.data(exchange.client, data);
      if (strike.isEndHeld) this.#options.ended(exchange);
    } else if (exchange.client.isLocalOver) this.#behindEnd(exchange);
  }

  /** The response has ended, all of it is framed or waits to be. */
  ended(exchange: Http2Exchange): void {
    const { strike } = exchange;
    if (!strike || strike.isDone) return;
    if (strike.point) strike.undoneReason = "the response ended before its point had come";
    strike.point = null;
    if (exchange.client.isLocalOver) this.#behindEnd(exchange);
  }

  /** A fault that takes the place of a response: a reset, or a GOAWAY that does not cover the request. */
  inPlace(exchange: Http2Exchange): void {
    this.#strike(exchange);
  }

  /** An exchange is over: nothing is given to it any more. */
  over(exchange: Http2Exchange): void {
    this.#drops.delete(exchange);
    const { strike } = exchange;
    strike?.letGo();
    if (strike) strike.point = null;
    if (strike?.fault.kind === "http2.window" && !strike.isDone)
      strike.undoneReason ??= "the request was over before it had used the room that it had";
  }

  /** The client has sent a PING. */
  pinged(isAnswered: boolean): void {
    const pings = this.#pings;
    if (!pings) return;
    if (!isAnswered) {
      this.#pings = undefined;
      pings.told(null);
      return;
    }
    pings.answered++;
    pings.left--;
    if (pings.left <= 0) this.#options.client.answersPings = false;
  }

  /** The client has answered a PING of ours. */
  ponged(opaque: Uint8Array): void {
    if (opaque.every((byte, at) => byte === goawayMark[at])) this.#isGoawayRead = true;
  }

  /** Does what is due by now. */
  wake(nowMs: number): void {
    const { client, tell } = this.#options;
    for (const [exchange, drop] of this.#drops) {
      if (drop.atMs > nowMs) continue;
      if (exchange.client.isRemoteOver) {
        this.#drops.delete(exchange);
        continue;
      }
      client.grant(exchange.client, drop.of.bytes);
      drop.atMs = nowMs + drop.of.everyMs;
      const { strike } = exchange;
      if (strike?.fault.kind === "http2.window" && !strike.isDone) {
        strike.isDone = true;
        tell.struck(exchange);
      }
    }
    if (this.#closeAtMs !== undefined && this.#closeAtMs <= nowMs) this.#close();
  }

  /** The connection is over. */
  finish(): void {
    const pings = this.#pings;
    this.#pings = undefined;
    if (pings)
      pings.told(
        pings.answered === 0
          ? "the client sent no PING"
          : `the client sent ${writeCount(pings.answered, "PING")}, answered each time`,
      );
  }

  /** The fault strikes, here and now. */
  #strike(exchange: Http2Exchange): void {
    const { client, over } = this.#options;
    const { strike } = exchange;
    if (!strike || strike.isDone) return;
    const { fault } = strike;
    switch (fault.kind) {
      case "http2.reset":
        strike.isDone = true;
        client.end(exchange.client, { kind: "reset", code: ErrorCode[fault.code] });
        over(exchange, exchange.isHeadTold ? "cut" : "failed");
        return;
      case "http2.goaway":
        this.#goAway(exchange, fault);
        return;
      case "http2.frame": {
        const frame = brokenFrame(fault.how, {
          streamId: exchange.client.id,
          lastStreamId: client.lastPeerStreamId,
          maxFrameBytes: client.peer.maxFrameSize,
        });
        if (typeof frame === "string") {
          strike.undoneReason = frame;
          return;
        }
        client.raw(frame);
        this.#done(exchange);
        return;
      }
      case "http2.settings":
      case "http2.window":
      case "http2.ping":
      case "http2.headers":
        return;
      default:
        fault satisfies never;
    }
  }

  #done(exchange: Http2Exchange): void {
    if (exchange.strike) exchange.strike.isDone = true;
    this.#options.tell.struck(exchange);
  }

  /** What comes behind a response's end. */
  #behindEnd(exchange: Http2Exchange): void {
    const fault = exchange.strike?.fault;
    if (fault?.kind === "http2.frame" && fault.how === "closed-stream") this.#strike(exchange);
  }

  #goAway(exchange: Http2Exchange, fault: Of<"http2.goaway">): void {
    const { client, goneAway, now } = this.#options;
    const last = lastStreamOf(fault.last, exchange.client.id);
    goneAway(ErrorCode[fault.code], last, new TextEncoder().encode(fault.debug));
    client.ping(goawayMark);
    this.#lastStreamId = Math.min(this.#lastStreamId, last);
    this.#owesLastStream = fault.last === "all" && fault.closeAfterMs !== 0;
    this.#goawayOf ??= exchange;
    this.#done(exchange);
    this.#dropBeyond();
    if (fault.closeAfterMs === null) return;
    this.#closeAtMs = Math.min(this.#closeAtMs ?? Number.POSITIVE_INFINITY, now() + fault.closeAfterMs);
    if (fault.closeAfterMs === 0) this.#close();
  }

  /** Streams that the client was told of as not worked on: nothing more is said on them. */
  #dropBeyond(): void {
    for (const exchange of [...this.#options.open])
      if (this.isBeyond(exchange.client.id)) this.drop(exchange);
  }

  /** A stream that a GOAWAY of ours leaves out: nothing more is said on it. */
  drop(exchange: Http2Exchange): void {
    const { client, over } = this.#options;
    const { decision } = this.#goawayOf ?? {};
    if (decision && this.#goawayOf !== exchange)
      exchange.endedBy = { rule: decision.rule, fault: decision.fault.kind };
    client.drop(exchange.client);
    over(exchange, exchange.isHeadTold ? "cut" : "failed");
  }

  /** The connection ends behind a GOAWAY. */
  #close(): void {
    const { client, open, goneAway, end } = this.#options;
    this.#closeAtMs = undefined;
    if (this.#owesLastStream) goneAway(ErrorCode.NO_ERROR, client.lastPeerStreamId, new Uint8Array(0));
    for (const exchange of [...open]) this.drop(exchange);
    end("fin");
  }

  #leavePings({ afterPings }: Of<"http2.ping">, told: (undone: string | null) => void): void {
    const { client } = this.#options;
    if (this.#pings || !client.answersPings) {
      told("another rule has taken this connection's PINGs");
      return;
    }
    this.#pings = { left: afterPings, answered: 0, told };
    client.answersPings = afterPings > 0;
  }
}
