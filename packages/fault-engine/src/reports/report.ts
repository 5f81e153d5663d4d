import type { Judgement, Verdict } from "../verdicts/judge.ts";
import type { Attempt, Operation } from "../verdicts/operations.ts";
import { describeUnread, type Unread } from "../verdicts/unread.ts";

/** What a report is made of. Same input, same bytes: a report holds no time of its own. */
export interface ReportInput {
  /** The name of the run, such as the rule file's. */
  readonly title: string;
  readonly judgement: Judgement;
}

/** How often each outcome came. */
export interface Totals {
  readonly pass: number;
  readonly fail: number;
  readonly untested: number;
}

/** Counts the outcomes. */
export function totalsOf(verdicts: readonly Verdict[]): Totals {
  const count = (outcome: Verdict["outcome"]): number =>
    verdicts.filter((one) => one.outcome === outcome).length;
  return { pass: count("pass"), fail: count("fail"), untested: count("untested") };
}

/** `2 passed, 1 failed, 0 untested`. */
export function writeTotals({ pass, fail, untested }: Totals): string {
  return `${pass} passed, ${fail} failed, ${untested} untested`;
}

/** What a log without a request says; `null` where there is one. Such a log proves nothing, and must not look as if. */
export function emptyNote({ operations }: Judgement): string | null {
  return operations.length > 0 ? null : "the log holds no request, so there is nothing to judge";
}

/** `a head over the limit, on 2 connections (api.example.com)`. */
export function writeUnread({ reason, connections, hosts }: Unread): string {
  const where = hosts.length === 0 ? "" : ` (${hosts.join(", ")})`;
  return `${describeUnread(reason)}, on ${connections} connection${connections === 1 ? "" : "s"}${where}`;
}

/** Faults that were done otherwise than their rules ask for: one line for each rule and way. */
export function insteadOf(operations: readonly Operation[]): string[] {
  const counts = new Map<string, number>();
  for (const { attempts } of operations)
    for (const { carriedOut } of attempts) {
      if (carriedOut?.type !== "done" || carriedOut.instead === undefined) continue;
      const line = `${carriedOut.rule}: ${carriedOut.fault}, instead ${carriedOut.instead}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  return Array.from(counts, ([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}

/** What became of a request, in a few words. */
export function attemptOutcome({ response, end }: Attempt): string {
  const status = response === null ? "no response" : String(response.status);
  if (end === null) return `${status}, still open`;
  switch (end.how) {
    case "complete":
      return status;
    case "cut":
      return `${status}, cut`;
    case "failed":
      return "failed";
    case "abandoned":
      return `${status}, abandoned by the client`;
    default:
      return end.how satisfies never;
  }
}
