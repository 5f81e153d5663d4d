// Apart from the report itself: what only writes one does not want a schema library.

import { z } from "zod";
import { EXCHANGE_ENDS } from "../events/event.ts";
import { OUTCOMES } from "../events/outcome.ts";
import { grpcTally } from "../events/read-event-log.ts";
import type { JsonReport } from "./json-report.ts";

const outcome = z.enum(["pass", "fail", "unproven", "untested"]);
const ms = z.number().describe("milliseconds on the clock of the run");
const requests = z.array(z.string()).describe("names of requests that show it, at most 10");
const said = z.object({
  atMs: ms,
  from: z.enum(["program", "exit"]),
  outcome: z.enum(OUTCOMES),
  operation: z.string().nullable(),
  requestId: z.string().nullable(),
  trace: z.string().nullable(),
  text: z.string().nullable(),
  exitStatus: z.int().nullable(),
  signal: z.string().nullable(),
});
const attempt = z.object({
  request: z.string(),
  atMs: ms,
  beganMs: ms,
  method: z.string(),
  host: z.string(),
  path: z.string(),
  rule: z.string().nullable(),
  fault: z.string().nullable(),
  undone: z.string().nullable().describe("why the fault was not carried out"),
  instead: z.string().nullable().describe("what was done in its place"),
  status: z.int().nullable(),
  answeredBy: z
    .string()
    .optional()
    .describe(
      "who answered where that was no rule and not simply the upstream: mock, recording, no-recording, passed-on, or no-upstream where it could not be reached",
    ),
  requestId: z.string().nullable().describe("the id that the API gave its response"),
  retryAfterMs: z.number().nullable(),
  grpc: grpcTally.optional().describe("where it was a gRPC call: what went over it, and its status"),
  endedBy: z
    .object({ rule: z.string(), fault: z.string() })
    .optional()
    .describe("where a fault of another request ended it, such as a GOAWAY: whose"),
  end: z.enum(EXCHANGE_ENDS).nullable(),
  endMs: ms.nullable(),
  succeeded: z.boolean(),
  link: z
    .object({
      by: z.enum(["operation", "idempotency", "retry-count", "span", "same-request"]),
      certainty: z.enum(["told", "likely", "unclear"]),
      newCall: z.boolean(),
    })
    .nullable()
    .describe("why it counts as the repeat of the attempt before it"),
});

/** {@link JsonReport}, to hold a report against. */
export const reportSchema: z.ZodType<JsonReport> = z
  .object({
    format: z.literal(1),
    title: z.string(),
    headline: z.string().describe("what the run showed, in one sentence"),
    passed: z.boolean().describe("whether every expectation of the rule file is met and proven"),
    judged: z.boolean().describe("false where there was nothing to judge: then `passed` means nothing"),
    note: z.string().nullable().describe("why nothing was judged"),
    run: z.object({
      seed: z.union([z.string(), z.number()]).nullable(),
      date: z.string().nullable(),
      versions: z.record(z.string(), z.string()),
      rules: z.string().nullable(),
    }),
    totals: z.object({ pass: z.int(), fail: z.int(), unproven: z.int(), untested: z.int() }),
    verdicts: z
      .array(
        z.object({
          rule: z.string(),
          demand: z.string(),
          outcome,
          expected: z.string(),
          found: z.string(),
          proof: z.string().nullable(),
          requests,
        }),
      )
      .describe("what came of the rule file's expectations"),
    checks: z
      .array(
        z.object({
          check: z.string(),
          subject: z.string(),
          faults: z.array(z.string()),
          outcome,
          severity: z.enum(["high", "medium", "low"]),
          expected: z.string(),
          found: z.string(),
          proof: z.string().nullable(),
          phrase: z.string(),
          advice: z.string(),
          requests,
        }),
      )
      .describe("what came of what every client should do, the worst first"),
    outcomes: z
      .array(said)
      .describe("what was said of the run, or of an operation that the log does not hold"),
    unread: z.array(z.object({ reason: z.string(), connections: z.int(), hosts: z.array(z.string()) })),
    unreadable: z.array(z.string()).describe("lines of the event log that can't be read"),
    operations: z.array(
      z.object({
        client: z.string(),
        fingerprint: z.string(),
        model: z.string().nullable(),
        stream: z.boolean(),
        messages: z.int().nullable(),
        bodyBytes: z.int().nullable(),
        outcome: said.nullable().describe("what the program said last of it"),
        attempts: z.array(attempt),
      }),
    ),
  })
  .meta({ title: "Faultwire report", description: "What a run showed, for programs." });

/**
 * The JSON Schema (2020-12) of the report for programs; published as `report.schema.json`.
 *
 * @example
 * ```ts
 * await writeFile("report.schema.json", JSON.stringify(reportJsonSchema()));
 * ```
 */
export function reportJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(reportSchema, { io: "output", target: "draft-2020-12" }) };
}
