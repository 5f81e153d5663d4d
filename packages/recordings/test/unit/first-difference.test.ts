import fc from "fast-check";
import { expect, it } from "vitest";
import { likeness, nearestOf } from "../../src/first-difference.ts";
import { bytesOf, textOf } from "../support/exchange.ts";

const nearest = (bodies: readonly string[], other: string): string | undefined => {
  const found = nearestOf(bodies.map(bytesOf), bytesOf(other));
  return found && textOf(found);
};

it.each([
  [["abc", "abd", "b"], "abd", "abd"],
  [["ax", "ay"], "az", "ax"],
  [["", "a"], "ab", "a"],
  [["ab", "abc"], "ab", "ab"],
  [["b", "a"], "", "b"],
  [[], "a", undefined],
])("of %j the nearest to %j is %j", (bodies, other, found) => {
  expect(nearest(bodies, other)).toBe(found);
});

it("is the first of those that are the same for the most bytes, whatever they are", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(text), text, (bodies, other) => {
      const far = bodies.map((body) => likeness(bytesOf(body), bytesOf(other)));
      expect(nearest(bodies, other)).toBe(bodies[far.indexOf(Math.max(...far))]);
    }),
  );
});
