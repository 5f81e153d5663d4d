import type { ExchangeEnd, GrpcTally } from "../events/event.ts";
import type { Outcome, OutcomeEvent } from "../events/outcome.ts";
import type { Severity } from "../verdicts/check.ts";
import type { VerdictOutcome } from "../verdicts/demands.ts";
import type { Link } from "../verdicts/links.ts";
import type { OperationAttempt } from "../verdicts/operations.ts";
import { headline } from "./headline.ts";
import { emptyNote, type ReportInput, rulesText, type Totals, totalsOf } from "./report.ts";

/** What came of something that was expected. */
interface JsonFinding {
  readonly outcome: VerdictOutcome;
  readonly expected: string;
  readonly found: string;
  /** With `unproven`: what would prove it. */
  readonly proof: string | null;
  /** Names of requests that show it, at most 10. */
  readonly requests: readonly string[];
}

/** What a program, or the end of its process, said. */
export interface JsonOutcome {
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** Whether the program said so itself, or its exit status does. */
  readonly from: OutcomeEvent["from"];
  /** What became of it for the program. */
  readonly outcome: Outcome;
  /** What the operation's requests had in `x-faultwire-operation`; `null` where it is not said. */
  readonly operation: string | null;
  /** Id that the API gave one of its responses; `null` where it is not said. */
  readonly requestId: string | null;
  /** Trace id of its requests, 32 hex digits; `null` where it is not said. */
  readonly trace: string | null;
  /** In the program's own words; `null` without any. */
  readonly text: string | null;
  /** Exit status of the process; `null` where none was seen. */
  readonly exitStatus: number | null;
  /** Signal that ended the process; `null` without one. */
  readonly signal: string | null;
}

/** One request. Times are milliseconds on the clock of the run. */
export interface JsonAttempt {
  /** Name of the request in the event log. */
  readonly request: string;
  /** When all of the request had come. */
  readonly atMs: number;
  /** When its head had come. */
  readonly beganMs: number;
  /** As on the request line. */
  readonly method: string;
  /** Host that it is for. */
  readonly host: string;
  /** Path without the query. */
  readonly path: string;
  /** Rule that hit it; `null` for none. */
  readonly rule: string | null;
  /** Kind of the fault; `null` for none. */
  readonly fault: string | null;
  /** Why the fault was not carried out. */
  readonly undone: string | null;
  /** What was done in its place. */
  readonly instead: string | null;
  /** Status that the client got; `null` where it got no head. */
  readonly status: number | null;
  /**
   * Who answered it where that was no rule and not simply the upstream: as of a `response` event, or `no-upstream` where the carrier did
   * because the upstream could not be reached.
   */
  readonly answeredBy?: string | undefined;
  /** The id that the API gave its response. */
  readonly requestId: string | null;
  /** What its response asked its client to wait: by `retry-after`, or in a gRPC call by a pushback or a `RetryInfo`. */
  readonly retryAfterMs: number | null;
  /** Where it was a gRPC call: what went over it, and its status. */
  readonly grpc?: GrpcTally | undefined;
  /** Where a fault of another request ended it, such as a GOAWAY: whose. */
  readonly endedBy?: { readonly rule: string; readonly fault: string } | undefined;
  /** How the exchange ended; `null` while it has not. */
  readonly end: ExchangeEnd | null;
  /** When it ended; `null` while it has not. */
  readonly endMs: number | null;
  /** Whether the response came whole with a status below 400. */
  readonly succeeded: boolean;
  /** Why it counts as the repeat of the attempt before it. */
  readonly link: (Pick<Link, "by" | "certainty"> & { readonly newCall: boolean }) | null;
}

/**
 * The report for programs, published as `report.schema.json`. Members may be added under the same `format`; none is taken
 * away or means something else.
 */
export interface JsonReport {
  readonly format: 1;
  /** Name of the run, such as the rule file's. */
  readonly title: string;
  /** What the run showed, in one sentence. */
  readonly headline: string;
  /** Whether every expectation of the rule file is met and proven. */
  readonly passed: boolean;
  /** False where there was nothing to judge: then `passed` means nothing. */
  readonly judged: boolean;
  /** Why nothing was judged. */
  readonly note: string | null;
  /** What is known of the run; `null` for what was not given. */
  readonly run: {
    readonly seed: string | number | null;
    readonly date: string | null;
    readonly versions: Readonly<Record<string, string>>;
    readonly rules: string | null;
  };
  /** Sums over the whole run. */
  readonly totals: Totals;
  /** What came of the rule file's expectations. */
  readonly verdicts: readonly (JsonFinding & { readonly rule: string; readonly demand: string })[];
  /** What came of what every client should do, the worst first. */
  readonly checks: readonly (JsonFinding & {
    readonly check: string;
    readonly subject: string;
    readonly faults: readonly string[];
    readonly severity: Severity;
    readonly phrase: string;
    readonly advice: string;
  })[];
  /** What was said of the run, or of an operation that the log does not hold. */
  readonly outcomes: readonly JsonOutcome[];
  /** What was not read, so that no rule could see it. */
  readonly unread: readonly {
    readonly reason: string;
    readonly connections: number;
    readonly hosts: readonly string[];
  }[];
  /** Lines of the event log that can't be read. */
  readonly unreadable: readonly string[];
  /** Everything that was wanted once, each with its attempts in the order of time. */
  readonly operations: readonly {
    readonly client: string;
    readonly fingerprint: string;
    readonly model: string | null;
    readonly stream: boolean;
    readonly messages: number | null;
    readonly bodyBytes: number | null;
    /** What the program said last of it. */
    readonly outcome: JsonOutcome | null;
    readonly attempts: readonly JsonAttempt[];
  }[];
}

/**
 * The report for programs; its form is published as `report.schema.json`.
 *
 * @example
 * ```ts
 * await writeFile("report.json", jsonReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function jsonReport({ title, judgement, run = {} }: ReportInput): string {
  const { verdicts, checks, operations, outcomes, unread, unreadable, passed, judged } = judgement;
  const report: JsonReport = {
    format: 1,
    title,
    headline: headline(judgement),
    passed,
    judged,
    note: emptyNote(judgement),
    run: {
      seed: run.seed ?? null,
      date: run.date ?? null,
      versions: { ...run.versions },
      rules: rulesText(run),
    },
    totals: totalsOf(verdicts),
    verdicts,
    checks,
    outcomes: outcomes.map(saidOf),
    unread,
    unreadable,
    operations: operations.map(({ client, fingerprint, attempts, outcome }) => {
      const first = attempts[0]?.request;
      return {
        client,
        fingerprint,
        model: first?.model ?? null,
        stream: first?.stream ?? false,
        messages: first?.messages ?? null,
        bodyBytes: first?.bodyBytes ?? null,
        outcome: outcome && saidOf(outcome),
        attempts: attempts.map(attemptOf),
      };
    }),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function attemptOf(attempt: OperationAttempt): JsonAttempt {
  const { request, beganAtMs, decision, carriedOut, response, end, askedWaitMs, succeeded, link } = attempt;
  const answeredBy = response?.standsIn ? "no-upstream" : response?.answeredBy;
  return {
    request: request.request,
    atMs: request.atMs,
    beganMs: beganAtMs,
    method: request.method,
    host: request.host,
    path: request.path,
    rule: decision?.rule ?? null,
    fault: decision?.fault ?? null,
    undone: carriedOut?.type === "undone" ? carriedOut.reason : null,
    instead: carriedOut?.type === "done" ? (carriedOut.instead ?? null) : null,
    status: response?.status ?? null,
    requestId: response?.requestId ?? null,
    ...(answeredBy !== undefined && { answeredBy }),
    retryAfterMs: askedWaitMs,
    ...(end?.grpc && { grpc: end.grpc }),
    ...(end?.endedBy && { endedBy: end.endedBy }),
    end: end?.how ?? null,
    endMs: end?.atMs ?? null,
    succeeded,
    link: link && { by: link.by, certainty: link.certainty, newCall: link.isNewCall },
  };
}

function saidOf(event: OutcomeEvent): JsonOutcome {
  const { atMs, from, outcome, operation, requestId, trace, text, exitStatus, signal } = event;
  return {
    atMs,
    from,
    outcome,
    operation: operation ?? null,
    requestId: requestId ?? null,
    trace: trace ?? null,
    text: text ?? null,
    exitStatus: exitStatus ?? null,
    signal: signal ?? null,
  };
}
