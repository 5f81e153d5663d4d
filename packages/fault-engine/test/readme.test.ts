import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import * as http1 from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import * as engine from "../src/index.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

/** Runs an example of the README, which holds no types, and gives the value of the variable `result` in it. */
function run(example: string, result: string): unknown {
  const body = example.replaceAll(
    /import \{([^}]*)\} from "@faultwire\/(?:fault-engine|http1)";/g,
    "const {$1} = exported;",
  );
  const program = runInThisContext(`(exported) => {\n${body}\nreturn ${result};\n}`) as (
    exported: unknown,
  ) => unknown;
  return program({ ...engine, ...http1 });
}

describe("README", () => {
  it("has an example of reading and answering that does what it says", () => {
    const answer = run(examples[0] ?? "", "answer");
    expect(answer).toMatch(/^HTTP\/1\.1 529 Overloaded\r\n/);
    expect(answer).toContain('"type":"overloaded_error"');
    expect(answer).toContain("x-faultwire: overloaded-twice\r\n");
  });
});
