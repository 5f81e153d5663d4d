/** One request and what becomes of it. */
import type { Decision } from "@faultwire/fault-engine";
import { headerValue, type RequestHead } from "@faultwire/http1";
import type { ChangedResponse } from "./changed-response.ts";
import { type EncodedAnswer, noAnswer } from "./encode-answer.ts";
import type { RequestPlan } from "./request-plan.ts";

/**
 * Bytes of a request's body that are remembered for events and for decisions that ask for no body; a fingerprint covers
 * that much.
 */
export const maxRememberedBodyBytes = 262_144;

/** What goes on as it is, once it is decided. */
export const passOn: RequestPlan = { kind: "pass" };

export class Exchange {
  readonly head: RequestHead;
  /** Its name in events; `null` for a request of the carrier's own, whose response goes nowhere. */
  readonly name: string | null;
  decision: Decision | null = null;
  /** `null` while it is not decided. */
  plan: RequestPlan | null = null;
  /** The client has sent all of the request. */
  isSent = false;
  /** The bytes of a request that waits for its decision. */
  held: Uint8Array[] = [];
  heldBytes = 0;
  /** Bytes that are kept for it while it waits for its turn. */
  waitingBytes = 0;
  /** The upstream has still to say something about it. */
  isOwed = false;
  /** How many of them whoever decides wants to see. */
  maxHeldBytes = 0;
  bodyBytes = 0;
  /** The beginning of the body; all of it while it waits for a decision. */
  body: Uint8Array[] = [];
  /** What happens to its response, from the response's head on. */
  changed: ChangedResponse | null = null;
  /** What goes to the client where it {@link isAnswered}, as bytes. */
  answer: EncodedAnswer = noAnswer;
  /** An answer that comes late has begun to go out. */
  hasBegun = false;
  /** The answer stands in for an upstream that can't be reached; no rule asked for it. */
  isStandIn = false;
  /** The outcome of its fault is told. */
  isTold = false;

  constructor(head: RequestHead, name: string | null) {
    this.head = head;
    this.name = name;
  }

  /** Whether it goes to the upstream, so that a response comes. */
  get goesOn(): boolean {
    return this.plan !== null && !this.isAnswered;
  }

  /** Whether it is answered here, so that the upstream does not see it. */
  get isAnswered(): boolean {
    const kind = this.plan?.kind;
    return kind === "answer" || kind === "raw" || kind === "end";
  }

  /** Whether the client's connection ends with an answer that is given here. */
  get endsWithAnswer(): boolean {
    const { plan } = this;
    return plan?.kind === "end" || ((plan?.kind === "answer" || plan?.kind === "raw") && plan.closes);
  }

  /** Bytes of its body, as far as they are known. */
  get knownBodyBytes(): number {
    const { framing } = this.head;
    return framing.kind === "length" ? framing.bytes : this.bodyBytes;
  }

  /** Whether the client may keep its body back until it is told to go on (RFC 9110 section 10.1.1). */
  get awaitsContinue(): boolean {
    return headerValue(this.head.headers, "expect")?.toLowerCase() === "100-continue";
  }

  get hasNoBody(): boolean {
    const { framing } = this.head;
    return framing.kind === "none" || (framing.kind === "length" && framing.bytes === 0);
  }

  /** Keeps a part of it; copied, as {@link remember} says. */
  hold(bytes: Uint8Array): void {
    this.held.push(bytes.slice());
    this.heldBytes += bytes.length;
  }

  /** Takes a part of the body in; copied, because what it came in is much larger and would stay for it. */
  remember(data: Uint8Array): void {
    if (data.length === 0) return;
    const isWanted = this.plan === null || this.bodyBytes < maxRememberedBodyBytes;
    if (isWanted) this.body.push(data.slice());
    this.bodyBytes += data.length;
  }
}
