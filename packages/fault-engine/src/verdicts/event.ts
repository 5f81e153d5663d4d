import { z } from "zod";
import { FaultEngineError } from "../fault-engine-error.ts";
import { FAULT_KINDS, type FaultKind } from "../faults/fault.ts";

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

/** What happened, as it is written to the event log, one JSON object a line. Times are of one clock. */
export type EngineEvent =
  | ConnectionEvent
  | RequestEvent
  | DecisionEvent
  | DoneEvent
  | UndoneEvent
  | ResponseEvent
  | EndEvent;

const atMs = z.number().min(0);
const id = z.string().min(1).max(200);
const kind = z.enum(FAULT_KINDS as [FaultKind, ...FaultKind[]]);
const ofRule = { atMs, request: id.nullable(), connection: id, rule: z.string(), fault: kind };

const schema: z.ZodType<EngineEvent> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("connection"), atMs, connection: id, client: z.string(), host: z.string() }),
  z.object({
    type: z.literal("request"),
    atMs,
    request: id,
    connection: id,
    client: z.string(),
    host: z.string(),
    method: z.string(),
    path: z.string(),
    fingerprint: z.string(),
    model: z.string().nullable(),
    stream: z.boolean(),
  }),
  z.object({ type: z.literal("decision"), ...ofRule, matchNumber: z.int().min(1) }),
  z.object({ type: z.literal("done"), ...ofRule }),
  z.object({ type: z.literal("undone"), ...ofRule, reason: z.string() }),
  z.object({
    type: z.literal("response"),
    atMs,
    request: id,
    status: z.int().min(100).max(599),
    injected: z.boolean(),
    retryAfterMs: z.number().min(0).nullable(),
  }),
  z.object({
    type: z.literal("end"),
    atMs,
    request: id,
    how: z.enum(["complete", "cut", "failed", "abandoned"]),
  }),
]);

/** The line that stands for an event in a log, line end included. */
export function writeEvent(event: EngineEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * Reads a log: one JSON object a line, blank lines left out. Members that this version does not know are dropped; so
 * are events of an unknown `type`, which a newer version may have written, and a last line without its end, in the
 * middle of which a writer was stopped.
 *
 * @throws FaultEngineError `invalid-events` with the line, for a line that is no event.
 *
 * @example
 * ```ts
 * const events = readEventLog(text);
 * ```
 */
export function readEventLog(text: string): EngineEvent[] {
  const events: EngineEvent[] = [];
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const fail = (reason: string): FaultEngineError =>
      new FaultEngineError("invalid-events", `line ${at + 1} of the event log: ${reason}`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      if (at === lines.length - 1) break;
      throw fail("not JSON");
    }
    const { success: isKnown } = knownType.safeParse(value);
    if (!isKnown) {
      if (hasType.safeParse(value).success) continue;
      throw fail("no object with a type");
    }
    const outcome = schema.safeParse(value);
    if (!outcome.success) {
      const [issue] = outcome.error.issues;
      throw fail(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not an event"}`);
    }
    events.push(outcome.data);
  }
  return events;
}

const hasType = z.object({ type: z.string() });
const knownType = z.object({
  type: z.enum(["connection", "request", "decision", "done", "undone", "response", "end"]),
});
