/** Which requests are one operation: what a client wanted once, and how often it asked for it. */
import type { EngineEvent } from "../events/event.ts";
import type { OutcomeEvent } from "../events/outcome.ts";
import { type Attempt, attemptsOf } from "./attempts.ts";
import { fingerprintsAtOnce, type Link, linkOf } from "./links.ts";
import { joinOutcomes } from "./outcomes.ts";

/** A request of an operation, and why it counts as the repeat of the one before it. */
export interface OperationAttempt extends Attempt {
  /** `null` for the first. */
  readonly link: Link | null;
}

/** What a client wanted once: a request and its repeats, in the order of time. */
export interface Operation {
  /** Who wanted it, as in its attempts. */
  readonly client: string;
  /** Equal for operations that ask for the same. */
  readonly fingerprint: string;
  /** Its requests, the first one first. */
  readonly attempts: readonly OperationAttempt[];
  /** What the program said last of it; `null` where it said nothing. */
  readonly outcome: OutcomeEvent | null;
}

/** A log, sorted. */
export interface SortedLog {
  readonly operations: readonly Operation[];
  /** What the program said of no operation that the log holds, or of the run as a whole. */
  readonly loose: readonly OutcomeEvent[];
}

/** What is known of the program beyond the log. */
export interface OperationOptions {
  /** The program asks nothing twice of its own: the same request again, one after the other, is a retry. Default false. */
  readonly asksOnce?: boolean;
}

/** Sorts a log into operations; see {@link operationsOf}. */
export function sortLog(
  events: readonly EngineEvent[],
  { asksOnce = false }: OperationOptions = {},
): SortedLog {
  const attempts = attemptsOf(events);
  const atOnce = fingerprintsAtOnce(attempts);
  const operations: MutableOperation[] = [];
  /** Operations that may go on, by every name under which a repeat may look for them. */
  const open = new Map<string, MutableOperation[]>();
  for (const attempt of attempts) {
    const names = namesOf(attempt);
    const seen = new Set(names.flatMap((name) => open.get(name) ?? []));
    const tails = [...seen].map((operation) => ({ operation, last: operation.attempts.at(-1)! }));
    const found = linkOf(attempt, tails, { asksOnce, atOnce });
    let operation = found?.operation;
    if (operation === undefined) {
      // A connection that nothing happened to is only worth a row as the repeat of one that failed.
      if (attempt.request.method === "CONNECT" && attempt.decision === null) continue;
      operation = {
        client: attempt.client,
        fingerprint: attempt.request.fingerprint,
        attempts: [],
        outcome: null,
        names: new Set(),
      };
      operations.push(operation);
    }
    operation.attempts.push({ ...attempt, link: found?.link ?? null });
    for (const name of names) operation.names.add(name);
    if (attempt.succeeded) forget(open, operation);
    else for (const name of operation.names) remember(open, name, operation);
  }
  const loose = joinOutcomes(
    operations,
    events.filter((event) => event.type === "outcome"),
  );
  return {
    operations: operations.map(({ client, fingerprint, attempts: its, outcome }) => ({
      ...{ client, fingerprint, attempts: its, outcome },
    })),
    loose,
  };
}

/**
 * Sorts a log into operations. A request is a repeat of another only if that one had failed and was over before this one
 * began: requests that overlap are never each other's. What says so, in this order:
 *
 * 1. the same `x-faultwire-operation`, the same `idempotency-key`, a `x-stainless-retry-count` that follows on the other's,
 *    the same `traceparent`: the program says so
 * 2. the same client and the same request, and nothing that says otherwise: a guess, which {@link Link.certainty} shows
 *
 * Connections on which a rule hit are operations of their own: a client's next connection to the same host is the repeat.
 *
 * @param events - In any order; times decide.
 * @example
 * ```ts
 * for (const { client, attempts } of operationsOf(readEventLog(text).events)) console.log(client, attempts.length);
 * ```
 */
export function operationsOf(
  events: readonly EngineEvent[],
  options: OperationOptions = {},
): readonly Operation[] {
  return sortLog(events, options).operations;
}

/** Failed operations of one name that may still be asked for again; the oldest is given up. Against a log of an attacker. */
const maxOpen = 500;

interface MutableOperation {
  readonly client: string;
  readonly fingerprint: string;
  readonly attempts: OperationAttempt[];
  outcome: OutcomeEvent | null;
  readonly names: Set<string>;
}

function namesOf({ client, request }: Attempt): string[] {
  const { operation = "", idempotency = "", fingerprint } = request;
  return [
    // What names another operation, or another key, is none of these: a log may hold thousands that failed.
    `same:${client.length}:${client}:${fingerprint}:${operation.length}:${operation}:${idempotency}`,
    ...(operation === "" ? [] : [`operation:${operation}`]),
    ...(idempotency === "" ? [] : [`idempotency:${idempotency}`]),
  ];
}

function remember(open: Map<string, MutableOperation[]>, name: string, operation: MutableOperation): void {
  const list = open.get(name);
  if (list === undefined) open.set(name, [operation]);
  else if (!list.includes(operation)) {
    list.push(operation);
    if (list.length > maxOpen) list.shift();
  }
}

function forget(open: Map<string, MutableOperation[]>, operation: MutableOperation): void {
  for (const name of operation.names) {
    const rest = open.get(name)?.filter((one) => one !== operation) ?? [];
    if (rest.length === 0) open.delete(name);
    else open.set(name, rest);
  }
}
