import { expect, it } from "vitest";
import { withJavaProperties } from "../../src/trust/java-options.ts";

const ours = { "a.b": "1", "c.d": "x y" };
const written = '-Da.b=1 "-Dc.d=x y"';

it.each([
  [undefined, written],
  ["", written],
  ["  -Xmx1g\n-ea ", `-Xmx1g -ea ${written}`],
  [written, written],
  [`${written} -ea`, `-ea ${written}`],
  ["-Da.b=2 -Da.bc=3 -Dc.d", `-Da.bc=3 ${written}`],
  [`'-Dc.d=one two' -Dc.d="one two" -De="it's -Da.b=2 here" -Da."b"=2`, `-De="it's -Da.b=2 here" ${written}`],
  [`-Xmx1g "-Da.b=not closed`, `-Xmx1g ${written}`],
])("%j becomes %j", (before, after) => expect(withJavaProperties(before, ours)).toBe(after));
