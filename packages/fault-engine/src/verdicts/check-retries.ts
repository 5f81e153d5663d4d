/** Whether a program asks again where that helps, and leaves it where it does not. */
import type { OutcomeEvent } from "../events/outcome.ts";
import { writeCount } from "../write-count.ts";
import type { Told } from "./check.ts";
import { type Finding, judgeRetries, type Looked, outcomeProof } from "./demands.ts";
import { wasEndedFromOutside } from "./exit-proof.ts";
import { countRepeats, type IsHit, withoutSpent } from "./hits.ts";
import { wasAskedBefore } from "./links.ts";
import type { Operation } from "./operations.ts";
import { mostOf } from "./words.ts";

/** Whether failures that pass by themselves are retried. */
export function checkRetries(
  subject: string,
  { operations, isHit }: Looked,
  all: readonly Operation[],
  outcomes: readonly OutcomeEvent[],
): Told {
  const looked = { operations: withoutSpent(operations, isHit), isHit };
  const finding = excused(judgeRetries({ min: 1 }, looked), looked, all, outcomes);
  const phrases = {
    pass: `retries ${subject}`,
    fail: `gives up at ${subject} without a retry`,
    unproven: `whether it retries ${subject} is not shown`,
    untested: `met ${subject} only after retries`,
  };
  return {
    finding: { ...told(finding), expected: `${subject} is retried: it passes by itself` },
    severity: "medium",
    phrase: phrases[finding.outcome],
    advice:
      "Retry it two or three times, with waits that grow from about half a second and differ by chance, before giving up or falling back.",
  };
}

/** A missing retry proves nothing of a program that may have fallen back, or was ended before it could come. */
function excused(
  finding: Finding,
  { operations, isHit }: Looked,
  all: readonly Operation[],
  outcomes: readonly OutcomeEvent[],
): Finding {
  if (finding.outcome !== "fail") return finding;
  const alone = operations.filter((operation) => {
    const { told: sure, likely, unclear } = countRepeats(operation, isHit);
    return sure + likely + unclear === 0;
  });
  const notFallenBack = alone.filter((operation) => !hasFallenBack(operation, isHit, all));
  const wasEnded = wasEndedFromOutside(outcomes);
  const guilty = notFallenBack.filter(({ outcome }) => outcome !== null || !wasEnded);
  if (guilty.length > 0) return { ...finding, shown: guilty.map(({ attempts }) => attempts[0]!) };
  const found =
    notFallenBack.length > 0
      ? "the same was not asked again before the program was ended from outside"
      : "the same was not asked again; the program asked something else next, which may be its fallback";
  const proof = notFallenBack.length > 0 ? `a longer run; or ${outcomeProof}` : outcomeProof;
  return { ...finding, outcome: "unproven", found, proof, shown: alone.map(({ attempts }) => attempts[0]!) };
}

/** A program that asks for something else in its place has fallen back, for all that the wire shows. */
function hasFallenBack(
  { client, outcome, attempts }: Operation,
  isHit: IsHit,
  all: readonly Operation[],
): boolean {
  if (outcome !== null) return outcome.outcome !== "error";
  const last = attempts.findLast(isHit)!;
  const endedAtMs = last.endedAtMs ?? Number.POSITIVE_INFINITY;
  return all.some((other) => {
    const next = other.attempts[0]!;
    return other.client === client && next.beganAtMs >= endedAtMs && !wasAskedBefore(last, next);
  });
}

/**
 * Whether refusals are left alone. Only the request that comes next is an answer to them; one with another key is another
 * question, which a client asks that has got a new token.
 */
export function checkLeaves(subject: string, { operations, isHit }: Looked): Told {
  let otherKeys = 0;
  const answers = withoutSpent(operations, isHit).map((operation) => {
    const first = operation.attempts.findIndex(isHit);
    const attempts = operation.attempts.filter((attempt, at) => {
      if (at <= first) return at === first;
      const before = operation.attempts[at - 1]!;
      if (!isHit(before)) return false;
      const isSameKey = before.request.keyDigest === attempt.request.keyDigest;
      if (!isSameKey) otherKeys++;
      return isSameKey;
    });
    return { ...operation, attempts };
  });
  const finding = judgeRetries({ max: 0 }, { operations: answers, isHit });
  const most = mostOf(
    answers.map((operation) => {
      const { told: sure, likely } = countRepeats(operation, isHit);
      return sure + likely;
    }),
  );
  const often = most === 1 ? "twice" : `${most + 1} times`;
  const phrases = {
    pass: otherKeys === 0 ? `does not retry ${subject}` : `asks again after ${subject} with another key only`,
    fail: `asks ${often} after ${subject}`,
    unproven: `whether it retries ${subject} is not shown`,
    untested: `met ${subject} only after retries`,
  };
  return {
    finding: {
      ...told(finding),
      expected: `${subject} is not retried: it will fail again`,
      ...(finding.outcome === "pass" &&
        otherKeys > 0 && { found: `${writeCount(otherKeys, "request")} with another key` }),
    },
    severity: "medium",
    phrase: phrases[finding.outcome],
    advice:
      "Don't retry it: the same request will be refused again, and costs time and quota. Hand the error to the caller at once.",
  };
}

function told(finding: Finding): Finding {
  return finding.outcome === "untested"
    ? { ...finding, found: "it came only to operations whose retries may have been used up" }
    : finding;
}
