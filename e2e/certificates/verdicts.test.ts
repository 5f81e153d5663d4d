import type { InvalidLeafKind } from "@faultwire/cert-authority";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedVerdicts } from "./expected-verdicts.ts";
import { type Field, openField } from "./servers.ts";
import { isLeftOut, toolProblems } from "./tools.ts";
import { type Verdicts, verifiers } from "./verifiers.ts";

let field: Field;

beforeAll(async () => {
  field = await openField();
});
afterAll(() => field.close());

it("has every tool that was not left out", () => {
  expect(toolProblems()).toEqual([]);
});

it("knows what to expect of every verifier", () => {
  expect(Object.keys(expectedVerdicts).sort()).toEqual(Object.keys(verifiers).sort());
});

for (const [name, { tool, ask }] of Object.entries(verifiers)) {
  const expected = Object.entries(expectedVerdicts[name] ?? {}) as [InvalidLeafKind, string | RegExp][];
  describe.skipIf(tool !== undefined && isLeftOut(tool))(name, () => {
    let verdicts: Verdicts;
    beforeAll(async () => {
      verdicts = await ask(field);
    });

    it.each(["good", "good-rsa"])("takes the leaf that is %s", (kind) => {
      expect(verdicts.get(kind)).toBe("OK");
    });

    it.each(expected)("on %s says %s", (kind, words) => {
      const verdict = verdicts.get(kind);
      if (words === "OK") expect(verdict).toBe("OK");
      else expect(verdict).toMatch(words);
    });
  });
}

it("refuses every kind of bad leaf somewhere, but for the one that only Apple's verifier minds", () => {
  const refused = (kind: InvalidLeafKind): boolean =>
    Object.values(expectedVerdicts).some((verdicts) => verdicts[kind] !== "OK");
  const kinds = Object.keys(expectedVerdicts["Go"] ?? {}) as InvalidLeafKind[];
  expect(kinds.filter((kind) => !refused(kind))).toEqual(["too-long-lived"]);
});
