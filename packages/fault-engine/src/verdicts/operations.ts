import { fromLatin1 } from "@faultwire/http1";
import { drawFrom, drawKey } from "../draw.ts";
import type {
  DecisionEvent,
  DoneEvent,
  EndEvent,
  EngineEvent,
  RequestEvent,
  ResponseEvent,
  UndoneEvent,
} from "./event.ts";

/** One request and all that became of it; or one connection that never came to a request. */
export interface Attempt {
  /** For a connection without a request, one that stands for it: method `CONNECT`, named after the connection. */
  readonly request: RequestEvent;
  readonly decision: DecisionEvent | null;
  readonly carriedOut: DoneEvent | UndoneEvent | null;
  readonly response: ResponseEvent | null;
  readonly end: EndEvent | null;
  /** The response came whole and its status is below 400; for a connection: it came to a request. */
  readonly succeeded: boolean;
}

/** What a client wanted once: a request and its repeats, in the order of time. */
export interface Operation {
  readonly client: string;
  readonly fingerprint: string;
  readonly attempts: readonly Attempt[];
}

/**
 * A short text that is equal for requests that ask for the same and, but for a chance of one in 2⁵³, for no others. It
 * gives nothing of the body away.
 *
 * @example
 * ```ts
 * requestFingerprint("POST", "/v1/messages", body); // "a1b2…"
 * ```
 */
export function requestFingerprint(method: string, target: string, body: Uint8Array): string {
  const key = drawKey(`${method} ${target}`, fromLatin1(body, 0, body.length));
  return Math.floor(drawFrom(key, body.length) * 2 ** 53)
    .toString(16)
    .padStart(14, "0");
}

/**
 * Sorts a log into operations. A request is a repeat of the one before it with the same client and fingerprint unless
 * that one had succeeded: then the client wants the same once more. Connections on which a rule hit are operations of
 * their own: a client's next connection to the same host is the repeat.
 *
 * @param events - In any order; times decide.
 */
export function operationsOf(events: readonly EngineEvent[]): Operation[] {
  const inOrder = [...attemptsOf(events), ...connectionAttemptsOf(events)].sort(
    (a, b) => a.request.atMs - b.request.atMs,
  );
  const operations: MutableOperation[] = [];
  const open = new Map<string, MutableOperation>();
  for (const attempt of inOrder) {
    const { client, fingerprint, method } = attempt.request;
    const name = `${client.length}:${client}:${fingerprint}`;
    let operation = open.get(name);
    if (operation === undefined || operation.attempts.at(-1)?.succeeded) {
      // A connection that nothing happened to is only worth a row as the repeat of one that failed.
      if (method === "CONNECT" && attempt.decision === null) continue;
      operation = { client, fingerprint, attempts: [] };
      operations.push(operation);
      open.set(name, operation);
    }
    operation.attempts.push(attempt);
  }
  return operations;
}

interface MutableOperation {
  readonly client: string;
  readonly fingerprint: string;
  readonly attempts: Attempt[];
}

function attemptsOf(events: readonly EngineEvent[]): Attempt[] {
  const attempts = new Map<string, { -readonly [Key in keyof Attempt]: Attempt[Key] }>();
  for (const event of events)
    if (event.type === "request") {
      const nothing = { decision: null, carriedOut: null, response: null, end: null, succeeded: false };
      attempts.set(event.request, { request: event, ...nothing });
    }
  for (const event of events) {
    if (event.type === "connection" || event.type === "request" || event.type === "unread") continue;
    if (event.request === null) continue;
    const attempt = attempts.get(event.request);
    if (attempt === undefined) continue;
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
  for (const attempt of attempts.values())
    attempt.succeeded = attempt.end?.how === "complete" && (attempt.response?.status ?? 599) < 400;
  return [...attempts.values()];
}

/** An attempt for each connection: it succeeded when a request came of it. */
function connectionAttemptsOf(events: readonly EngineEvent[]): Attempt[] {
  const used = new Set<string>();
  const decisions = new Map<string, DecisionEvent>();
  const carriedOut = new Map<string, DoneEvent | UndoneEvent>();
  for (const event of events) {
    if (event.type === "request") used.add(event.connection);
    else if (event.type === "decision" && event.request === null) decisions.set(event.connection, event);
    else if ((event.type === "done" || event.type === "undone") && event.request === null)
      carriedOut.set(event.connection, event);
  }
  return events.flatMap((event): Attempt[] => {
    if (event.type !== "connection") return [];
    const { atMs, connection, client, host } = event;
    const request: RequestEvent = {
      type: "request",
      atMs,
      request: connection,
      connection,
      client,
      host,
      method: "CONNECT",
      path: "",
      fingerprint: `connection to ${host}`,
      model: null,
      stream: false,
    };
    const decision = decisions.get(connection) ?? null;
    const outcome = carriedOut.get(connection) ?? null;
    return [
      { request, decision, carriedOut: outcome, response: null, end: null, succeeded: used.has(connection) },
    ];
  });
}
