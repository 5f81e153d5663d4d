/** What is said of a run: what was set up, and what came of it. */
import { textReport } from "@faultwire/fault-engine";
import { writeCount } from "@faultwire/fault-engine/internal";
import { describeRules } from "../describe-rules.ts";
import { summaryText } from "../traffic/summary-text.ts";
import type { World } from "./open-world.ts";
import type { RunLines } from "./run-lines.ts";
import type { RunOutcome } from "./run-once.ts";
import type { RunVerdict } from "./status-of-run.ts";
import { sightingLines } from "./tell-sightings.ts";

/** How a start is told. */
export interface StartTelling {
  /** The rule file; undefined without one. */
  readonly config: string | undefined;
  /** Nothing said what is to fail, so the gentle mix was chosen. */
  readonly hasDefaultMix: boolean;
  /** Nothing is to fail: the run records. */
  readonly recordsOnly?: boolean;
  /** Sentences about the command's environment. */
  readonly notes: readonly string[];
}

/** Says what a command is about to meet. */
export function tellStart(
  lines: RunLines,
  { runtime, mock, replayed, passes, hasOwnCa }: World,
  { config, hasDefaultMix, recordsOnly = false, notes }: StartTelling,
): void {
  const { sources, title } = runtime.rules;
  if (hasDefaultMix)
    lines.say(
      "no rules were given, so the gentle mix is in force: few requests fail. --mix realistic makes more fail, --config takes rules of yours",
    );
  const isMix = config === undefined && sources.file !== null;
  if (recordsOnly)
    lines.say(`${sources.targets.join(", ")}: no rules were given, so this run records and nothing fails`);
  else
    lines.say(
      isMix
        ? `${sources.targets.join(", ")}: ${title}, seed ${sources.file.seed}`
        : describeRules(sources, config),
    );
  lines.say(`answers come from ${answerers(mock !== undefined, replayed, passes)}`);
  if (hasOwnCa) lines.say("Faultwire's CA is for other targets, so this run has a CA of its own");
  for (const note of notes) lines.say(note);
}

function answerers(isMocked: boolean, replayed: number | undefined, passes: boolean): string {
  if (replayed !== undefined && passes)
    return `${writeCount(replayed, "recording")}, and from the real API for what was never recorded`;
  if (replayed !== undefined) return writeCount(replayed, "recording");
  return isMocked ? "a mock of the APIs on this machine" : "the real API";
}

/** How a run is told. */
export interface RunTelling {
  readonly verdict: RunVerdict;
  /** Nothing came to the proxy. */
  readonly isUnseen: boolean;
  /** A table of all runs comes at the end: then only a run with something to say is told. */
  readonly isSeries: boolean;
  /** The rules are those of a mix. */
  readonly isMix: boolean;
}

/** Says what came of a run. */
export function tellRun(
  lines: RunLines,
  outcome: RunOutcome,
  { verdict, isUnseen, isSeries, isMix }: RunTelling,
): void {
  const { tally, counts, targets, leftovers, judgement, title } = outcome;
  if (judgement && !isUnseen && !(isSeries && verdict.status === 0)) {
    // Of a mix, nobody has written the rules that did nothing.
    lines.say(summaryText({ tally, counts: isMix ? [] : counts, targets }));
    lines.say(textReport({ title, judgement }));
  }
  if (judgement) for (const line of sightingLines({ ...outcome, isUnseen })) lines.say(line);
  for (const { name, pid } of leftovers)
    lines.say(`${name} (${pid}) was started by the command and goes on; its proxy is gone now`);
  const which = isSeries ? `seed ${outcome.seed}: ` : "";
  if (verdict.why !== undefined) lines.explain(`${which}${verdict.why} (exit status ${verdict.status})`);
}
