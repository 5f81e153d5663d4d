/** The one sentence that a report begins with. */
import type { Judgement } from "../verdicts/judge.ts";
import { writeCount } from "../write-count.ts";
import { emptyNote } from "./report.ts";

/** Parts of the sentence; what is beyond is counted. A sentence of twenty parts is read by nobody. */
const maxParts = 5;

/**
 * What a run showed, in one sentence, the worst first: `Asks twice after 400; what it makes of a cut stream is not shown;
 * retries 529`.
 *
 * @example
 * ```ts
 * console.log(headline(judge([], readEventLog(text).events)));
 * ```
 */
export function headline(judgement: Judgement): string {
  const note = emptyNote(judgement);
  if (note !== null) return `${note}.`;
  const { verdicts, checks } = judgement;
  const missed = verdicts.filter(({ outcome }) => outcome !== "pass").length;
  const met =
    verdicts.length === 0
      ? []
      : missed === 0
        ? [
            verdicts.length === 1
              ? "meets what the rules expect"
              : `meets all ${verdicts.length} expectations`,
          ]
        : [`${missed} of ${writeCount(verdicts.length, "expectation")} not met or not proven`];
  const phrases = (outcome: string): string[] => [
    ...new Set(checks.flatMap((check) => (check.outcome === outcome && says(check) ? [check.phrase] : []))),
  ];
  const parts = [
    ...(missed > 0 ? met : []),
    ...phrases("fail"),
    ...phrases("unproven"),
    ...(missed > 0 ? [] : met),
    ...phrases("pass"),
    ...phrases("untested"),
  ];
  if (parts.length === 0) return "Nothing to complain about.";
  const more = parts.length - maxParts;
  const shown = more > 0 ? [...parts.slice(0, maxParts), `and ${more} more`] : parts;
  const sentence = shown.join("; ");
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** Whether a check says something by itself: that nobody asked for ever, or was not seen to retry twice, does not. */
function says({ check, outcome }: Judgement["checks"][number]): boolean {
  if (check === "noStorm" || check === "waitsDiffer") return outcome === "fail";
  return check !== "backsOff" || outcome === "fail";
}
