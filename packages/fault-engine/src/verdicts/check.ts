/** What every client should do, as one check says it. */
import type { FaultKind } from "../faults/fault.ts";
import type { Finding, VerdictOutcome } from "./demands.ts";

/** How bad a failed check is for whoever runs the program. */
export type Severity = "high" | "medium" | "low";

/** The names of the checks. */
export type CheckName =
  /** A `retry-after` is waited for. */
  | "waitsForRetryAfter"
  /** What passes by itself (5xx, 529, a 429 without `retry-after`, a lost connection) is asked for again. */
  | "retriesPassingErrors"
  /** Waits before such retries grow. */
  | "backsOff"
  /** Waits before such retries differ, so that clients that failed together don't come back together. */
  | "waitsDiffer"
  /** What will fail again (400, 401, 403, 404, 413, a spend limit) is not asked for again. */
  | "leavesRefusals"
  /** What may have been worked on, and is not idempotent, is not asked for again. */
  | "leavesWhatMayBeDone"
  /** A connection of HTTP/2 is left once its GOAWAY was read. */
  | "leavesGoneConnection"
  /** No operation asks again and again. */
  | "noStorm"
  /** A response that ends early is noticed. */
  | "noticesCut"
  /** A response that comes to a standstill is given up. */
  | "nothingHangs";

/** What came of one check. */
export interface Check {
  /** Which check it is. */
  readonly check: CheckName;
  /** The failure that it is about, such as `429 with retry-after`. */
  readonly subject: string;
  /** Kinds of the faults that made it. */
  readonly faults: readonly FaultKind[];
  /** What came of it. */
  readonly outcome: VerdictOutcome;
  /** How much a failure of it matters. */
  readonly severity: Severity;
  /** What a client should do, in words. */
  readonly expected: string;
  /** What this client did, in words. */
  readonly found: string;
  /** With `unproven`: what would prove it; `null` otherwise. */
  readonly proof: string | null;
  /** What it came to, as a part of a sentence: `asks again too soon after 429`. */
  readonly phrase: string;
  /** With `fail`: what to do. */
  readonly advice: string;
  /** Requests that show it, at most 10. */
  readonly requests: readonly string[];
}

/** A finding with what it means. */
export interface Told {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly phrase: string;
  readonly advice: string;
}
