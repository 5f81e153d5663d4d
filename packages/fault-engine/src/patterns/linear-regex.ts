import { FaultEngineError } from "../fault-engine-error.ts";
import { parseRegex, type RegexNode, type UnitSet } from "./regex-syntax.ts";

/** A state of the machine; `next` and `other` are states. Only `set` reads a character. */
type State =
  | { readonly kind: "set"; readonly set: UnitSet; next: number }
  | { readonly kind: "fork"; next: number; other: number }
  | { readonly kind: "start" | "end"; next: number }
  | { readonly kind: "match" };

/** States of one expression. A test costs at most this many steps a character. */
const MAX_STATES = 500;

function contains(set: UnitSet, unit: number): boolean {
  for (const [low, high] of set.ranges) if (unit >= low && unit <= high) return !set.negated;
  return set.negated;
}

/** Builds Thompson's machine back to front: each part is told where the match goes on. */
class MachineBuilder {
  readonly states: State[] = [{ kind: "match" }];

  add(state: State): number {
    if (this.states.length >= MAX_STATES)
      throw new FaultEngineError(
        "invalid-pattern",
        `a regular expression of more than ${MAX_STATES} states; make its repetitions shorter`,
      );
    return this.states.push(state) - 1;
  }

  build(node: RegexNode, next: number): number {
    switch (node.kind) {
      case "set":
        return this.add({ kind: "set", set: node.set, next });
      case "start":
      case "end":
        return this.add({ kind: node.kind, next });
      case "sequence":
        return node.items.reduceRight((after, item) => this.build(item, after), next);
      case "choice":
        return node.items
          .map((item) => this.build(item, next))
          .reduceRight((other, item) => this.add({ kind: "fork", next: item, other }));
      case "repeat":
        return this.#repeat(node.item, node.min, node.max, next);
      default:
        return node satisfies never;
    }
  }

  #repeat(item: RegexNode, min: number, max: number | null, next: number): number {
    let entry = next;
    if (max === null) {
      const loop: { kind: "fork"; next: number; other: number } = { kind: "fork", next: 0, other: next };
      entry = this.add(loop);
      loop.next = this.build(item, entry);
    } else
      for (let copy = min; copy < max; copy++)
        entry = this.add({ kind: "fork", next: this.build(item, entry), other: next });
    for (let copy = 0; copy < min; copy++) entry = this.build(item, entry);
    return entry;
  }
}

/**
 * Compiles a regular expression whose test is linear in the text whatever the expression is: it follows all ways
 * through the machine at once (Thompson 1968) and never goes back. A rule file can't hang the process with one.
 *
 * The syntax is a subset of JavaScript's, by UTF-16 code units; {@link parseRegex} has the list. At most 500 states.
 *
 * @returns A test of whether the expression matches anywhere in a text; use `^` and `$` for the whole.
 * @throws FaultEngineError `invalid-pattern`.
 *
 * @example
 * ```ts
 * compileRegex("^/v1/(messages|complete)$")("/v1/messages"); // true
 * ```
 */
export function compileRegex(source: string): (text: string) => boolean {
  const builder = new MachineBuilder();
  const entry = builder.build(parseRegex(source), 0);
  const { states } = builder;
  return (text) => {
    // `seen` holds for each state the position at which it was last reached, plus one.
    const seen = new Int32Array(states.length);
    const waiting: number[] = [];
    let current: number[] = [];
    const reach = (from: number, at: number, into: number[]): boolean => {
      waiting.push(from);
      while (waiting.length > 0) {
        const index = waiting.pop()!;
        if (seen[index] === at + 1) continue;
        seen[index] = at + 1;
        const state = states[index]!;
        switch (state.kind) {
          case "match":
            waiting.length = 0;
            return true;
          case "set":
            into.push(index);
            break;
          case "start":
            if (at === 0) waiting.push(state.next);
            break;
          case "end":
            if (at === text.length) waiting.push(state.next);
            break;
          case "fork":
            waiting.push(state.next, state.other);
            break;
          default:
            state satisfies never;
        }
      }
      return false;
    };
    if (reach(entry, 0, current)) return true;
    for (let at = 0; at < text.length; at++) {
      const following: number[] = [];
      const unit = text.charCodeAt(at);
      for (const index of current) {
        const state = states[index]!;
        if (state.kind === "set" && contains(state.set, unit) && reach(state.next, at + 1, following))
          return true;
      }
      if (reach(entry, at + 1, following)) return true;
      current = following;
    }
    return false;
  };
}
