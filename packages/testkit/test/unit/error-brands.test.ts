// Two copies of a package in one program: each knows the errors of the other (docs/adr/0035).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, vi } from "vitest";

type ErrorClass = new (...args: unknown[]) => Error;

const root = join(import.meta.dirname, "../../../..");

/** Every error class that a published package exports, with the file that it is in. */
const classes = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name, "src")))
  .filter((source) => existsSync(join(source, "index.ts")))
  .flatMap((source) => {
    const index = readFileSync(join(source, "index.ts"), "utf8");
    return readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => {
        const text = readFileSync(join(source, file), "utf8");
        return [...text.matchAll(/^export class (\w+) extends \w*Error\b/gm)]
          .map(([, name = ""]) => ({ name, file: join(source, file) }))
          .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(index));
      });
  });

/** The class in one more copy of its module. */
async function inAnotherCopy({ name, file }: { name: string; file: string }): Promise<ErrorClass> {
  vi.resetModules();
  const exported: Record<string, ErrorClass> = await import(pathToFileURL(file).href);
  return exported[name]!;
}

/** The parser's takes one object; all others a code and words. */
const made = (One: ErrorClass): Error =>
  One.name === "TlsParseError" || Object.getPrototypeOf(One).name === "TlsParseError"
    ? new One({ code: "truncated", offset: 0, field: "f", detail: "d" })
    : new One("code", "words");

it("are looked for where they are", () => {
  expect(classes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["TlsParseError", "FaultEngineError", "ProxyError", "SecureLineError"]),
  );
});

it.each(classes)("$name of one copy is one of the other's class", async (wanted) => {
  const One = await inAnotherCopy(wanted);
  const Other = await inAnotherCopy(wanted);
  expect(Other).not.toBe(One);
  expect(made(Other) instanceof One, "told by its brand").toBe(true);
  expect(made(One) instanceof Other).toBe(true);
  for (const stranger of [new Error("no"), { code: "code", name: wanted.name }, null, "words"])
    expect(stranger instanceof One).toBe(false);
  // A class that somebody derives from it stays a class of its own.
  class Derived extends One {}
  expect(made(One) instanceof Derived).toBe(false);
  expect(made(Derived) instanceof Derived).toBe(true);
  expect(made(Derived) instanceof Other).toBe(true);
});
