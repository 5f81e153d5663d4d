// Apart from the events themselves: whoever only writes them does not want a schema library.
import { z } from "zod";
import { FaultEngineError } from "../fault-engine-error.ts";
import { FAULT_KINDS, type FaultKind } from "../faults/fault.ts";
import type { EngineEvent } from "./event.ts";

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
  z.object({ type: z.literal("done"), ...ofRule, instead: z.string().optional() }),
  z.object({ type: z.literal("undone"), ...ofRule, reason: z.string() }),
  z.object({
    type: z.literal("response"),
    atMs,
    request: id,
    // Servers send statuses beyond 599, too; HTTP/1 is read with any three digits that begin with 1 to 9.
    status: z.int().min(100).max(999),
    injected: z.boolean(),
    retryAfterMs: z.number().min(0).nullable(),
  }),
  z.object({
    type: z.literal("end"),
    atMs,
    request: id,
    how: z.enum(["complete", "cut", "failed", "abandoned"]),
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
]);

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
  type: z.enum(["connection", "request", "decision", "done", "undone", "response", "end", "unread"]),
});
