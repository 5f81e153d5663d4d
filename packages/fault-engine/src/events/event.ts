import type { FaultKind } from "../faults/fault.ts";
import type { OutcomeEvent } from "./outcome.ts";
import type { RequestHints } from "./request-hints.ts";

/** A client opened a connection, or a tunnel through us. */
export interface ConnectionEvent {
  readonly type: "connection";
  /** When the connection's target was known, in milliseconds on the clock of the run. */
  readonly atMs: number;
  /** When the client opened it; `atMs` is when its target was known. Older logs lack it. */
  readonly openedAtMs?: number | undefined;
  /** Names the connection in all other events; unique in the log. */
  readonly connection: string;
  /** Names the client. */
  readonly client: string;
  /** Host that the connection is for. */
  readonly host: string;
}

/** A client's request was read, with what its headers say of it. */
export interface RequestEvent extends RequestHints {
  readonly type: "request";
  /** When all of it had come. */
  readonly atMs: number;
  /** When its head had come. Older logs lack it. */
  readonly beganAtMs?: number | undefined;
  /** Unique in the log; names the request in all other events. */
  readonly request: string;
  /** The connection that it came on. */
  readonly connection: string;
  /** Whose connection it is: the user agent of its first request in clear, else its JA4. */
  readonly client: string;
  /** Host that it is for. */
  readonly host: string;
  /** As on the request line. */
  readonly method: string;
  /** Path of its target, without the query. */
  readonly path: string;
  /** Equal for requests that ask for the same; from `requestFingerprint`. Holds nothing of the body. */
  readonly fingerprint: string;
  /** Model that it asks for; `null` where it names none or was not read. */
  readonly model: string | null;
  /** Whether it asks for a stream of events. */
  readonly stream: boolean;
  /** Bytes of its body. Older logs lack it. */
  readonly bodyBytes?: number | undefined;
  /** Messages that its body holds, where it holds a list of them that can be read. */
  readonly messages?: number | undefined;
  /** Its client had read a GOAWAY of ours on this connection before it asked, which says to ask on another one. */
  readonly afterGoaway?: true | undefined;
}

/** A rule hit. `request` is `null` for a fault of the connection as such. */
export interface DecisionEvent {
  readonly type: "decision";
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** The request that it is about; `null` for a fault of the connection as such. */
  readonly request: string | null;
  /** The connection that it is about. */
  readonly connection: string;
  /** Name of the rule; `header` where the request chose its fault itself. */
  readonly rule: string;
  /** Kind of the fault, such as `http.error`. */
  readonly fault: FaultKind;
  /** Which match of the rule this is within its scope, from 1. */
  readonly matchNumber: number;
  /** The preset of an error, such as `openai/insufficient_quota`; left out where there is none. */
  readonly preset?: string | undefined;
  /** The name of the error code that a reset or a GOAWAY of HTTP/2 says. */
  readonly code?: string | undefined;
  /** The client is told that its request was not worked on: it may be sent again, whatever it does. */
  readonly unprocessed?: true | undefined;
}

/** A fault was carried out. */
export interface DoneEvent {
  readonly type: "done";
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** The request that it is about; `null` for a fault of the connection as such. */
  readonly request: string | null;
  /** The connection that it is about. */
  readonly connection: string;
  /** Name of the rule; `header` where the request chose its fault itself. */
  readonly rule: string;
  /** Kind of the fault, such as `http.error`. */
  readonly fault: FaultKind;
  /** What was done in place of what the rule asks for, in words; left out where that itself was done. */
  readonly instead?: string | undefined;
}

/** A fault could not be carried out, and why. */
export interface UndoneEvent {
  readonly type: "undone";
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** The request that it is about; `null` for a fault of the connection as such. */
  readonly request: string | null;
  /** The connection that it is about. */
  readonly connection: string;
  /** Name of the rule; `header` where the request chose its fault itself. */
  readonly rule: string;
  /** Kind of the fault, such as `http.error`. */
  readonly fault: FaultKind;
  /** Why it was not carried out, in words. */
  readonly reason: string;
}

/**
 * Who answered a request that no rule answered, where that was not simply the upstream.
 *
 * - `mock`: the mock that stands in for the target
 * - `recording`: a recording, by a replay
 * - `no-recording`: the replay itself, by an error: a 404 where the request was never recorded
 * - `passed-on`: the real API, to which a replay passed on what was never recorded
 */
export const ANSWERERS = ["mock", "recording", "no-recording", "passed-on"] as const;
/** One of {@link ANSWERERS}. */
export type Answerer = (typeof ANSWERERS)[number];

/** The client was sent the head of a response. */
export interface ResponseEvent {
  readonly type: "response";
  /** When it was given to the client's connection: the client can't have known of it before. */
  readonly atMs: number;
  /** The request that it answers. */
  readonly request: string;
  /** Status code of the head that was sent. */
  readonly status: number;
  /** Made by a fault, not by the upstream. */
  readonly injected: boolean;
  /** Made by the carrier in the place of an upstream that can't be reached; left out otherwise. */
  readonly standsIn?: true | undefined;
  /**
   * An {@link Answerer}; a log of a newer version may hold others. Left out where the upstream itself answered, or a rule, or the carrier
   * in its place ({@link standsIn}); older logs lack it.
   */
  readonly answeredBy?: string | undefined;
  /** What its `retry-after` (or `retry-after-ms`) asks for; `null` without one. */
  readonly retryAfterMs: number | null;
  /** The id that the API gave it, such as `req_…`. */
  readonly requestId?: string | undefined;
}

/**
 * How an exchange ended.
 *
 * - `complete`: the client has the whole response
 * - `cut`: the response ended before its time: a short body, a stream without its last events
 * - `failed`: there was no response
 * - `abandoned`: the client went away first
 * - `unread`: all of the response was there, and the client went away without reading it to its end
 */
export const EXCHANGE_ENDS = ["complete", "cut", "failed", "abandoned", "unread"] as const;
/** One of {@link EXCHANGE_ENDS}. */
export type ExchangeEnd = (typeof EXCHANGE_ENDS)[number];

/** What one side said over a WebSocket. */
export interface WebSocketSaid {
  /** Messages that it ended; frames of the connection (ping, pong, close) are none. */
  readonly messages: number;
  /** Bytes of their payloads; compressed, where they are. */
  readonly bytes: number;
}

/** What was said over a WebSocket, without anything of its content. */
export interface WebSocketTally {
  /** By the client. */
  readonly client: WebSocketSaid;
  /** By the upstream, whether a fault let it through or not. */
  readonly server: WebSocketSaid;
  /** The first close frame that a client could see, or said; `null` where there was none. */
  readonly close: WebSocketClose | null;
}

/** A close frame. */
export interface WebSocketClose {
  /** Whose it was; `fault`: a rule's. */
  readonly by: "client" | "server" | "fault";
  /** `null` where the frame has none. */
  readonly code: number | null;
}

/** What one side of a gRPC call said. */
export interface GrpcSaid {
  /** Messages that it ended. */
  readonly messages: number;
  /** Bytes of them, without their prefixes; compressed, where they are. */
  readonly bytes: number;
}

/** The status with which a call ended for its client, without its message. */
export interface GrpcEnd {
  /** Whose it was; `carrier`: of the carrier, in the place of an upstream that can't be reached. */
  readonly by: "server" | "fault" | "carrier";
  /** The number in `grpc-status`. */
  readonly code: number;
  /** Milliseconds of a `RetryInfo` in its details; left out without one. */
  readonly retryDelayMs?: number | undefined;
  /** Milliseconds of `grpc-retry-pushback-ms`; `never`: the client is not to retry. Left out without it. */
  readonly pushback?: number | "never" | undefined;
}

/** What was said in a gRPC call, without anything of its content. */
export interface GrpcTally {
  /** By the client. */
  readonly client: GrpcSaid;
  /** By the upstream, whether a fault let it through or not. */
  readonly server: GrpcSaid;
  /** `null` where the client got none. */
  readonly status: GrpcEnd | null;
}

/** The exchange is over. */
export interface EndEvent {
  readonly type: "end";
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** The request whose exchange is over. */
  readonly request: string;
  /** How it ended for the client. */
  readonly how: ExchangeEnd;
  /** Events that went to the client, where the response was a stream of any format that passed unchanged; left out where it could not be read. */
  readonly events?: number | undefined;
  /** Where it was a WebSocket: what went over it, and how it was closed. */
  readonly webSocket?: WebSocketTally | undefined;
  /** Where it was a gRPC call: what went over it, and its status. */
  readonly grpc?: GrpcTally | undefined;
  /** Where a fault of another request ended it, such as a GOAWAY on their connection: whose; left out otherwise. */
  readonly endedBy?: { readonly rule: string; readonly fault: FaultKind } | undefined;
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
  | UnreadEvent
  | OutcomeEvent;

/**
 * The line that stands for an event in a log, line end included.
 *
 * @example
 * ```ts
 * stream.write(`${writeEvent({ type: "connection", atMs: 0, connection: "1", client: "agent/1.0", host: "api.anthropic.com" })}\n`);
 * ```
 */
export function writeEvent(event: EngineEvent): string {
  return `${JSON.stringify(event)}\n`;
}
