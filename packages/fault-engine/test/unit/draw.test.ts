import { describe, expect, it } from "vitest";
import { draw, FaultEngineError } from "../../src/index.ts";

/** Pearson's statistic of `draws` over equal bins. */
function chiSquare(draws: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of draws) counts[Math.floor(value * bins)]! += 1;
  const expected = draws.length / bins;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const drawn = (count: number, seed: number | string, rule: string): number[] =>
  Array.from({ length: count }, (_, at) => draw(seed, rule, at));

describe("draw", () => {
  it("gives the numbers that it has always given", () => {
    expect(drawn(3, 42, "overloaded")).toMatchInlineSnapshot(`
      [
        0.6395224129095237,
        0.9986770298412229,
        0.6001357508607708,
      ]
    `);
    expect(draw("", "", 0)).toMatchInlineSnapshot(`0.8796091775729689`);
    expect(draw(42, "règle \u{1f4a5}", 2 ** 53 - 1)).toMatchInlineSnapshot(`0.7203827845443808`);
  });

  it("takes a number and its text for the same seed", () => {
    expect(draw("42", "rule", 7)).toBe(draw(42, "rule", 7));
  });

  it("keeps seed and rule apart", () => {
    expect(draw("1", "2x", 0)).not.toBe(draw("12", "x", 0));
    expect(draw("1:2", "x", 0)).not.toBe(draw("1", "2:x", 0));
  });

  it.each([
    [0, "a"],
    [1, "a"],
    [42, "overloaded"],
    ["nightly", "rule with a long name, as people write them"],
  ])("is spread evenly for seed %s and rule %s", (seed, rule) => {
    // 99 degrees of freedom: 160 is passed by chance once in ten thousand runs; these runs never change.
    expect(chiSquare(drawn(20_000, seed, rule), 100)).toBeLessThan(160);
  });

  it("is spread evenly over seeds and over rules, for the first match of each", () => {
    const seeds = Array.from({ length: 20_000 }, (_, seed) => draw(seed, "rule", 0));
    const rules = Array.from({ length: 20_000 }, (_, at) => draw(42, `rule-${at}`, 0));
    expect(chiSquare(seeds, 100)).toBeLessThan(160);
    expect(chiSquare(rules, 100)).toBeLessThan(160);
  });

  it("does not tie one match to the next, nor one rule to another", () => {
    const a = drawn(20_000, 42, "a");
    const b = drawn(20_000, 42, "b");
    const pairs = (xs: readonly number[], ys: readonly number[]): number[] =>
      xs.map((x, at) => (Math.floor(x * 10) + Math.min(ys[at] ?? 0, 0.999_999)) / 10);
    expect(chiSquare(pairs(a.slice(0, -1), a.slice(1)), 100)).toBeLessThan(160);
    expect(chiSquare(pairs(a, b), 100)).toBeLessThan(160);
  });

  it("never gives 1 and uses the low bits", () => {
    const draws = drawn(20_000, 7, "range");
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(
      chiSquare(
        draws.map((value) => (value * 2 ** 40) % 1),
        100,
      ),
    ).toBeLessThan(160);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses match number %s", (matchNumber) => {
    expect(() => draw(1, "rule", matchNumber)).toThrow(FaultEngineError);
    expect(() => draw(1, "rule", matchNumber)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
