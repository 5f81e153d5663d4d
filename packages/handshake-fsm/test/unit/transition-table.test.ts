import { describe, expect, it } from "vitest";
import {
  guards,
  type HandshakeState,
  type StateName,
  startState,
  step,
  toDot,
  toMermaid,
  transitions,
} from "../../src/index.ts";
import { anywhere } from "../../src/machine/transition-table.ts";

const names = Object.keys(transitions) as StateName[];

describe("the table of transitions", () => {
  it("has no row that another one before it always takes", () => {
    for (const name of names) {
      const rows = transitions[name];
      for (const [index, row] of rows.entries()) {
        const taken = rows
          .slice(0, index)
          .some(
            (before) =>
              before.when === undefined &&
              before.sees === row.sees &&
              (before.by === "either" || before.by === row.by),
          );
        expect(taken, `${name}: ${row.by} ${row.sees}`).toBe(false);
      }
    }
  });

  it("leads to every state", () => {
    const reached = new Set<StateName>(["start"]);
    for (const name of reached) for (const { to } of [...transitions[name], ...anywhere]) reached.add(to);
    expect([...reached].sort()).toEqual([...names].sort());
  });

  it("uses every condition", () => {
    const used = new Set(names.flatMap((name) => transitions[name].map(({ when }) => when)));
    for (const guard of Object.keys(guards)) expect(used).toContain(guard);
  });
});

describe("step", () => {
  it("gives the same state back where nothing has changed", () => {
    const { state, output } = step(startState, { sees: "changeCipherSpec", by: "client" });
    expect(state).toBe(startState);
    expect(output).toEqual(["early-change-cipher-spec"]);
  });

  it("judges nothing once the handshake is over", () => {
    const over: HandshakeState[] = [
      { name: "failed", by: "client", certainty: "observed" },
      { name: "lost-track", during: "start" },
      { name: "closed", during: "start" },
    ];
    for (const state of over)
      for (const sees of ["serverHelloDone", "changeCipherSpec", "gap", "fatalAlert"] as const)
        expect(step(state, { sees, by: "server" })).toEqual({ state, output: [] });
  });
});

describe("drawings", () => {
  it("have every state and the right ways, or all of them", () => {
    for (const draw of [toMermaid, toDot]) {
      const plain = draw();
      for (const name of names) expect(plain).toContain(`"${name}"`);
      expect(plain).toContain("server serverHello [tls13]");
      expect(plain).not.toContain("!skipped-finished");
      expect(draw({ violations: true })).toContain("!skipped-finished");
      expect(plain).not.toContain("certificateStatus");
      expect(draw({ loops: true })).toContain("server certificateStatus");
    }
  });

  it("are in the syntax of their tools", () => {
    expect(toMermaid()).toMatch(/^stateDiagram-v2\n/);
    expect(toMermaid({ loops: true, violations: true })).not.toMatch(/^\s*\S*-\S+ --> /m);
    expect(toDot()).toMatch(/^digraph handshake \{\n(?: {2}.+;\n)+\}\n$/);
  });
});
