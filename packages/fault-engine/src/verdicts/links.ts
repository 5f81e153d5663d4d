/** Whether a request repeats another, what says so, and how sure that is. */
import type { Attempt } from "./attempts.ts";

/**
 * How sure a repeat is.
 *
 * - `told`: the requests say so themselves
 * - `likely`: the same client sent the same request again, one after the other, and nothing speaks against a retry
 * - `unclear`: it may as well be another call of the program, or the repeat of another request
 */
export type Certainty = "told" | "likely" | "unclear";

/** Why a request counts as the repeat of the one before it. */
export interface Link {
  /** What says so; `same-request` is a guess. */
  readonly by: "operation" | "idempotency" | "retry-count" | "span" | "same-request";
  /** How sure it is. */
  readonly certainty: Certainty;
  /** The SDK counts this request as the first of a new call: the program itself asked again, not its SDK. */
  readonly isNewCall: boolean;
  /** Requests that it may repeat; more than one where several had failed alike. The one before it is among them. */
  readonly candidates: readonly Attempt[];
}

/** A request that may be repeated, and what it belongs to. */
export interface Tail<Of> {
  readonly operation: Of;
  readonly last: Attempt;
}

/** What a link is judged by besides the two requests. */
export interface LinkContext {
  readonly asksOnce: boolean;
  /** From {@link fingerprintsAtOnce}. */
  readonly atOnce: ReadonlySet<string>;
}

/**
 * Calls that begin at once come this near to each other, in ms: threads and processes don't start in the same moment. A
 * program that waits so little on a new connection can't be told from two that ran side by side.
 */
const startJitterMs = 250;
/** A request that waited for a free connection follows this soon on the response before it, in ms. */
const queueGapMs = 5;

/** A program that asks again later than this, in ms, may as well have given up, and been asked again by its user. */
const promptMs = 2000;

/** Finds the one that a request repeats, the one that was over first where several can be it. */
export function linkOf<Of extends { readonly attempts: readonly { readonly link: Link | null }[] }>(
  after: Attempt,
  tails: readonly Tail<Of>[],
  context: LinkContext,
): { readonly operation: Of; readonly link: Link } | undefined {
  const fitting = tails.filter(({ last }) => !contradicts(last, after));
  for (const by of ["operation", "idempotency", "retry-count", "span", "same-request"] as const) {
    const isGuess = by === "same-request";
    const candidates = fitting
      .filter(({ last }) => says(by, last, after) && isBefore(last, after, isGuess))
      .sort((a, b) => (a.last.endedAtMs ?? 0) - (b.last.endedAtMs ?? 0));
    const [first] = candidates;
    if (first === undefined) continue;
    const link = {
      by,
      isNewCall: isGuess && after.request.retryCount === 0,
      candidates: candidates.map(({ last }) => last),
    };
    const certainty = isGuess ? certaintyOf(first, after, link, context) : "told";
    return { operation: first.operation, link: { ...link, certainty } };
  }
  return undefined;
}

function says(by: Link["by"], before: Attempt, after: Attempt): boolean {
  const { request: a } = before;
  const { request: b } = after;
  const isSame = a.fingerprint === b.fingerprint && before.client === after.client;
  switch (by) {
    case "operation":
      return b.operation !== undefined && a.operation === b.operation;
    case "idempotency":
      return b.idempotency !== undefined && a.idempotency === b.idempotency;
    case "retry-count":
      if (!isSame || b.retryCount === undefined || b.retryCount === 0) return false;
      // A connection that failed never came to the request whose count it would have had.
      if (b.method === "CONNECT") return true;
      // Of a gRPC call's requests only the retries say a number.
      return (a.retryCount ?? (before.end?.grpc ? 0 : undefined)) === b.retryCount - 1;
    case "span":
      return isSame && b.span !== undefined && a.span === b.span && a.trace === b.trace;
    case "same-request":
      // A retry of which the first request is not there is no retry of another.
      return isSame && (b.retryCount ?? 0) === 0;
    default:
      return by satisfies never;
  }
}

/** Whether the two say themselves that they don't belong together. */
function contradicts(before: Attempt, after: Attempt): boolean {
  const { operation: a, idempotency: keyA } = before.request;
  const { operation: b, idempotency: keyB } = after.request;
  return a !== b || (keyA !== keyB && b === undefined);
}

/** Whether one had failed and was over before the other began, as far as the other's client could know. */
function isBefore(before: Attempt, after: Attempt, isGuess: boolean): boolean {
  const { endedAtMs, knownAtMs, end } = before;
  if (before.succeeded || endedAtMs === null) return false;
  // What is told needs no guess about who knew what; the word that all has gone out may come late.
  if (!isGuess && knownAtMs !== null && knownAtMs <= after.beganAtMs) return true;
  // A client that gave up knows it before we see that its connection has gone.
  const isGivenUp = !isGuess && end?.how === "abandoned" && before.beganAtMs < after.beganAtMs;
  if (isGivenUp) return true;
  if (endedAtMs > after.beganAtMs) return false;
  if (!isGuess || before.request.connection === after.request.connection) return true;
  return !wasAskedBefore(before, after);
}

/** A connection that was opened before the other had failed, and not used: its request was under way already. */
export function wasAskedBefore({ endedAtMs }: Attempt, after: Attempt): boolean {
  const { connectionOpenedAtMs, isFirstOfConnection } = after;
  return isFirstOfConnection && connectionOpenedAtMs !== null && connectionOpenedAtMs < (endedAtMs ?? 0);
}

function certaintyOf<Of extends { readonly attempts: readonly { readonly link: Link | null }[] }>(
  { operation, last }: Tail<Of>,
  after: Attempt,
  { isNewCall, candidates }: Pick<Link, "isNewCall" | "candidates">,
  { asksOnce, atOnce }: LinkContext,
): Certainty {
  if (asksOnce) return "told";
  if (isNewCall || candidates.length > 1 || atOnce.has(sameness(after))) return "unclear";
  const gapMs = after.beganAtMs - (last.endedAtMs ?? 0);
  if (gapMs > promptMs) return "unclear";
  // Three in a row, none of which overlaps another, are no calls side by side.
  if (operation.attempts.length > 1) return "likely";
  if (last.request.connection === after.request.connection) return gapMs < queueGapMs ? "unclear" : "likely";
  const apartMs =
    (after.connectionOpenedAtMs ?? after.beganAtMs) - (last.connectionOpenedAtMs ?? last.beganAtMs);
  return apartMs < startJitterMs ? "unclear" : "likely";
}

const sameness = ({ client, request }: Attempt): string =>
  `${client.length}:${client}:${request.fingerprint}`;

/** Requests that a client sends several times at once, by client and fingerprint: nothing tells whose repeat is whose. */
export function fingerprintsAtOnce(attempts: readonly Attempt[]): Set<string> {
  const atOnce = new Set<string>();
  const busyUntilMs = new Map<string, number>();
  for (const attempt of attempts) {
    if (attempt.request.method === "CONNECT") continue;
    const name = sameness(attempt);
    const until = busyUntilMs.get(name);
    const startedMs = attempt.isFirstOfConnection
      ? Math.min(attempt.beganAtMs, attempt.connectionOpenedAtMs ?? attempt.beganAtMs)
      : attempt.beganAtMs;
    if (until !== undefined && startedMs < until) atOnce.add(name);
    busyUntilMs.set(name, Math.max(until ?? 0, attempt.endedAtMs ?? Number.POSITIVE_INFINITY));
  }
  return atOnce;
}
