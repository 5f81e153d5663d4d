/** Asks the policy about requests, with their bodies where a rule wants them, and keeps the requests back until then. */
import {
  type ConnectionFacts,
  type Decision,
  summarizeRequest,
  type UnreadReason,
} from "@faultwire/fault-engine";
import { headerValue } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import type { Side } from "../events.ts";
import { hostOfAuthority } from "../host-name.ts";
import type { FaultPolicy } from "../policy.ts";
import { type Exchange, passOn } from "./exchange.ts";
import type { FaultDesk } from "./fault-desk.ts";
import { requestFacts } from "./request-facts.ts";
import { planRequest } from "./request-plan.ts";

/** Bytes of one request that wait for a rule that asks for its body; a longer one is decided without it. */
export const maxHeldRequestBytes = 10_551_296;

const NOTHING = new Uint8Array(0);
const NONE: readonly Uint8Array[] = [];
/** Of a connection that nobody was asked about: it is to no target. */
const noFacts: ConnectionFacts = { connection: "" };

/** What a decider needs. */
export interface RequestDeciderOptions {
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  /** Told why a body that a rule asks for is not seen. */
  readonly unread: (reason: UnreadReason, from: Side) => void;
  /** Whether the requests are HTTP/2's, whose faults can be carried out then. */
  readonly isHttp2?: boolean;
  /** Called once for each request, with its plan made. */
  readonly decided: (exchange: Exchange) => void;
}

export class RequestDecider {
  readonly #options: RequestDeciderOptions;

  constructor(options: RequestDeciderOptions) {
    this.#options = options;
  }

  /** Takes a request's head up: decides about it at once, or when its body has come. */
  begin(exchange: Exchange, known: ConnectionFacts | null | undefined): void {
    const connection = known ?? noFacts;
    this.#decide(exchange, connection, exchange.hasNoBody ? NOTHING : undefined);
    // Nearly all are decided by their heads.
    if (exchange.plan === null) this.#hold(exchange, exchange.head.bytes);
  }

  /** Takes more of a request that is not decided; `isEnd`: this is all of it. */
  more(
    exchange: Exchange,
    known: ConnectionFacts | null | undefined,
    bytes: Uint8Array,
    isEnd: boolean,
  ): void {
    const connection = known ?? noFacts;
    const hasRoom = this.#hold(exchange, bytes);
    if (isEnd) this.#decide(exchange, connection, joinBytes(exchange.body));
    else if (!hasRoom || exchange.heldBytes > exchange.maxHeldBytes)
      this.#decideWithout(exchange, connection, "body-too-large");
  }

  /** Gives back what was kept of a request. */
  letGo(exchange: Exchange): readonly Uint8Array[] {
    const { held, heldBytes } = exchange;
    if (heldBytes === 0) return NONE;
    this.#options.desk.release(heldBytes);
    exchange.held = [];
    exchange.heldBytes = 0;
    return held;
  }

  /** Keeps a part of a request. @returns false where there is no room for more. */
  #hold(exchange: Exchange, bytes: Uint8Array): boolean {
    exchange.hold(bytes);
    return this.#options.desk.hold(bytes.length);
  }

  /** Asks about a request, with its body, without it, or with the word that there will be none to see. */
  #decide(exchange: Exchange, connection: ConnectionFacts, body: Uint8Array | null | undefined): void {
    const { policy } = this.#options;
    const { head } = exchange;
    const host = hostOfAuthority(headerValue(head.headers, "host") ?? connection.host ?? "");
    const isTarget = policy.isTarget(host);
    if (!isTarget && host !== connection.host) this.#options.unread("other-host", "client");
    const found = isTarget ? policy.request(requestFacts(connection, host, head, body)) : null;
    if (found?.kind !== "needs-body") {
      if (found?.unjudged) this.#options.unread("expression-too-costly", "client");
      this.#plan(exchange, found?.kind === "fault" ? found.decision : null);
      return;
    }
    const most = Math.min(found.maxBytes, maxHeldRequestBytes);
    exchange.maxHeldBytes = head.bytes.length + most;
    if (body !== undefined) this.#plan(exchange, null);
    // A client that waits for a 100 sends no body that could be waited for.
    else if (exchange.awaitsContinue) this.#decideWithout(exchange, connection, "awaits-continue");
    else if (exchange.knownBodyBytes > most) this.#decideWithout(exchange, connection, "body-too-large");
  }

  /** Decides about a request whose body a rule asks for, and can't see. */
  #decideWithout(exchange: Exchange, connection: ConnectionFacts, reason: UnreadReason): void {
    this.#options.unread(reason, "client");
    this.#decide(exchange, connection, null);
  }

  #plan(exchange: Exchange, decision: Decision | null): void {
    const { desk, decided, isHttp2 = false } = this.#options;
    const { head } = exchange;
    exchange.decision = decision;
    exchange.plan = passOn;
    if (decision)
      exchange.plan = planRequest({
        decision,
        head,
        summary: summarizeRequest({ ...head, connection: "", body: joinBytes(exchange.body) }),
        bodyBytes: exchange.knownBodyBytes,
        desk,
        // A client that waits for 100 may or may not send its body after a final answer.
        last: !head.keepAlive || exchange.awaitsContinue,
        isHttp2,
      });
    decided(exchange);
  }
}
