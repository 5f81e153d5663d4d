/** Asks the policy about a whole request of forward mode, and plans what it says, as sessions do. */
import {
  type Decision,
  type RequestFacts,
  type RequestSummary,
  summarizeRequest,
} from "@faultwire/fault-engine";
import type { HttpRequest } from "@faultwire/fault-protocol";
import type { FaultDesk, FaultPolicy, SessionEvent } from "@faultwire/fault-session";
import {
  type Acquaintance,
  ExchangeLog,
  hostOfHead,
  type LoggedRequest,
  meetHttp,
  planRequest,
  type TellUnread,
  unreadTeller,
} from "@faultwire/fault-session/internal";
import { headerValue } from "@faultwire/http1";
import { headersOf } from "./forward-answers.ts";
import { type ForwardStep, forwardStep } from "./forward-step.ts";
import { forwardLimits, insteadInForward } from "./forward-way.ts";

/** What a decider needs. */
export interface ForwardDeciderOptions {
  /** Must not throw. */
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  /** Milliseconds on the clock of the policy. */
  readonly now: () => number;
  readonly tell: (event: SessionEvent) => void;
}

/** A fault that was decided, and what it means here. */
export interface ForwardFault {
  readonly step: ForwardStep;
  /** What `x-faultwire` says on a response that it changes; `null` without one. */
  readonly marker: string | null;
  /** Says once what became of it; `null`: done. */
  readonly tell: (undoneReason: string | null) => void;
}

/** A request to a target, and all that has been decided about it. */
export interface TargetRequest {
  readonly exchange: LoggedRequest;
  readonly log: ExchangeLog;
  readonly summary: RequestSummary;
  /** The connection's, then the request's. */
  readonly faults: readonly ForwardFault[];
}

/** Decides about a request, which counts as a connection of its own; undefined where it is to no target. */
export function decideForward(
  request: HttpRequest,
  options: ForwardDeciderOptions,
): TargetRequest | undefined {
  const { policy, desk, now, tell } = options;
  const head = { method: request.method, target: request.path, headers: headersOf(request) };
  const unread = unreadTeller({ policy, now, tell });
  const beganAtMs = now();
  const introducer = { policy, now, openedAtMs: beganAtMs, tell, unread, insteadOf: insteadInForward };
  const met = meetHttp(introducer, hostOfHead(head), headerValue(head.headers, "user-agent"));
  if (met === undefined) return undefined;
  const log = new ExchangeLog(met.facts, now, (event) => policy.record(event), insteadInForward);
  const body = request.body.length > forwardLimits.maxReadBodyBytes ? null : request.body;
  const asked = {
    name: desk.nextRequest(),
    head,
    beganAtMs,
    body: body === null ? [] : [body],
    bodyBytes: request.body.length,
    isTold: false,
  };
  log.request({ ...asked, decision: null, plan: null });
  const facts = { ...met.facts, ...head };
  const summary = summarizeRequest({ ...facts, body });
  const decision = ask(policy, facts, body, met, unread);
  const bodyBytes = request.body.length;
  const plan = decision && planRequest({ decision, head, summary, bodyBytes, desk, last: false });
  const exchange = { ...asked, decision, plan };
  log.decision(exchange);
  const decided = { head, body, desk, nowMs: now() };
  const fault = (of: Decision, its: typeof plan, told: ForwardFault["tell"]): ForwardFault => ({
    step: forwardStep(of, its, decided),
    marker: of.marker,
    tell: told,
  });
  const ofConnection = met.decision && fault(met.decision, null, (reason) => met.outcome(reason));
  const ofRequest = decision && fault(decision, plan, (reason) => log.outcome(exchange, reason));
  return { exchange, log, summary, faults: [ofConnection, ofRequest].filter((each) => each !== null) };
}

function ask(
  policy: FaultPolicy,
  facts: RequestFacts,
  body: Uint8Array | null,
  met: Acquaintance,
  unread: TellUnread,
): Decision | null {
  let found = policy.request(body === null ? facts : { ...facts, body });
  if (found.kind === "needs-body") {
    unread("body-too-large", "client", met);
    found = policy.request({ ...facts, body: null });
  }
  if (found.kind !== "needs-body" && found.unjudged) unread("expression-too-costly", "client", met);
  return found.kind === "fault" ? found.decision : null;
}
