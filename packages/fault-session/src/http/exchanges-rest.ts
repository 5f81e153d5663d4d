/** Exchanges at rest: what of requests under way has to be kept, and how others go on in their place. */
import { headerValue, type RequestHead, type RequestReader } from "@faultwire/http1";
import type { ExchangesAtRest, UnderWayAtRest } from "../session-rest.ts";
import { eventCounterAt } from "./event-counter.ts";
import { Exchange, passOn } from "./exchange.ts";
import type { ExchangeQueue } from "./exchange-queue.ts";
import type { ResponseSide } from "./response-side.ts";
import type { UpstreamGate } from "./upstream-gate.ts";

/** What of exchanges is under way, whatever they are connected to. */
export interface ExchangesUnderWay {
  readonly queue: ExchangeQueue;
  readonly requests: RequestReader;
  readonly responses: ResponseSide;
  readonly gate: UpstreamGate;
}

/** A request with a longer target stays whole, in characters. */
const maxTargetLength = 256;

/** Stands for the head of a request that has gone on: nothing that may still happen to it asks for more. */
const goneHead: RequestHead = {
  kind: "head",
  method: "",
  target: "",
  version: "1.1",
  headers: [],
  framing: { kind: "none" },
  keepAlive: true,
  bytes: new Uint8Array(0),
};

/**
 * Whether the response to a request passes as it comes, so that nothing of the request is needed any more but its name and its target.
 * An upgrade needs its head.
 */
function passes({ plan, decision, isTold, isOwed, isSent, changed, name, head }: Exchange): boolean {
  const kind = plan?.kind;
  const isAsItComes = kind === "pass" || kind === "none" || kind === "wait";
  const isSettled = isAsItComes && (decision === null || isTold);
  const isUnderWay = isSettled && isOwed && isSent && changed === null && name !== null;
  const isShort = head.target.length <= maxTargetLength;
  return isUnderWay && isShort && headerValue(head.headers, "upgrade") === undefined;
}

/** @returns what has to be kept of what is under way; `null` where nothing is, `undefined` where it can't rest. */
export function underWayAtRest(
  { queue, requests, responses, gate }: ExchangesUnderWay,
  hasAskedLast: boolean,
): UnderWayAtRest | null | undefined {
  const place = responses.place;
  const exchanges = [...queue];
  if (!place || !requests.isIdle || gate.dueToClient !== exchanges.length) return undefined;
  const { isLast, ...at } = place;
  // Between two exchanges both readers are as at first, unless one peer has said its last.
  if (exchanges.length === 0) return hasAskedLast || at.name !== "head" ? undefined : null;
  if (!exchanges.every(passes)) return undefined;
  const { passing } = exchanges[0]!;
  if (passing && !passing.place) return undefined;
  const targets = exchanges.map(({ head }) => head.target);
  const names = exchanges.map(({ name }) => name ?? "");
  return { names, targets, responses: at, isLast, hasAskedLast, passing: passing?.place };
}

/** Goes on with exchanges that rested, before anything else. */
export function resumeExchanges(
  { queue, requests, responses, gate }: ExchangesUnderWay,
  { isStrict, underWay }: ExchangesAtRest,
): void {
  gate.resume(underWay?.names.length ?? 0, isStrict);
  if (!underWay) return;
  responses.resume(underWay);
  // Behind its last request a client says nothing that is read.
  if (underWay.hasAskedLast) requests.resume({ name: "closed", left: 0, chunk: false, keepAlive: false });
  for (const [at, name] of underWay.names.entries()) {
    const exchange = new Exchange({ ...goneHead, target: underWay.targets[at] ?? "" }, name, 0);
    exchange.plan = passOn;
    exchange.isSent = true;
    if (at === 0 && underWay.passing) exchange.passing = eventCounterAt(underWay.passing);
    queue.push(exchange);
    queue.owe(exchange);
  }
}
