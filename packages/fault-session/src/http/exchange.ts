/** One request and what becomes of it. */
import type { Decision, WebSocketTally } from "@faultwire/fault-engine";
import { headerValue, type RequestHead, type ResponseHead } from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import type { ChangedResponse } from "./changed-response.ts";
import { type EncodedAnswer, noAnswer } from "./encode-answer.ts";
import type { PassingCounter } from "./event-counter.ts";
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
  /** It goes to the upstream as the connection's last, though the client did not ask for that. */
  asksToClose = false;
  /** How many of them whoever decides wants to see. */
  maxHeldBytes = 0;
  bodyBytes = 0;
  /** The beginning of the body; all of it while it waits for a decision. */
  body: Uint8Array[] = [];
  /** Parts of {@link body} that are copies; what follows is still in the memory that it came in. */
  #copied = 0;
  /** What happens to its response, from the response's head on. */
  changed: ChangedResponse | null = null;
  /** Counts the events of its response, where that is a stream and passes unchanged. */
  passing: PassingCounter | undefined;
  /** What went over it, where it opened a WebSocket. */
  webSocket: WebSocketTally | undefined;
  /** What goes to the client where it {@link isAnswered}, as bytes. */
  answer: EncodedAnswer = noAnswer;
  /** When an answer of ours that is no message is due; `undefined` until its turn has come, and for one at once. */
  dueAtMs: number | undefined;
  /** The head of the upstream's response, while the client has not been sent it. */
  heldHead: Pick<ResponseHead, "status" | "headers"> | null = null;
  /** A response that is changed, or an answer that comes late, has begun to go out. */
  hasBegun = false;
  /** The answer stands in for an upstream that can't be reached; no rule asked for it. */
  isStandIn = false;
  /** The outcome of its fault is told. */
  isTold = false;

  /** When its head came. */
  readonly beganAtMs: number;

  constructor(head: RequestHead, name: string | null, beganAtMs: number) {
    this.head = head;
    this.name = name;
    this.beganAtMs = beganAtMs;
  }

  /** As {@link ChangedResponse.leftOut}. */
  get leftOut(): string | undefined {
    return this.changed?.leftOut;
  }

  /** Whether its response is changed on its way, or its answer waits for its time. */
  get isUnderWay(): boolean {
    return this.changed !== null || this.dueAtMs !== undefined;
  }

  /** When its response goes on; `undefined` while it waits for no time. */
  get goesOnNextAtMs(): number | undefined {
    return this.changed?.wakeAtMs ?? this.dueAtMs;
  }

  /** Whether an answer of ours may be given whose turn it is. One that comes late waits from the first question on. */
  isDue(nowMs: number): boolean {
    const { plan } = this;
    if ((plan?.kind !== "raw" && plan?.kind !== "end") || plan.waitMs === undefined) return true;
    this.dueAtMs ??= nowMs + plan.waitMs;
    if (nowMs < this.dueAtMs) return false;
    this.dueAtMs = undefined;
    return true;
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

  /** How the client's connection ends with the upstream's response; `undefined` where it does not. */
  get endOfResponse(): EndKind | undefined {
    const { plan } = this;
    if (plan?.kind !== "change" || !plan.ends) return undefined;
    const isReset = [plan.fault, ...(plan.beside?.faults ?? [])].some(
      (fault) => fault.kind === "connection.reset" || ("stop" in fault && fault.stop === "reset"),
    );
    return isReset ? "reset" : "fin";
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

  /** Keeps a part of it; copied, as {@link own} says. */
  hold(bytes: Uint8Array): void {
    this.held.push(copyOf(bytes));
    this.heldBytes += bytes.length;
  }

  /** Takes a part of the body in, as a view: before the memory that it came in is used again, call {@link own}. */
  remember(data: Uint8Array): void {
    if (data.length === 0) return;
    const isWanted = this.plan === null || this.bodyBytes < maxRememberedBodyBytes;
    if (isWanted) this.body.push(data);
    this.bodyBytes += data.length;
  }

  /** Copies what is remembered and is not copied yet: what it came in is much larger, and would stay for it. */
  own(): void {
    for (; this.#copied < this.body.length; this.#copied++)
      this.body[this.#copied] = copyOf(this.body[this.#copied]!);
  }
}

/** Not by `slice`, which copies nothing of a Buffer. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
