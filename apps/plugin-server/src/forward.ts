/**
 * Forward mode: whole requests and responses, carried by the host's two calls so that every quirk of the host is met
 * (docs/fault-host.md, "Forward mode"). The session's parts decide, plan and tell.
 */
import type { UnreadMessage } from "@faultwire/connect-unary";
import { streamFormatOf } from "@faultwire/fault-engine";
import { overlaidHeaders } from "@faultwire/fault-engine/internal";
import type {
  HttpRequest,
  HttpResponse,
  ProcessHttpRequestResponse,
  ProcessHttpResponseResponse,
} from "@faultwire/fault-protocol";
import {
  type FaultDesk,
  type FaultPolicy,
  type SessionEvent,
  withoutThrowing,
} from "@faultwire/fault-session";
import { codingOf, readableHeaders, UsageMeter } from "@faultwire/fault-session/internal";
import type { Header } from "@faultwire/http1";
import type { Timers } from "@faultwire/tunnel";
import { answerInstead, goBack, goOn, headersOf, passRequest, passResponse } from "./forward-answers.ts";
import { decideForward, type ForwardDeciderOptions, type TargetRequest } from "./forward-decider.ts";
import { ForwardExchanges, type PendingFault, type SentRequest } from "./forward-exchanges.ts";
import type { ForwardStep } from "./forward-step.ts";
import { forwardLimits } from "./forward-way.ts";
import { HeldCalls } from "./held-calls.ts";
import type { ChangedWhole } from "./response-change.ts";

/** What forward mode needs. */
export interface ForwardOptions {
  readonly policy: FaultPolicy;
  /** The clock of the policy, and its timers. */
  readonly timers: Timers;
  /** Names for requests, budgets, the time of day; the tunnels' own. */
  readonly desk: FaultDesk;
  /** Takes the events of the session. */
  readonly tell?: (event: SessionEvent) => void;
  /** Takes an error of ours. The message went on unchanged. */
  readonly onError?: (error: unknown) => void;
  /** Told of a message that passed unread. */
  readonly onUnread?: (what: "request" | "response", reason: UnreadMessage["reason"]) => void;
  /** Told of a response whose status is none. It went on; no event tells of its head. */
  readonly onNoStatus?: (status: number) => void;
}

const notSendable = "the host takes no such answer: it is too large, or holds a header that is not ASCII";
const unread: Readonly<Record<UnreadMessage["reason"], string>> = {
  "too-long": "the response is longer than 4 MiB, of which the host takes no changed copy",
  "gave-way": "too many long messages were under way at once",
};
/** Nothing is known of a response that was not read: it can belong to any request. */
const anyResponse = { status: 599, headers: [] };
const answered = "the request was answered by another rule before it came to a response";
const clientGone = "the client had gone before";
const ambiguous =
  "several requests are under way, and the host does not say whose response this is; send one at a time";

/**
 * Answers the host's two forward-mode calls. Each request counts as a connection of its own: the host does not tell
 * which of them share one.
 */
export class ForwardMode {
  readonly #decider: ForwardDeciderOptions;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #onUnread: ForwardOptions["onUnread"];
  readonly #onNoStatus: ForwardOptions["onNoStatus"];
  readonly #held: HeldCalls;
  readonly #exchanges = new ForwardExchanges();

  constructor({ policy, timers, desk, tell = () => {}, onError, onUnread, onNoStatus }: ForwardOptions) {
    const guarded = withoutThrowing(policy, (question, message) =>
      tell({ type: "policy-bug", question, message }),
    );
    this.#decider = { policy: guarded, desk, now: () => timers.now(), tell };
    this.#onError = onError;
    this.#onUnread = onUnread;
    this.#onNoStatus = onNoStatus;
    this.#held = new HeldCalls(timers);
  }

  /** Decides about one request. @param signal - Aborts when the client has gone. */
  async request(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse> {
    try {
      return await this.#request(request, signal);
    } catch (error) {
      this.#onError?.(error);
      return goOn(request).answer;
    }
  }

  /** Lets a response through, changed where a rule says so. A host that gets an error here is gone. */
  async response(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse> {
    try {
      return await this.#response(response, signal);
    } catch (error) {
      this.#onError?.(error);
      return goBack(response).answer;
    }
  }

  /** A request passes that was not read, because it is too long. Without `modified_request` the host sends its own copy. */
  unreadRequest({ reason }: UnreadMessage): ProcessHttpRequestResponse {
    this.#exchanges.add({ sentAtMs: this.#decider.now() });
    this.#onUnread?.("request", reason);
    return passRequest();
  }

  /** The same of a response. Faults that it was to have are undone. */
  unreadResponse({ reason }: UnreadMessage): ProcessHttpResponseResponse {
    const found = this.#exchanges.take(anyResponse, this.#decider.now());
    this.#onUnread?.("response", reason);
    if (found?.sent) {
      const { faults, log, exchange } = found.sent;
      for (const { hasStruck, tell } of faults) tell(hasStruck ? null : unread[reason]);
      log.end(exchange, "abandoned");
    }
    return passResponse();
  }

  /** Lets go of everything that is held: for a shutdown. */
  drain(): void {
    this.#held.release();
  }

  /** No call comes any more: tells what is left to tell. */
  finish(): void {
    this.#exchanges.finish();
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse> {
    const { now } = this.#decider;
    const target = decideForward(request, this.#decider);
    if (target === undefined) {
      this.#exchanges.add({ sentAtMs: now() });
      return goOn(request).answer;
    }
    const { exchange, log, summary, faults } = target;
    const injected = faults.flatMap(({ step }) => (step.kind === "answer" ? [step.response] : []))[0];
    const answer = injected && answerInstead(injected);
    const onward = goOn(request, changesOf(target));
    const holdMs = faults.reduce((sum, { step }) => sum + (step.kind === "undone" ? 0 : step.holdMs), 0);
    const isHere = await this.#hold(holdMs, signal);
    const became = { holdMs, isHere, isAnswered: answer !== undefined, isSendable: onward.isChanged };
    const pending: PendingFault[] = [];
    for (const { step, marker, tell } of faults) {
      const { reason, hasStruck } = outcomeOf(step, became);
      if (reason !== undefined) tell(reason);
      if (step.kind === "continue" && step.change !== null)
        pending.push({ change: step.change, marker, hasStruck, tell });
    }
    if (!isHere) log.end(exchange, "abandoned");
    else if (injected !== undefined && answer !== undefined) {
      this.#tellResponse(target, injected.status, injected.headers, true);
      log.end(exchange, "complete");
      return answer;
    } else {
      const sent = { summary, target: request.path, exchange, log, faults: pending };
      this.#exchanges.add({ sentAtMs: now(), sent });
    }
    return onward.answer;
  }

  async #response(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse> {
    const { now } = this.#decider;
    const { statusCode: status } = response;
    const traits = { status, headers: headersOf(response) };
    const found = this.#exchanges.take(traits, now());
    if (found?.sent === undefined) return goBack(response).answer;
    const { sent, isCertain } = found;
    let headers = charged(sent, response, this.#decider.desk);
    let { body } = response;
    let isCut = false;
    let holdMs = 0;
    const outcomes: { readonly fault: PendingFault; readonly changed: ChangedWhole }[] = [];
    for (const fault of sent.faults) {
      const changed = isCertain ? fault.change({ headers, body }, now()) : undone(ambiguous);
      outcomes.push({ fault, changed });
      if (changed.kind === "undone") continue;
      const marker: readonly Header[] = fault.marker === null ? [] : [["x-faultwire", fault.marker]];
      headers = overlaidHeaders(changed.headers, [
        ...marker,
        ["content-length", String(changed.body.length)],
      ]);
      ({ body } = changed);
      isCut ||= changed.isCut;
      sent.exchange.leftOut ??= changed.leftOut;
      holdMs += changed.tookMs;
    }
    const back = goBack(response, { headers, body });
    const isHere = await this.#hold(holdMs, signal);
    for (const { fault, changed } of outcomes) {
      if (changed.kind === "undone") fault.tell(fault.hasStruck ? null : changed.reason);
      else if (!isHere) fault.tell(fault.hasStruck || changed.tookMs > 0 ? null : clientGone);
      else if (!back.isChanged) fault.tell(fault.hasStruck ? null : notSendable);
      else fault.tell(changed.tookMs > 0 ? beyondHold(holdMs) : null);
    }
    if (isHere) this.#tellResponse(sent, status, headers, false);
    sent.log.end(sent.exchange, isHere ? (isCut && back.isChanged ? "cut" : "complete") : "abandoned");
    return back.answer;
  }

  #tellResponse(
    { exchange, log }: Pick<SentRequest, "exchange" | "log">,
    status: number,
    headers: readonly Header[],
    injected: boolean,
  ): void {
    // No host has others, but any program that reaches the port may. The reader of the log takes no such line.
    if (status < 100 || status > 999) this.#onNoStatus?.(status);
    else log.response(exchange, { status, headers, injected, wallNowMs: this.#decider.desk.nowMs });
  }

  /** Waits; `false` where the client has gone meanwhile. */
  async #hold(ms: number, signal: AbortSignal): Promise<boolean> {
    return ms === 0 || (await this.#held.hold(ms, signal));
  }
}

const undone = (reason: string): ChangedWhole => ({ kind: "undone", reason });

/** What became of a request. */
interface Became {
  readonly holdMs: number;
  readonly isHere: boolean;
  readonly isAnswered: boolean;
  /** The host takes what goes on in place of the request. */
  readonly isSendable: boolean;
}

/** What became of one fault. `reason`: `null` if it was carried out, undefined if that depends on the response. */
function outcomeOf(
  step: ForwardStep,
  { holdMs, isHere, isAnswered, isSendable }: Became,
): { readonly reason: string | null | undefined; readonly hasStruck: boolean } {
  const told = (reason: string | null): ReturnType<typeof outcomeOf> => ({ reason, hasStruck: true });
  if (step.kind === "undone") return told(step.reason);
  // A hold that lasts until the client goes was carried out.
  if (!isHere) return told(step.holdMs > 0 ? null : clientGone);
  const held = step.holdMs > 0 ? beyondHold(holdMs) : null;
  if (step.kind === "answer") return told(isAnswered ? held : notSendable);
  const { body, change } = step;
  if (body === null && change === null) return told(held);
  if (isAnswered) return told(answered);
  const reason = body !== null && !isSendable ? notSendable : held;
  if (change === null) return told(reason);
  return { reason: reason ?? undefined, hasStruck: body !== null };
}

/** What goes on in place of a request: the body that a fault left, and headers that ask for a response that can be read. */
function changesOf({ exchange, faults }: TargetRequest): {
  readonly headers: readonly Header[];
  readonly body?: Uint8Array;
} {
  const { headers } = exchange.head;
  const steps = faults.flatMap(({ step }) => (step.kind === "continue" ? [step] : []));
  const body = steps.findLast((step) => step.body !== null)?.body;
  const isRead = steps.some(({ readsBody }) => readsBody);
  return { headers: isRead ? readableHeaders(headers) : headers, ...(body ? { body } : {}) };
}

/** Takes the tokens of a response from its budget. @returns the response's headers, those of the budget in their place. */
function charged(
  { exchange, target }: SentRequest,
  response: HttpResponse,
  { codings }: FaultDesk,
): readonly Header[] {
  const { plan } = exchange;
  const headers = headersOf(response);
  if (plan?.kind !== "change" || plan.settle === null) return headers;
  const meter = new UsageMeter(streamFormatOf(headers, target), plan.settle, codingOf(headers, codings));
  meter.push(response.body);
  meter.finish();
  return overlaidHeaders(headers, plan.headers);
}

/** Why a hold counts as undone: it asked for more time than the host stands; `null` if it did not. */
function beyondHold(holdMs: number): string | null {
  const { maxHoldMs } = forwardLimits;
  if (holdMs <= maxHoldMs) return null;
  return `${Math.round(holdMs)} ms asked for, ${maxHoldMs} ms held: a longer hold stops the host`;
}
