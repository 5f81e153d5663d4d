/** What every client should do when a call fails, without a word in the rule file. */
import type { OutcomeEvent } from "../events/outcome.ts";
import { writeCount } from "../write-count.ts";
import type { Check, CheckName, Told } from "./check.ts";
import { checkHangs } from "./check-hangs.ts";
import { checkGoaway, checkMayBeDone } from "./check-http2.ts";
import { checkLeaves, checkRetries } from "./check-retries.ts";
import {
  judgeBackoff,
  judgeCuts,
  judgeWaits,
  type Looked,
  repeatProof,
  type VerdictOutcome,
} from "./demands.ts";
import { wasEndedFromOutside } from "./exit-proof.ts";
import { type IsHit, repeatsOf, withoutSpent } from "./hits.ts";
import type { Operation, OperationAttempt } from "./operations.ts";
import { isFailure, subjectsOf } from "./subjects.ts";
import { leastOf, mostOf, writeMs } from "./words.ts";

/** More attempts of one operation than this are a storm; the SDKs make 3. */
const maxAttempts = 10;
/** So many waits have to be there before it is said that they don't differ. */
const minWaits = 4;
/** Waits that lie within this share of the longest are the same. */
const sameShare = 0.02;

/** Checks everything that came up, the worst first. */
export function defaultChecks(
  operations: readonly Operation[],
  outcomes: readonly OutcomeEvent[],
  exit: IsHit,
): Check[] {
  const checks: Check[] = [];
  for (const [{ group, subject }, looked] of subjectsOf(operations)) {
    const add = (check: CheckName, of: Told): void => {
      checks.push(written(check, subject, looked, of));
    };
    switch (group) {
      case "asksToWait":
        add("waitsForRetryAfter", waits(subject, looked, outcomes));
        break;
      case "passes":
        add("retriesPassingErrors", checkRetries(subject, looked, operations, outcomes));
        add("backsOff", backoff(subject, looked));
        break;
      case "refuses":
        add("leavesRefusals", checkLeaves(subject, looked));
        break;
      case "mayBeDone":
        add("leavesWhatMayBeDone", checkMayBeDone(subject, looked));
        break;
      case "cut":
        add("noticesCut", cuts(subject, looked, exit));
        break;
      case "stalls":
        add("nothingHangs", checkHangs(subject, looked, outcomes, operations));
        break;
      default:
        group satisfies never;
    }
  }
  const goaway = checkGoaway(operations);
  if (goaway) checks.push(goaway);
  const hit = { operations: operations.filter(({ attempts }) => attempts.some(isFailure)), isHit: isFailure };
  if (hit.operations.length > 0) {
    checks.push(written("noStorm", "failures", hit, storm(hit)));
    const spread = differ(hit);
    if (spread) checks.push(written("waitsDiffer", "failures", hit, spread));
  }
  return checks.sort((a, b) => rank(a) - rank(b));
}

function rank({ outcome, severity }: Check): number {
  const outcomes = { fail: 0, unproven: 10, untested: 20, pass: 30 };
  return outcomes[outcome] + { high: 0, medium: 1, low: 2 }[severity];
}

function written(check: CheckName, subject: string, { operations, isHit }: Looked, told: Told): Check {
  const { finding, severity, phrase, advice } = told;
  const { outcome, expected, found, proof = null, shown } = finding;
  const faults = new Set(
    operations.flatMap(({ attempts }) =>
      attempts.flatMap((attempt) => (isHit(attempt) && attempt.decision ? [attempt.decision.fault] : [])),
    ),
  );
  return {
    ...{ check, subject, outcome, severity, expected, found, proof, phrase, advice },
    faults: [...faults],
    requests: shown.slice(0, 10).map(({ request }) => request.request),
  };
}

function waits(subject: string, looked: Looked, outcomes: readonly OutcomeEvent[]): Told {
  // A status of HTTP, or what a gRPC call has for it.
  const isHttp = /^\d/.test(subject);
  const finding = judgeWaits(
    looked,
    ({ askedWaitMs }) => askedWaitMs,
    isHttp ? `a ${subject} with retry-after is waited for` : `${subject} is waited for`,
  );
  const it = isHttp ? `a ${subject}` : subject;
  const phrases = {
    pass: `waits as ${it} asks`,
    fail: `asks again too soon after ${subject}`,
    unproven: `whether it waits as ${it} asks is not shown`,
    untested:
      withoutSpent(looked.operations, looked.isHit).length === 0
        ? `met ${subject} only after retries`
        : wasEndedFromOutside(outcomes)
          ? `was ended before it asked again after ${subject}`
          : `does not ask again after ${subject}`,
  };
  return {
    finding,
    severity: "high",
    phrase: phrases[finding.outcome],
    advice: isHttp
      ? "Read retry-after (seconds or a date) or retry-after-ms from the response, and wait at least that long before the next request. A client that comes sooner is refused again, and may be blocked."
      : "Read the google.rpc.RetryInfo in grpc-status-details-bin, which gRPC's libraries hand over and don't act on, and wait at least that long before the next call. grpc-retry-pushback-ms is for the library: give it a retry policy, and it waits by itself.",
  };
}

function backoff(subject: string, looked: Looked): Told {
  const finding = judgeBackoff(looked);
  const phrases = {
    pass: `waits longer each time after ${subject}`,
    fail: `does not wait longer each time after ${subject}`,
    unproven: `whether its waits after ${subject} grow is not shown`,
    untested: `was not seen to retry ${subject} twice`,
  };
  return {
    finding,
    severity: "medium",
    phrase: phrases[finding.outcome],
    advice:
      "Double the wait from retry to retry, up to a limit: an API that is overloaded recovers only if less is asked of it.",
  };
}

function cuts(subject: string, looked: Looked, exit: IsHit): Told {
  const finding = judgeCuts(looked, exit);
  const isEnd =
    finding.outcome === "pass" && looked.operations.some(({ attempts }) => exit(attempts.at(-1)!));
  const phrases = {
    pass: isEnd ? `${subject} ended the program with an error` : `notices ${subject}`,
    fail: `takes ${subject} for whole`,
    unproven: `what it makes of ${subject} is not shown`,
    untested: `did not meet ${subject}`,
  };
  return {
    finding,
    severity: "high",
    phrase: phrases[finding.outcome],
    advice:
      "Take a stream for whole only after its last event (message_stop, [DONE], a finish reason); otherwise ask again, or tell the caller that the answer is a part.",
  };
}

function storm({ operations }: Looked): Told {
  const longest = longestOf(operations.map(({ attempts }) => attempts));
  const sure = longestOf(operations.map(longestSureRow));
  const outcome: VerdictOutcome =
    sure.length > maxAttempts ? "fail" : longest.length > maxAttempts ? "unproven" : "pass";
  const most = outcome === "fail" ? sure : longest;
  const phrases = {
    pass: "does not ask for ever",
    fail: `asks ${most.length} times in a row`,
    unproven: `whether ${most.length} requests in a row are retries is not shown`,
    untested: "",
  };
  return {
    finding: {
      outcome,
      expected: `no operation asks more than ${maxAttempts} times`,
      found: `${writeCount(most.length, "request")} at the most`,
      ...(outcome === "unproven" && { proof: repeatProof }),
      shown: outcome === "pass" ? [] : most,
    },
    severity: "high",
    phrase: phrases[outcome],
    advice:
      "Limit the number of retries, and their time as a whole. Look for retries in several layers (SDK, gateway, job queue): they multiply.",
  };
}

/** The longest row of attempts that are one call: where a link is unclear, another call may begin. */
function longestSureRow({ attempts }: Operation): readonly OperationAttempt[] {
  const rows: OperationAttempt[][] = [];
  for (const attempt of attempts)
    if (attempt.link === null || attempt.link.certainty === "unclear") rows.push([attempt]);
    else rows.at(-1)?.push(attempt);
  return longestOf(rows);
}

function longestOf(rows: readonly (readonly OperationAttempt[])[]): readonly OperationAttempt[] {
  return rows.reduce((a, b) => (b.length > a.length ? b : a), []);
}

/** Whether clients that failed together would come back together; `undefined` where there are too few waits to say. */
function differ({ operations, isHit }: Looked): Told | undefined {
  const firsts = operations.flatMap((operation) => {
    const [repeat] = repeatsOf(operation, isHit);
    if (repeat === undefined || repeat.link.certainty === "unclear" || repeat.link.candidates.length > 1)
      return [];
    return repeat.before.askedWaitMs === null ? [repeat] : [];
  });
  if (firsts.length < minWaits) return undefined;
  const waitsMs = firsts.map(({ waitMs }) => waitMs.most);
  const [least, most] = [leastOf(waitsMs), mostOf(waitsMs)];
  const isSame = most - least <= most * sameShare;
  return {
    finding: {
      outcome: isSame ? "fail" : "pass",
      expected: "waits differ by chance",
      found: `${writeCount(firsts.length, "first wait")} between ${writeMs(least)} and ${writeMs(most)}`,
      shown: isSame ? firsts.map(({ after }) => after) : [],
    },
    severity: "low",
    phrase: isSame ? "waits without jitter" : "waits with jitter",
    advice:
      "Take a random share off each wait (jitter), so that clients that failed together don't come back together.",
  };
}
