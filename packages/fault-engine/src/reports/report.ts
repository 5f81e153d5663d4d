import { maskKeys } from "../events/mask-secrets.ts";
import type { OutcomeEvent } from "../events/outcome.ts";
import { describeUnread, type Unread } from "../events/unread.ts";
import type { Attempt } from "../verdicts/attempts.ts";
import type { Judgement, Verdict } from "../verdicts/judge.ts";
import type { Operation } from "../verdicts/operations.ts";
import { writeCount } from "../write-count.ts";
import { writeGrpc } from "./grpc-words.ts";
import { writeWebSocket } from "./websocket-words.ts";

/** What is known of the run that a report is about. Each is left out of the report where it is not given. */
export interface RunFacts {
  /** Seed of the rule set. */
  readonly seed?: number | string | undefined;
  /** When it ended, as ISO 8601 has it. */
  readonly date?: string | undefined;
  /** Versions by the name of the program, such as `{ faultwire: "0.1.0" }`. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** The text of the rule file; whatever looks like a key is masked. */
  readonly rules?: string | undefined;
}

/** What a report is made of. Same input, same bytes: a report holds no time of its own. */
export interface ReportInput {
  /** The name of the run, such as the rule file's. */
  readonly title: string;
  /** What the run showed. */
  readonly judgement: Judgement;
  /** What is known of the run. */
  readonly run?: RunFacts | undefined;
}

/** How often each outcome came. */
export interface Totals {
  readonly pass: number;
  readonly fail: number;
  readonly unproven: number;
  readonly untested: number;
}

/** Counts the outcomes. */
export function totalsOf(verdicts: readonly Pick<Verdict, "outcome">[]): Totals {
  const count = (outcome: Verdict["outcome"]): number =>
    verdicts.filter((one) => one.outcome === outcome).length;
  return {
    pass: count("pass"),
    fail: count("fail"),
    unproven: count("unproven"),
    untested: count("untested"),
  };
}

/** `2 passed, 1 failed, 0 unproven, 0 untested`. */
export function writeTotals({ pass, fail, unproven, untested }: Totals): string {
  return `${pass} passed, ${fail} failed, ${unproven} unproven, ${untested} untested`;
}

/** Why nothing was judged; `null` where something was. Such a run proves nothing, and must not look as if. */
export function emptyNote({ operations, judged, verdicts, checks }: Judgement): string | null {
  if (operations.length === 0)
    return "Nothing was judged: the log holds no request, so there is nothing to judge";
  if (judged || verdicts.length > 0) return null;
  return checks.length > 0
    ? "Nothing was judged: no client was seen to react to a failure"
    : "Nothing was judged: no failure of ours met a request, or nothing is expected";
}

/** `a head over the limit, on 2 connections (api.example.com)`. */
export function writeUnread({ reason, connections, hosts }: Unread): string {
  const where = hosts.length === 0 ? "" : ` (${hosts.join(", ")})`;
  return `${describeUnread(reason)}, on ${writeCount(connections, "connection")}${where}`;
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
  const by = end.endedBy ? `, by ${end.endedBy.rule} (${end.endedBy.fault})` : "";
  if (end.grpc) return `${status}, ${writeGrpc(end.grpc)}${end.how === "complete" ? "" : `, ${end.how}`}`;
  if (end.webSocket) return `${status}, ${writeWebSocket(end.webSocket)}`;
  switch (end.how) {
    case "complete":
      return status;
    case "cut":
      return `${status}, cut${by}`;
    case "failed":
      return `failed${by}`;
    case "abandoned":
      return `${status}, abandoned by the client`;
    case "unread":
      return `${status}, not read to its end`;
    default:
      return end.how satisfies never;
  }
}

/** What a program, or the end of its process, said: `the program said: error, stream ended early`. */
export function writeOutcome({ from, outcome, exitStatus, signal, text }: OutcomeEvent): string {
  const said =
    from === "program"
      ? `the program said: ${outcome}`
      : `the program ended with ${signal ?? `exit status ${exitStatus ?? "unknown"}`}`;
  return text === undefined ? said : `${said}, ${text}`;
}

/** What a request is known by besides its address, without anything of its text: `3 messages, 1.2 kB, 4f3a9c21`. */
export function requestHint({ request }: Attempt): string {
  const { messages, bodyBytes, fingerprint, method } = request;
  if (method === "CONNECT") return "";
  return [
    messages === undefined ? "" : writeCount(messages, "message"),
    bodyBytes === undefined ? "" : writeBytes(bodyBytes),
    fingerprint.slice(0, 8),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** The facts of a run, each with its name, in the order in which reports have them. */
export function runFacts({ seed, date, versions = {} }: RunFacts): readonly (readonly [string, string])[] {
  return [
    ...(seed === undefined ? [] : [["seed", String(seed)] as const]),
    ...(date === undefined ? [] : [["date", date] as const]),
    ...Object.entries(versions),
  ];
}

/** The rules as a report shows them; `null` where they are not known. */
export function rulesText({ rules }: RunFacts): string | null {
  return rules === undefined ? null : maskKeys(rules.trimEnd());
}

function writeBytes(bytes: number): string {
  return bytes < 1000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
