import type { FaultKind } from "../faults/fault.ts";

/** A client opened a connection, or a tunnel through us. */
export interface ConnectionEvent {
  readonly type: "connection";
  readonly atMs: number;
  readonly connection: string;
  readonly client: string;
  readonly host: string;
}

/** A client's request was read. */
export interface RequestEvent {
  readonly type: "request";
  readonly atMs: number;
  /** Unique in the log; names the request in all other events. */
  readonly request: string;
  readonly connection: string;
  /** Whoever sends; requests of different clients are never taken for repeats of each other. */
  readonly client: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** Equal for requests that ask for the same; from `requestFingerprint`. Holds nothing of the body. */
  readonly fingerprint: string;
  readonly model: string | null;
  readonly stream: boolean;
}

/** A rule hit. `request` is `null` for a fault of the connection as such. */
export interface DecisionEvent {
  readonly type: "decision";
  readonly atMs: number;
  readonly request: string | null;
  readonly connection: string;
  readonly rule: string;
  readonly fault: FaultKind;
  readonly matchNumber: number;
}

/** A fault was carried out. */
export interface DoneEvent {
  readonly type: "done";
  readonly atMs: number;
  readonly request: string | null;
  readonly connection: string;
  readonly rule: string;
  readonly fault: FaultKind;
  /** What was done in place of what the rule asks for, in words; left out where that itself was done. */
  readonly instead?: string | undefined;
}

/** A fault could not be carried out, and why. */
export interface UndoneEvent {
  readonly type: "undone";
  readonly atMs: number;
  readonly request: string | null;
  readonly connection: string;
  readonly rule: string;
  readonly fault: FaultKind;
  readonly reason: string;
}

/** The client was sent the head of a response. */
export interface ResponseEvent {
  readonly type: "response";
  readonly atMs: number;
  readonly request: string;
  readonly status: number;
  /** Made by a fault, not by the upstream. */
  readonly injected: boolean;
  /** What its `retry-after` (or `retry-after-ms`) asks for; `null` without one. */
  readonly retryAfterMs: number | null;
}

/**
 * How an exchange ended.
 *
 * - `complete`: the client has the whole response
 * - `cut`: the response ended before its time: a short body, a stream without its last events
 * - `failed`: there was no response
 * - `abandoned`: the client went away first
 */
export type ExchangeEnd = "complete" | "cut" | "failed" | "abandoned";

/** The exchange is over. */
export interface EndEvent {
  readonly type: "end";
  readonly atMs: number;
  readonly request: string;
  readonly how: ExchangeEnd;
}

/**
 * A part of a connection could not be read: it passed as it came, and no rule saw it. Written once for each reason and
 * connection.
 */
export interface UnreadEvent {
  readonly type: "unread";
  readonly atMs: number;
  /** `null` where the connection ended being read before it was known whose it is. */
  readonly connection: string | null;
  readonly client: string | null;
  readonly host: string | null;
  /** Whose bytes they are. */
  readonly from: "client" | "server";
  /** An `UnreadReason`; a log of a newer version may hold others. */
  readonly reason: string;
}

/** What happened, as it is written to the event log, one JSON object a line. Times are of one clock. */
export type EngineEvent =
  | ConnectionEvent
  | RequestEvent
  | DecisionEvent
  | DoneEvent
  | UndoneEvent
  | ResponseEvent
  | EndEvent
  | UnreadEvent;

/** The line that stands for an event in a log, line end included. */
export function writeEvent(event: EngineEvent): string {
  return `${JSON.stringify(event)}\n`;
}
