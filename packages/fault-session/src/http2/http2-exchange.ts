import type { EndEvent, ExchangeEnd } from "@faultwire/fault-engine";
import { isGrpcFault } from "@faultwire/fault-engine/internal";
import type { RequestHead } from "@faultwire/http1";
import type { HeaderSection, Http2Stream, StreamEnding } from "@faultwire/http2";
import type { Side } from "../events.ts";
import type { ChangedMessage } from "../http/changed-message.ts";
import { Exchange } from "../http/exchange.ts";
import { leavesBody } from "../http/request-plan.ts";
import { readableSection } from "./fields.ts";
import { type GrpcCall, grpcCallOf } from "./grpc-call.ts";
import type { Http2Strike } from "./http2-strike.ts";

/** A stream of either connection, whose owner is the exchange. */
export type ExchangeStream = Http2Stream<Http2Exchange>;

/** One request of HTTP/2 and what becomes of it: a stream of the client's, and one of the upstream's where it goes on. */
export class Http2Exchange extends Exchange {
  readonly section: HeaderSection;
  readonly client: ExchangeStream;
  /** What is said, where it is a gRPC call. */
  readonly grpc: GrpcCall | undefined;
  upstream: ExchangeStream | undefined;
  /** How the request ends, once all of it has come. */
  requestEnding: StreamEnding | undefined;
  /** The request goes on at this moment, and not before; `undefined` where it waits for none. */
  goesOnAtMs: number | undefined;
  /** Data of a request that waits. */
  waitingData: Uint8Array[] = [];
  /** Data of the client, and of the upstream, for which no window was given back yet. */
  unreturnedBytes = { client: 0, server: 0 };
  /** What happens to the response. */
  message: ChangedMessage | null = null;
  /** What a fault of HTTP/2 does to its stream, or to its connection. */
  strike: Http2Strike | null = null;
  /** The client knew when it asked that its connection takes no more requests. */
  readonly isAfterGoaway: boolean;
  /** The response's head, where the message's own is made of it. */
  response: { readonly status: number; readonly section: HeaderSection } | null = null;
  trailers: HeaderSection | undefined;
  /** The upstream broke the stream off with this code. */
  brokenBy: number | undefined;
  /** The head of a response has gone to the client. */
  isHeadTold = false;
  isRequestTold = false;
  /** A reset of ours waits for the rest of the request: reports tell requests apart by their bodies. */
  isAnswerHeld = false;
  /** The rule of another request whose GOAWAY left it out. */
  endedBy: EndEvent["endedBy"];
  /** It is over here; the client is still to get the last of it. */
  end: ExchangeEnd | undefined;
  isOver = false;

  constructor(options: {
    readonly head: RequestHead;
    readonly name: string;
    readonly nowMs: number;
    readonly section: HeaderSection;
    readonly client: ExchangeStream;
    readonly isAfterGoaway: boolean;
  }) {
    super(options.head, options.name, options.nowMs);
    this.section = options.section;
    this.client = options.client;
    this.grpc = grpcCallOf(options.head);
    this.isAfterGoaway = options.isAfterGoaway;
  }

  override get leftOut(): string | undefined {
    return this.message?.leftOut;
  }

  /** Whether its client sends a body of a known length, and waits for nothing before that; one that streams in both directions may wait. */
  get declaresBody(): boolean {
    return this.head.framing.kind === "length" && !this.hasNoBody && !this.awaitsContinue;
  }

  /** The request as the upstream gets it: a response that is to be read must not be compressed. */
  get sentSection(): HeaderSection {
    const { plan, section, strike } = this;
    if (plan?.kind !== "change" || isGrpcFault(plan.fault) || leavesBody(plan)) return section;
    return (strike?.readsEvents ?? true) ? readableSection(section) : section;
  }

  /**
   * Bytes of a peer that are kept here: of the client's request while it is not decided or waits, of the upstream's response before a
   * change of it or behind the point of a fault.
   */
  keptBytes(of: Side): number {
    if (of === "server") return (this.message?.pendingBytes ?? 0) + (this.strike?.heldBytes ?? 0);
    let bytes = this.heldBytes;
    for (const { length } of this.waitingData) bytes += length;
    return bytes;
  }

  /** When to look at it again; `undefined` while it waits for no time. */
  get wakeAtMs(): number | undefined {
    const at = this.message?.wakeAtMs ?? this.dueAtMs;
    if (this.goesOnAtMs === undefined || !Number.isFinite(this.goesOnAtMs)) return at;
    return Math.min(at ?? this.goesOnAtMs, this.goesOnAtMs);
  }
}
