import { isTls13Version } from "@faultwire/tls-parser";
import { guards } from "./guards.ts";
import { type HandshakeState, sessionOf } from "./handshake-state.ts";
import { helloViolations } from "./hello-checks.ts";
import { nextState } from "./next-state.ts";
import type { Observation } from "./observation.ts";
import { anywhere, type Transition, transitions } from "./transition-table.ts";
import type { ViolationCode } from "./violation.ts";

/** What one observation leads to. */
export interface Step {
  /** The same object as before where nothing has changed. */
  readonly state: HandshakeState;
  /** What was wrong with it, mostly nothing. */
  readonly output: readonly ViolationCode[];
}

const NOTHING: readonly ViolationCode[] = [];

/**
 * One step of the machine that {@link transitions} describes: pure, total, no memory but the state.
 *
 * @example
 * ```ts
 * const { state, output } = step(startState, { sees: "changeCipherSpec", by: "client" });
 * // state.name is "start", output is ["early-change-cipher-spec"]
 * ```
 */
export function step(state: HandshakeState, seen: Observation): Step {
  const row = transitionFor(state, seen);
  if (row === undefined) return { state, output: isOver(state) ? NOTHING : [misplaced(state, seen)] };
  const violations = helloViolations(state, seen);
  const output = row.violation === undefined ? violations : [...violations, row.violation];
  return { state: nextState(row.to, state, seen), output };
}

/** The row of the table by which {@link step} goes; undefined where there is none. */
export function transitionFor(state: HandshakeState, seen: Observation): Transition | undefined {
  return (
    firstFit(transitions[state.name], state, seen) ??
    (isOver(state) ? undefined : firstFit(anywhere, state, seen))
  );
}

/** Nothing that comes now is judged any more. */
function isOver({ name }: HandshakeState): boolean {
  return name === "failed" || name === "lost-track" || name === "closed";
}

function firstFit(
  rows: readonly Transition[],
  state: HandshakeState,
  seen: Observation,
): Transition | undefined {
  for (const row of rows) {
    if (row.sees !== seen.sees) continue;
    if (row.by !== seen.by && row.by !== "either") continue;
    if (row.when === undefined || guards[row.when](state, seen)) return row;
  }
  return undefined;
}

/** The name for what has no row. */
function misplaced(state: HandshakeState, { sees }: Observation): ViolationCode {
  const session = sessionOf(state);
  const isAfterTls13Hello = session !== undefined && isTls13Version(session.version);
  if (sees === "applicationData") return "early-application-data";
  if (sees === "changeCipherSpec")
    return isAfterTls13Hello ? "late-change-cipher-spec" : "early-change-cipher-spec";
  return isAfterTls13Hello ? "unprotected-handshake" : "unexpected-message";
}
