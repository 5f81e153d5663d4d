/** Whether a program gives up a response that comes to a standstill. */
import type { OutcomeEvent } from "../events/outcome.ts";
import type { Told } from "./check.ts";
import type { Looked, VerdictOutcome } from "./demands.ts";
import type { Operation, OperationAttempt } from "./operations.ts";
import { mostOf, writeMs } from "./words.ts";

/**
 * A client that went away while its program lived on has given up. One that was still there when its process was ended from
 * outside hung. When the log ends with the client, nothing tells which of the two ended first.
 */
export function checkHangs(
  subject: string,
  { operations, isHit }: Looked,
  outcomes: readonly OutcomeEvent[],
  all: readonly Operation[],
): Told {
  const exit = outcomes.find(({ from }) => from === "exit");
  const rows = operations.flatMap((operation) =>
    operation.attempts.filter(isHit).map((attempt) => ({
      attempt,
      outcome: hangOf(
        attempt,
        operation.attempts.at(-1) !== attempt || operation.outcome !== null,
        exit,
        lastSeenMs(operation.client, all),
      ),
      tookMs: (attempt.endedAtMs ?? exit?.atMs ?? attempt.beganAtMs) - attempt.beganAtMs,
    })),
  );
  const outcome: VerdictOutcome =
    (["fail", "unproven"] as const).find((one) => rows.some((row) => row.outcome === one)) ?? "pass";
  const worst = rows.filter((row) => row.outcome === outcome);
  const left = worst.filter(({ attempt }) => attempt.end?.how !== "complete");
  const longestOf = (some: typeof rows): number => mostOf(some.map((row) => row.tookMs));
  const tookMs = longestOf(worst);
  const phrases = {
    pass:
      left.length > 0
        ? `gives up ${subject} after ${writeMs(longestOf(left))}`
        : `waits ${writeMs(tookMs)} for ${subject}, until it goes on`,
    fail: `hangs on ${subject}`,
    unproven: `whether it gives up ${subject} is not shown`,
    untested: "",
  };
  return {
    finding: {
      outcome,
      expected: `${subject} is given up`,
      found:
        outcome === "pass"
          ? `over after ${writeMs(tookMs)} at the most`
          : outcome === "fail"
            ? `still waiting after ${writeMs(tookMs)}, when the program was ended`
            : `waiting for ${writeMs(tookMs)}, until the run ended`,
      ...(outcome === "unproven" && {
        proof:
          "a longer run; or the end of the program's process, as faultwire run sees it; or its own word (POST /outcome)",
      }),
      shown: outcome === "pass" ? [] : worst.map(({ attempt }) => attempt),
    },
    severity: "high",
    phrase: phrases[outcome],
    advice:
      "Set a time limit for the whole call, and one for the time between two parts of a stream; most libraries have none, or one of several minutes.",
  };
}

function hangOf(
  { beganAtMs, end, endedAtMs }: OperationAttempt,
  hasGoneOn: boolean,
  exit: OutcomeEvent | undefined,
  lastMs: number,
): Exclude<VerdictOutcome, "untested"> {
  if (end?.how === "complete" || hasGoneOn) return "pass";
  const isKilled = exit !== undefined && exit.exitStatus === null;
  // A client that was ended soon may have a time limit that had not come.
  const hung = (endedAtMs ?? exit?.atMs ?? beganAtMs) - beganAtMs < minHangMs ? "unproven" : "fail";
  if (endedAtMs === null) return isKilled ? hung : "unproven";
  if (exit === undefined) return endedAtMs < lastMs ? "pass" : "unproven";
  // A process that is ended from outside takes its connections with it.
  return isKilled && endedAtMs >= exit.atMs - killMs ? hung : "pass";
}

/** When a client was last heard of. */
function lastSeenMs(client: string, all: readonly Operation[]): number {
  const its = all.filter((operation) => operation.client === client);
  return mostOf(its.flatMap(({ attempts }) => attempts.map((one) => one.endedAtMs ?? one.beganAtMs)));
}

/** Between the end of a killed process's connections and the word of its end, in ms. */
const killMs = 1000;

/** A client that waits so long for a standstill, in ms, hangs on it. */
const minHangMs = 30_000;
