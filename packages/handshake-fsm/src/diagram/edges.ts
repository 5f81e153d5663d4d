import type { StateName } from "../machine/handshake-state.ts";
import { anywhere, type Transition, transitions } from "../machine/transition-table.ts";

/** What a drawing of the table shows. */
export interface DiagramOptions {
  /** The wrong ways, too; false unless given. */
  readonly violations?: boolean;
  /** The ways that lead back to where they began; false unless given. */
  readonly loops?: boolean;
}

/** One arrow of a drawing, and the rows of the table that it stands for. */
export interface Edge {
  readonly from: StateName;
  readonly to: StateName;
  readonly rows: readonly Transition[];
}

/** The states of the table, in its order. */
export const stateNames: readonly StateName[] = Object.keys(transitions) as StateName[];

/** The arrows of the table, one for each pair of states and kind of way, in its order. */
export function edgesOf(options: DiagramOptions): readonly Edge[] {
  return stateNames.flatMap((from) => {
    const rows = transitions[from].filter(
      (row) =>
        (options.violations === true || row.violation === undefined) &&
        (options.loops === true || row.to !== from) &&
        row.to !== "closed",
    );
    const groups = new Map<string, Transition[]>();
    for (const row of rows) {
      const key = `${row.to} ${row.violation === undefined}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups.values()].map((group) => ({ from, to: group[0]!.to, rows: group }));
  });
}

/** What a row says on an arrow: `server serverHello [tls13]`. */
export function labelOf({ by, sees, when, violation }: Transition): string {
  const condition = when === undefined ? "" : ` [${when}]`;
  return `${by} ${sees}${condition}${violation === undefined ? "" : ` !${violation}`}`;
}

/** What the rows that hold everywhere say, for the margin of a drawing. */
export const marginLines: readonly string[] = anywhere.map((row) => `${labelOf(row)} → ${row.to}`);
