// `npm run mutation`: which changes it makes, which it takes, and that it leaves nothing behind.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Mutant {
  readonly kind: string;
  readonly id: string;
  readonly lineText: string;
  readonly becomes: string;
}

const root = join(import.meta.dirname, "../..");
const part = (name: string) => import(pathToFileURL(join(root, "scripts/mutation", name)).href);
const { bodiesOf, isProgram, mutantsOf } = await part("mutants.mjs");
const { sampleOf } = await part("sample.mjs");
const { readEquivalents, withoutMutant } = await part("equivalents.mjs");
const { Costs, withLater } = await part("costs.mjs");
const { watched } = await part("sandbox.mjs");
const command = join(root, "scripts/mutation/run.mjs");

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "faultwire-mutation-test-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const changes = (text: string): string[] =>
  (mutantsOf("a.ts", text) as Mutant[]).map((mutant) => `${mutant.kind}: ${mutant.becomes}`);

describe("the changes", () => {
  it.each([
    ["a < b;", ["removed: ;", "comparison: a <= b;"]],
    ["f(a >= 3);", ["removed: ;", "comparison: f(a > 3);", "constant: f(a >= (3 + 1));"]],
    ["x = a === 0;", ["removed: ;", "comparison: x = a !== 0;", "constant: x = a === 1;"]],
    ["const a = b && !c;", ["boolean: const a = b || !c;", "boolean: const a = b && !!c;"]],
    ["const a = true;", ["boolean: const a = false;"]],
    ["const a = 5n;", ["constant: const a = (5n + 1n);"]],
    ["const a = ['', 'b'];", ["constant: const a = [\"mutant\", 'b'];", "constant: const a = ['', \"\"];"]],
    [`const a = \`b \${c}\`;`, ["constant: const a = ``;"]],
    ["const a = () => ({ b });", ["return: const a = () => undefined;"]],
    ["const a = f((b) => b);", ["return: const a = f((b) => undefined);"]],
    ["const a = f((b) => (b));", ["return: const a = f((b) => undefined);"]],
    ["function a() { return b; }", ["return: function a() { return undefined; }"]],
    ["function a() { return; }", ["removed: function a() { ; }"]],
    ["for (const a of b) continue;", ["removed: for (const a of b) ;"]],
    [
      "throw new AError('a-code', 'words for people');",
      ["removed: ;", "constant: throw new AError(\"\", 'words for people');"],
    ],
  ])("of %s", (text, expected) => {
    expect(changes(text)).toEqual(expected);
  });

  it.each([
    'import { a } from "node:fs"; export * from "node:os";',
    'type A = "b" | 3; interface C { d: true }',
    'declare const a: "b";',
    "const a = { b: c };",
    "const a = <T extends 'b'>(c: T) => undefined;",
    "const a = b as 'c';",
    "function a(b: never) { return b satisfies never; }",
    "function a(b: never) { b satisfies never; }",
    "class A extends B { constructor() { super(); } }",
    `const a = \`\${b}\`;`,
  ])("none of %s", (text) => {
    expect(changes(text)).toEqual([]);
  });

  it("are named by place and kind, and what is no program is none", () => {
    const text = "const a = 1;\nconst b = c ?? (d && e);\n";
    expect((mutantsOf("p/a.ts", text) as Mutant[]).map(({ id }) => id)).toEqual([
      "p/a.ts:1:11:constant",
      "p/a.ts:2:19:boolean",
    ]);
    const inWords = "const b = (c ?? d) && e;";
    const [whole] = mutantsOf("a.ts", inWords);
    expect(isProgram(whole, inWords)).toBe(true);
    expect(isProgram({ ...whole, replacement: "?? f ||" }, inWords)).toBe(false);
  });
});

describe("a sample", () => {
  const text = readFileSync(command, "utf8");
  const mutants = mutantsOf("run.ts", text) as Mutant[];
  const ids = (count: number, seed: number): string[] =>
    (sampleOf(mutants, count, seed) as Mutant[]).map(({ id }) => id);

  it("is the same for the same seed alone", () => {
    expect(ids(20, 1)).toEqual(ids(20, 1));
    expect(ids(20, 1)).not.toEqual(ids(20, 2));
  });

  it("holds as many of each kind, and all mutants where there are no more", () => {
    const kinds = (sampleOf(mutants, 15, 3) as Mutant[]).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(
      ["boolean", "comparison", "constant", "removed", "return"].flatMap((kind) => [kind, kind, kind]),
    );
    expect(ids(mutants.length + 1, 4)).toEqual(mutants.map(({ id }) => id));
  });
});

describe("the functions that tests reach", () => {
  it("are told once each, by a block, by an expression, and by loading the module", () => {
    const text =
      "export const a = (b) => b + 1;\nexport function c(d) { return d > 1; }\nexport const e = 5;\n";
    const mutants = mutantsOf("a.ts", text) as Mutant[];
    writeFileSync(join(scratch, "a.mjs"), watched(text, mutants, bodiesOf("a.ts", text)));
    const reached = (use: string): string[] => {
      const to = join(scratch, `to-${use.length}`);
      writeFileSync(to, "");
      const script = `const { a, c } = await import("./a.mjs"); ${use}`;
      const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: scratch,
        encoding: "utf8",
        env: { ...process.env, FAULTWIRE_MUTATION_REACHED: to },
      });
      expect(stderr).toBe("");
      const lines = readFileSync(to, "utf8").trim().split("\n");
      // Behind the mutant stands the test that reached it; there is none here.
      return lines.map((line) => line.split(" ", 1)[0] ?? "").sort();
    };
    const loaded = mutants.filter(({ id }) => id.startsWith("a.ts:3")).map(({ id }) => id);
    const ofLine = (line: number) =>
      mutants.filter(({ id }) => id.startsWith(`a.ts:${line}`)).map(({ id }) => id);
    expect(reached("")).toEqual(loaded);
    expect(reached("a(1); if (a(2) !== 3) throw 0;")).toEqual([...loaded, ...ofLine(1)].sort());
    expect(reached("c(1);")).toEqual([...loaded, ...ofLine(2)].sort());
  });
});

describe("what tests cost", () => {
  const costs = new Costs();
  costs.add("slow.ts", 50_000, { s1: 100, s2: 48_900 });
  costs.add("quick.ts", 3_000, { q1: 2_000 });
  costs.add("a-name.ts", 90_000, { n1: 80_000 });

  it("is what is asked of them, with what is made around it", () => {
    expect(costs.of("slow.ts", ["s1"])).toEqual({ ms: 1_100, longest: 1_000 });
    expect(costs.of("slow.ts", null)).toEqual({ ms: 50_000, longest: 48_900 });
    expect(costs.of("quick.ts", ["q1"])).toEqual({ ms: 3_000, longest: 2_000 });
  });

  it("decides which is tried first, behind the one that is named after the source", () => {
    const asked = new Map([
      ["quick.ts", null],
      ["slow.ts", ["s1"]],
    ]);
    expect(costs.inOrder(asked, "name")).toEqual(["slow.ts", "quick.ts"]);
    expect(costs.inOrder(asked.set("slow.ts", null), "name")).toEqual(["quick.ts", "slow.ts"]);
    expect(costs.inOrder(asked.set("a-name.ts", null), "name")).toEqual(["a-name.ts", "quick.ts", "slow.ts"]);
    expect(costs.inOrder(asked, "")).toEqual(["quick.ts", "slow.ts", "a-name.ts"]);
  });

  it("decides which are asked where there is a limit of seconds: of each file the quickest, in turn", () => {
    const asked = new Map([
      ["slow.ts", ["s2", "s1"]],
      ["quick.ts", ["q1"]],
      ["a-name.ts", null],
    ]);
    // 1,100 ms and 3,000 ms with what is made around them; then a whole file of 90 s; then a test of 48.9 s.
    const two = [
      ["slow.ts", ["s1"]],
      ["quick.ts", ["q1"]],
    ];
    expect(costs.within(asked, 5)).toEqual({ chosen: new Map(two as [string, string[]][]), others: 2 });
    expect(costs.within(asked, 1)).toEqual({ chosen: new Map([["slow.ts", ["s1"]]]), others: 3 });
    expect(costs.within(asked, 100).others).toBe(1);
    expect(costs.within(asked, Number.POSITIVE_INFINITY)).toEqual({
      chosen: new Map<string, string[] | null>([
        ["slow.ts", ["s1", "s2"]],
        ["quick.ts", ["q1"]],
        ["a-name.ts", null],
      ]),
      others: 0,
    });
  });

  it("leaves out of two rounds no test that was not asked, and calls nothing unreached that one round reached", () => {
    const lived = (others: number) => ({ state: "lived", others });
    expect(withLater(undefined, lived(2))).toEqual(lived(2));
    expect(withLater(lived(5), lived(0))).toEqual(lived(5));
    expect(withLater(lived(5), lived(2))).toEqual(lived(7));
    expect(withLater(lived(5), { state: "unreached", others: 0 })).toEqual(lived(5));
    expect(withLater({ state: "unreached", others: 0 }, lived(3))).toEqual(lived(3));
    expect(withLater(lived(5), { state: "killed", others: 0 })).toEqual({ state: "killed", others: 0 });
  });

  it("decides how long one may take that does not end", () => {
    expect(costs.limits(new Map([["slow.ts", ["s1"]]]))).toEqual({ timeoutMs: 20_000, fileMs: 54_400 });
    expect(costs.limits(new Map([["a-name.ts", null]]))).toEqual({ timeoutMs: 400_000, fileMs: 790_000 });
  });
});

describe("the equivalents", () => {
  it("each name a mutant of the source as it is, and give a reason", () => {
    expect(withoutMutant(root, readEquivalents())).toEqual([]);
  });

  it("are refused when the line is another now, the change is none, or the reason is missing", () => {
    writeFileSync(join(scratch, "a.ts"), "const a = 1;\n");
    const entry = { file: "a.ts", line: "const a = 1;", becomes: "const a = (1 + 1);", reason: "said" };
    expect(withoutMutant(scratch, [entry])).toEqual([]);
    for (const change of [
      { file: "b.ts" },
      { line: "const a = 2;" },
      { becomes: "const a = 3;" },
      { reason: "" },
    ])
      expect(withoutMutant(scratch, [{ ...entry, ...change }])).toHaveLength(1);
    writeFileSync(join(scratch, "a.ts"), "const a = 1;\nconst a = 1;\n");
    expect(withoutMutant(scratch, [entry])).toHaveLength(1);
  });
});

describe("the command", () => {
  const state = (): string =>
    spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout;

  it.each([
    [["--package", "none-such"], "no package is called none-such; --package takes one of"],
    [[], "no package was named"],
    [["--package", "timers", "--seed", "x"], '--seed takes a whole number, not "x"'],
    [["--package", "timers", "--mutant", "a.ts:1:1:constant"], "packages/timers has no such mutant"],
    [["--pakage", "timers"], "--package …"],
  ])("refuses %j", (args, words) => {
    const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  it("ends at SIGINT, and leaves neither its copy nor a change behind", async () => {
    const before = state();
    const child = spawn(process.execPath, [command, "--package", "timers", "--sample", "5"], {
      env: { ...process.env, TMPDIR: scratch },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    const said = await Promise.race([once(child.stdout, "data"), exit.then(() => undefined)]);
    expect(String(said)).toContain("5 tried");
    expect(readdirSync(scratch)).toHaveLength(1);
    child.kill("SIGINT");
    const [status] = await exit;
    expect(status).toBe(130);
    expect(readdirSync(scratch)).toEqual([]);
    expect(state()).toBe(before);
  });
});
