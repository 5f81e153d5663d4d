import { drawFrom, drawKey } from "../draw.ts";
import { fromLatin1 } from "../text.ts";
import type {
  DecisionEvent,
  DoneEvent,
  EndEvent,
  EngineEvent,
  RequestEvent,
  ResponseEvent,
  UndoneEvent,
} from "./event.ts";

/** One request and all that became of it. */
export interface Attempt {
  readonly request: RequestEvent;
  readonly decision: DecisionEvent | null;
  readonly carriedOut: DoneEvent | UndoneEvent | null;
  readonly response: ResponseEvent | null;
  readonly end: EndEvent | null;
  /** The response came whole and its status is below 400. */
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
 * that one had succeeded: then the client wants the same once more.
 */
export function operationsOf(events: readonly EngineEvent[]): Operation[] {
  const attempts = new Map<string, { -readonly [Key in keyof Attempt]: Attempt[Key] }>();
  for (const event of events) {
    if (event.type === "request") {
      const nothing = { decision: null, carriedOut: null, response: null, end: null, succeeded: false };
      attempts.set(event.request, { request: event, ...nothing });
      continue;
    }
    const attempt = event.request === null ? undefined : attempts.get(event.request);
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
  const operations: { client: string; fingerprint: string; attempts: Attempt[] }[] = [];
  const open = new Map<string, { client: string; fingerprint: string; attempts: Attempt[] }>();
  const inOrder = [...attempts.values()].sort((a, b) => a.request.atMs - b.request.atMs);
  for (const attempt of inOrder) {
    attempt.succeeded = attempt.end?.how === "complete" && (attempt.response?.status ?? 599) < 400;
    const { client, fingerprint } = attempt.request;
    const name = `${client.length}:${client}:${fingerprint}`;
    let operation = open.get(name);
    if (operation === undefined || operation.attempts.at(-1)?.succeeded) {
      operation = { client, fingerprint, attempts: [] };
      operations.push(operation);
      open.set(name, operation);
    }
    operation.attempts.push(attempt);
  }
  return operations;
}
