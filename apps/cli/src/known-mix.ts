/** Import it with `import()`: the names of mixes come with the reader of rule files. */
import { mixProblem } from "@faultwire/fault-engine/internal";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError where there is no such mix: what there is, and which one may be meant. */
export function expectKnownMix(mix: string): void {
  const problem = mixProblem(mix);
  if (problem !== undefined) throw new UsageError(`--mix: ${problem}`);
}
