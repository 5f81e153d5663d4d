// Apart from the events themselves: whoever only writes them does not want a schema library.
import { z } from "zod";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { FaultKind } from "../faults/fault.ts";
import { FAULT_KINDS } from "../faults/fault-kinds.ts";
import { foundWords, schemaProblems } from "../rule-file/problems.ts";
import { writeCount } from "../write-count.ts";
import { type EngineEvent, EXCHANGE_ENDS, type GrpcTally } from "./event.ts";
import { maskKeys, maskTexts } from "./mask-secrets.ts";
import { OUTCOMES } from "./outcome.ts";

const atMs = z.number().min(0);
// Of any length, as the writer has it: a program may name its client as it likes.
const id = z.string().min(1);
const kind = z.enum(FAULT_KINDS as [FaultKind, ...FaultKind[]]);
const ofRule = { atMs, request: id.nullable(), connection: id, rule: z.string(), fault: kind };

const talk = z.object({ messages: z.int().min(0), bytes: z.int().min(0) });
/** What went over a gRPC call, and its status. */
export const grpcTally: z.ZodType<GrpcTally> = z.object({
  client: talk,
  server: talk,
  status: z
    .object({
      by: z.enum(["server", "fault", "carrier"]),
      code: z.int().min(0),
      retryDelayMs: z.number().min(0).optional(),
      pushback: z.union([z.int().min(0), z.literal("never")]).optional(),
    })
    .nullable(),
});
const schema: z.ZodType<EngineEvent> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("connection"),
    atMs,
    openedAtMs: atMs.optional(),
    connection: id,
    client: z.string(),
    host: z.string(),
  }),
  z.object({
    type: z.literal("request"),
    atMs,
    request: id,
    connection: id,
    client: z.string(),
    userAgent: z.string().optional(),
    host: z.string(),
    method: z.string(),
    path: z.string(),
    fingerprint: z.string(),
    model: z.string().nullable(),
    stream: z.boolean(),
    beganAtMs: atMs.optional(),
    bodyBytes: z.int().min(0).optional(),
    messages: z.int().min(0).optional(),
    afterGoaway: z.literal(true).optional(),
    sdk: z.string().optional(),
    operation: z.string().optional(),
    retryCount: z.int().min(0).optional(),
    idempotency: z.string().optional(),
    keyDigest: z.string().optional(),
    trace: z.string().optional(),
    span: z.string().optional(),
  }),
  z.object({
    type: z.literal("decision"),
    ...ofRule,
    matchNumber: z.int().min(1),
    preset: z.string().optional(),
    code: z.string().optional(),
    unprocessed: z.literal(true).optional(),
  }),
  z.object({ type: z.literal("done"), ...ofRule, instead: z.string().optional() }),
  z.object({ type: z.literal("undone"), ...ofRule, reason: z.string() }),
  z.object({
    type: z.literal("response"),
    atMs,
    request: id,
    // Servers send statuses beyond 599, too; HTTP/1 is read with any three digits that begin with 1 to 9.
    status: z.int().min(100).max(999),
    injected: z.boolean(),
    standsIn: z.literal(true).optional(),
    answeredBy: z.string().optional(),
    retryAfterMs: z.number().min(0).nullable(),
    requestId: z.string().optional(),
  }),
  z.object({
    type: z.literal("end"),
    atMs,
    request: id,
    how: z.enum(EXCHANGE_ENDS),
    events: z.int().min(0).optional(),
    webSocket: z
      .object({
        client: talk,
        server: talk,
        close: z
          .object({ by: z.enum(["client", "server", "fault"]), code: z.int().min(0).max(65_535).nullable() })
          .nullable(),
      })
      .optional(),
    grpc: grpcTally.optional(),
    endedBy: z.object({ rule: z.string(), fault: kind }).optional(),
  }),
  z.object({
    type: z.literal("unread"),
    atMs,
    connection: id.nullable(),
    client: z.string().nullable(),
    host: z.string().nullable(),
    from: z.enum(["client", "server"]),
    reason: z.string(),
  }),
  z.object({
    type: z.literal("outcome"),
    atMs,
    from: z.enum(["program", "exit"]),
    outcome: z.enum(OUTCOMES),
    operation: z.string().optional(),
    requestId: z.string().optional(),
    trace: z.string().optional(),
    text: z.string().optional(),
    exitStatus: z.int().nullable().optional(),
    signal: z.string().optional(),
  }),
]);

/** What was read of a log. */
export interface ReadLog {
  /** Every event that could be read, in the order of the log. */
  readonly events: EngineEvent[];
  /** Lines that could not be read, in words with their number; at most {@link readLogLimits} of them, then a count. */
  readonly unreadable: readonly string[];
}

/** Limits of what is said about a log. */
export const readLogLimits = {
  /** Lines that are named one by one. A file that is no log would fill the report otherwise. */
  maxNamedLines: 20,
} as const;

/**
 * Reads a log: one JSON object a line, blank lines left out. A line that can't be read is told, and never the end of the
 * rest. Members that this version does not know are dropped; so are events of an unknown `type`, which a newer version may
 * have written, and a last line without its end, in the middle of which a writer was stopped. Members that an older version
 * did not write are left out. Where the log of another run was appended, only the first is read, which is told, too.
 *
 * @throws FaultEngineError `invalid-events` where no line at all is an event, though there are lines: that is no log.
 *
 * @example
 * ```ts
 * const { events, unreadable } = readEventLog(text);
 * ```
 */
export function readEventLog(text: string): ReadLog {
  const events: EngineEvent[] = [];
  const problems: string[] = [];
  const requests = new Set<string>();
  let unknown = 0;
  // Editors and shells of Windows put a mark there.
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const read = readLine(line);
    if (read === "not JSON" && at === lines.length - 1) break;
    if (typeof read === "string") problems.push(`line ${at + 1} of the event log: ${maskKeys(read)}`);
    else if (read === undefined) unknown++;
    else if (read.type === "request" && requests.has(read.request)) {
      // What follows can't be told from what was before it: it has the same names.
      problems.push(
        `line ${at + 1} of the event log: request ${read.request} was there before; ${secondRun}`,
      );
      break;
    } else {
      if (read.type === "request") requests.add(read.request);
      events.push(read);
    }
  }
  if (events.length === 0 && unknown === 0 && problems[0] !== undefined)
    throw new FaultEngineError("invalid-events", `${problems[0]}; no line of the file is an event`);
  const { maxNamedLines } = readLogLimits;
  const more = problems.length - maxNamedLines;
  return {
    events,
    unreadable:
      more > 0 ? [...problems.slice(0, maxNamedLines), `and ${writeCount(more, "more line")}`] : problems,
  };
}

const secondRun = "the log of another run begins here, and is not read; make a report of each log by itself";

/** The event of a line; `undefined` for one of a type that this version does not know, a text for why it is none. */
function readLine(line: string): EngineEvent | string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "not JSON";
  }
  if (!knownType.safeParse(value).success)
    return hasType.safeParse(value).success ? undefined : "no object with a type";
  const outcome = schema.safeParse(value);
  // Another writer, or an older version, may have masked nothing.
  if (outcome.success) return maskTexts(outcome.data);
  const [problem] = schemaProblems(outcome.error.issues.slice(0, 1), value, {});
  if (!problem) return "not an event";
  const { path, found, expected } = problem;
  const words = found === undefined ? "missing" : `found ${foundWords(found, path)}`;
  return `${path.join(".")}: ${words}, ${expected}`;
}

const hasType = z.object({ type: z.string() });
const knownType = z.object({
  type: z.enum([
    "connection",
    "request",
    "decision",
    "done",
    "undone",
    "response",
    "end",
    "unread",
    "outcome",
  ]),
});
