/** One request and all that became of it, put together from the events of a log. */
import { STATUS_CODES } from "@faultwire/grpc";
import type {
  ConnectionEvent,
  DecisionEvent,
  DoneEvent,
  EndEvent,
  EngineEvent,
  RequestEvent,
  ResponseEvent,
  UndoneEvent,
} from "../events/event.ts";

/** One request and all that became of it; or one connection that never came to a request. */
export interface Attempt {
  /** For a connection without a request, one that stands for it: method `CONNECT`, named after the connection. */
  readonly request: RequestEvent;
  /** Who sends: the user agent and what an SDK says besides it, else the client of the connection. */
  readonly client: string;
  /** When it began: nothing that came to its client later is what it answers to. */
  readonly beganAtMs: number;
  /** When it was over for its client; `null` while it is not. */
  readonly endedAtMs: number | null;
  /** Before this its client could not know that it had failed; `null` while it can't. */
  readonly knownAtMs: number | null;
  /** When its connection was opened; `null` where the log does not say. */
  readonly connectionOpenedAtMs: number | null;
  /** It is the first request of its connection. */
  readonly isFirstOfConnection: boolean;
  /** The rule's hit; `null` where no rule hit. */
  readonly decision: DecisionEvent | null;
  /** What became of the fault; `null` while that is not known. */
  readonly carriedOut: DoneEvent | UndoneEvent | null;
  /** The head that the client got; `null` without one. */
  readonly response: ResponseEvent | null;
  /** How it ended; `null` while it has not. */
  readonly end: EndEvent | null;
  /** What its response asked its client to wait before it asks again, in ms; `null` where it asked for nothing. */
  readonly askedWaitMs: number | null;
  /** The response came whole and its status is below 400; for a connection: it came to a request. */
  readonly succeeded: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Every request and every connection of a log, in the order in which they began. */
export function attemptsOf(events: readonly EngineEvent[]): Attempt[] {
  const requests = requestAttempts(events);
  return [...requests, ...connectionAttempts(events, requests)].sort((a, b) => a.beganAtMs - b.beganAtMs);
}

function requestAttempts(events: readonly EngineEvent[]): Attempt[] {
  const openedAtMs = new Map<string, number>();
  const attempts = new Map<string, Mutable<Attempt>>();
  for (const event of events) {
    if (event.type === "connection" && event.openedAtMs !== undefined)
      openedAtMs.set(event.connection, event.openedAtMs);
    if (event.type !== "request") continue;
    attempts.set(event.request, {
      request: event,
      client: clientOf(event),
      beganAtMs: event.beganAtMs ?? event.atMs,
      endedAtMs: null,
      knownAtMs: null,
      connectionOpenedAtMs: null,
      isFirstOfConnection: false,
      ...{ decision: null, carriedOut: null, response: null, end: null, askedWaitMs: null, succeeded: false },
    });
  }
  for (const event of events) take(attempts, event);
  const used = new Set<string>();
  const inOrder = [...attempts.values()].sort((a, b) => a.beganAtMs - b.beganAtMs);
  for (const attempt of inOrder) {
    const { connection } = attempt.request;
    attempt.connectionOpenedAtMs = openedAtMs.get(connection) ?? null;
    attempt.isFirstOfConnection = !used.has(connection);
    used.add(connection);
    attempt.endedAtMs = attempt.end?.atMs ?? null;
    attempt.knownAtMs = knownAtMsOf(attempt);
    attempt.askedWaitMs = askedWaitMsOf(attempt);
    attempt.succeeded = hasSucceeded(attempt);
  }
  return inOrder;
}

function take(attempts: ReadonlyMap<string, Mutable<Attempt>>, event: EngineEvent): void {
  if (!("request" in event) || event.type === "request" || event.request === null) return;
  const attempt = attempts.get(event.request);
  if (attempt === undefined) return;
  switch (event.type) {
    case "decision":
      attempt.decision = event;
      break;
    case "done":
    case "undone":
      attempt.carriedOut = event;
      break;
    case "response":
      attempt.response = event;
      break;
    case "end":
      attempt.end = event;
      break;
    default:
      event satisfies never;
  }
}

/** A status says it with the head; that all has gone out is told a little later on a busy machine. */
function knownAtMsOf({ response, end }: Attempt): number | null {
  if (response !== null && response.status >= 400 && end?.how === "complete")
    return Math.min(response.atMs, end.atMs);
  return end?.atMs ?? null;
}

/** Clients of gRPC read no `retry-after`; what is told to their libraries outranks what is told to programs. */
function askedWaitMsOf({ response, end }: Attempt): number | null {
  if (!end?.grpc) return response?.retryAfterMs ?? null;
  const { pushback, retryDelayMs } = end.grpc.status ?? {};
  return typeof pushback === "number" ? pushback : (retryDelayMs ?? null);
}

/** A malformed answer is none, even where its client reads a status of 200. */
function hasSucceeded({ response, end, carriedOut }: Attempt): boolean {
  const isMalformed = carriedOut?.type === "done" && carriedOut.fault === "http.malformed";
  const hasStatus = end?.grpc === undefined || end.grpc.status?.code === STATUS_CODES.OK;
  return end?.how === "complete" && (response?.status ?? 599) < 400 && hasStatus && !isMalformed;
}

function clientOf({ userAgent, sdk, client }: RequestEvent): string {
  if (userAgent === undefined) return client;
  return sdk === undefined ? userAgent : `${userAgent} (${sdk})`;
}

/** An attempt for each connection: it succeeded when a request came of it. */
function connectionAttempts(events: readonly EngineEvent[], requests: readonly Attempt[]): Attempt[] {
  const first = new Map<string, Attempt>();
  for (const attempt of requests)
    if (attempt.isFirstOfConnection) first.set(attempt.request.connection, attempt);
  const decisions = new Map<string, DecisionEvent>();
  const carriedOut = new Map<string, DoneEvent | UndoneEvent>();
  for (const event of events) {
    if (event.type === "decision" && event.request === null) decisions.set(event.connection, event);
    else if ((event.type === "done" || event.type === "undone") && event.request === null)
      carriedOut.set(event.connection, event);
  }
  return events.flatMap((event): Attempt[] => {
    if (event.type !== "connection") return [];
    const decision = decisions.get(event.connection) ?? null;
    const outcome = carriedOut.get(event.connection) ?? null;
    const used = first.get(event.connection);
    const beganAtMs = event.openedAtMs ?? event.atMs;
    return [
      {
        request: requestOf(event, used),
        client: event.client,
        beganAtMs,
        endedAtMs: outcome?.atMs ?? event.atMs,
        knownAtMs: outcome?.atMs ?? event.atMs,
        connectionOpenedAtMs: beganAtMs,
        isFirstOfConnection: true,
        decision,
        carriedOut: outcome,
        response: null,
        end: null,
        askedWaitMs: null,
        succeeded: used !== undefined,
      },
    ];
  });
}

/** A request that stands for a connection; what its first real one says of retries counts for it. */
function requestOf(event: ConnectionEvent, first: Attempt | undefined): RequestEvent {
  const { atMs, connection, client, host } = event;
  const retryCount = first?.request.retryCount;
  return {
    type: "request",
    ...{ atMs, request: connection, connection, client, host, method: "CONNECT", path: "" },
    ...{ fingerprint: `connection to ${host}`, model: null, stream: false },
    ...(retryCount !== undefined && { retryCount }),
  };
}
