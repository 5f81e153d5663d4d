// What turbo takes from its cache (docs/adr/0036): a task's hash changes with everything that the task reads, and with
// nothing else. Seen in a copy of the checkout, by turbo's own list of hashes; nothing is run.
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const { turboProgram, turboEnvironment } = await import(pathToFileURL(join(root, "scripts/turbo.mjs")).href);

interface Task {
  readonly taskId: string;
  readonly task: string;
  readonly directory: string;
  readonly hash: string;
  readonly command: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly resolvedTaskDefinition: { readonly cache: boolean };
}

const rootManifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const checks = Object.keys(rootManifest.scripts).filter((name) => name.startsWith("check:"));
const nothing = "<NONEXISTENT>";
/** What every program may have set; turbo's own variables of the run that this test is in are left out. */
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TURBO_")));

const author = ["-c", "user.name=Test", "-c", "user.email=test@faultwire.invalid"];

let copy: string;
let before: ReadonlyMap<string, Task>;

/** Every task, by its name, as turbo would run it now. */
function tasks(variables: Readonly<Record<string, string>> = {}): Map<string, Task> {
  const args = ["run", "build", "bundle", "check", "test", ...checks, "--dry=json"];
  const env = { ...turboEnvironment(plain), ...variables };
  const { stdout, stderr } = spawnSync(turboProgram(), args, {
    cwd: copy,
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (!stdout.startsWith("{")) throw new Error(`turbo made no list: ${stdout}${stderr}`);
  const list = (JSON.parse(stdout) as { tasks: Task[] }).tasks;
  return new Map(list.map((task) => [task.taskId.replace("//#", ""), task]));
}

/** The tasks that are run again, and would have come from the cache. */
function changed(after: ReadonlyMap<string, Task>): string[] {
  return [...after]
    .filter(([name, { hash, command, resolvedTaskDefinition }]) => {
      const cached = command !== nothing && resolvedTaskDefinition.cache;
      return cached && before.get(name)?.hash !== hash;
    })
    .map(([name]) => name)
    .sort();
}

/** The tasks that are run again after one more line in that file. */
function changedBy(file: string): string[] {
  const path = join(copy, file);
  if (!existsSync(path)) throw new Error(`${file} is no file of the checkout`);
  appendFileSync(path, "\n");
  try {
    return changed(tasks());
  } finally {
    cpSync(join(root, file), path);
  }
}

const testsIn = (names: readonly string[]): string[] => names.filter((name) => name.endsWith("#test"));
const checksIn = (names: readonly string[]): string[] => names.filter((name) => name.startsWith("check:"));

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "faultwire-turbo-"));
  const list = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  for (const file of list.stdout.split("\0"))
    if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    [...author, "commit", "-qm", "As it is"],
  ])
    spawnSync("git", args, { cwd: copy });
  before = tasks();
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("a change of", () => {
  const whole = ["check:format", "check:repository"];

  it("nothing runs nothing again", () => {
    expect(changed(tasks())).toEqual([]);
  });

  it("a README runs the tests of its package, for they run its examples, and what reads all files", () => {
    expect(changedBy("packages/http1/README.md")).toEqual(
      ["@faultwire/http1#test", ...whole, "check:packages"].sort(),
    );
  });

  it("a test runs the tests of its package alone, and the checks that read tests", () => {
    const again = changedBy("packages/tls-parser/test/readme.test.ts");
    expect(testsIn(again)).toEqual(["@faultwire/tls-parser#test"]);
    expect(checksIn(again)).toEqual([
      "check:boundaries",
      "check:format",
      "check:interop",
      "check:lint",
      "check:repository",
      "check:types",
    ]);
  });

  it("a source runs the tests of what imports it, however far away, and of nothing else", () => {
    const again = testsIn(changedBy("packages/tls-parser/src/index.ts"));
    for (const name of ["tls-parser", "handshake-fsm", "tls-bridge", "fault-session", "proxy"])
      expect(again).toContain(`@faultwire/${name}#test`);
    expect(again).toContain("faultwire#test");
    for (const name of ["http1", "fault-engine", "timers", "llm-mock", "cert-authority"])
      expect(again).not.toContain(`@faultwire/${name}#test`);
  });

  it("a vector runs the tests of all that read it", () => {
    const inputs = Object.keys(before.get("@faultwire/testkit#source")?.inputs ?? {});
    const file = inputs.find((name) => name.startsWith("vectors/"));
    const again = testsIn(changedBy(`packages/testkit/${file}`));
    for (const name of ["fault-host", "tls-parser", "tunnel"])
      expect(again).toContain(`@faultwire/${name}#test`);
    expect(again).not.toContain("@faultwire/timers#test");
  });

  it("what tests share runs the tests of the packages that may use it", () => {
    const again = testsIn(changedBy("packages/fault-session/test/support/fault-rig.ts"));
    for (const name of ["fault-session", "tunnel", "proxy"])
      expect(again).toContain(`@faultwire/${name}#test`);
    expect(again).not.toContain("@faultwire/http1#test");
    expect(testsIn(changedBy("packages/fault-host/test/support/simulated-tunnel.ts"))).toContain(
      "@faultwire/tunnel#test",
    );
  });

  it("the bundle's script runs the bundler, and the tests of what is bundled", () => {
    const again = changedBy("apps/cli/scripts/bundle.mjs");
    expect(again).toContain("faultwire#bundle");
    expect(again).not.toContain("@faultwire/node-hook#bundle");
    expect(testsIn(again)).toEqual(["faultwire#test"]);
  });

  it("a manifest runs the bundler, which writes versions, and the tests of all that depend on it", () => {
    const again = changedBy("packages/timers/package.json");
    expect(again).toContain("faultwire#bundle");
    expect(again).toContain("@faultwire/timers#test");
    expect(again).toContain("@faultwire/runtime#test");
    expect(again).not.toContain("@faultwire/http1#test");
  });

  it("a check's script runs that check, and no test of a package", () => {
    const again = changedBy("scripts/check-boundaries.mjs");
    expect(again).toContain("check:boundaries");
    expect(again).not.toContain("check:lint");
    expect(testsIn(again)).toEqual([]);
  });

  it("what every test file begins with runs every test", () => {
    for (const file of ["scripts/no-timer-overflow.ts", "vitest.config.ts", "tsconfig.base.json"])
      expect(testsIn(changedBy(file)), file).toEqual(
        testsIn([...before.keys()])
          .filter(isCached)
          .sort(),
      );
  });

  it("a guide runs the tests that hold it", () => {
    expect(testsIn(changedBy("docs/rules.md"))).toEqual(["faultwire#test"]);
    expect(changedBy("CONTRIBUTING.md")).toEqual(whole);
  });

  it("Node, or a program that tests call, runs everything", () => {
    const all = [...before.keys()].filter((name) => isCached(name));
    expect(turboEnvironment({}).FAULTWIRE_MACHINE).toMatch(new RegExp(`^node ${process.version} .*OpenSSL`));
    expect(changed(tasks({ FAULTWIRE_MACHINE: "node v1.0.0" }))).toEqual(all.sort());
  });

  it("a variable that tests read runs everything, and one that they don't runs nothing", () => {
    expect(changed(tasks({ FAULTWIRE_PROPERTY_FACTOR: "2" }))).toContain("@faultwire/http1#test");
    expect(changed(tasks({ TZ: "Asia/Kathmandu" }))).toContain("@faultwire/http1#test");
    expect(changed(tasks({ COLUMNS: "77", SSH_TTY: "/dev/pts/9" }))).toEqual([]);
  });
});

const isCached = (name: string): boolean =>
  before.get(name)?.command !== nothing && before.get(name)?.resolvedTaskDefinition.cache === true;

describe("what a test reads", () => {
  /** A task and all that it depends on. */
  const closure = (name: string, seen = new Set<string>()): Set<string> => {
    if (!seen.has(name)) {
      seen.add(name);
      for (const each of before.get(name)?.dependencies ?? []) closure(each.replace("//#", ""), seen);
    }
    return seen;
  };

  it("outside of its package is among the inputs of its task", () => {
    const missing: string[] = [];
    for (const [name, { task, directory, inputs, resolvedTaskDefinition }] of before) {
      // What is never cached may read what it likes.
      if (task !== "test" || !resolvedTaskDefinition.cache) continue;
      const known = new Set(
        [...closure(name)].flatMap((each) => {
          const { directory: folder, inputs: files } = before.get(each) as Task;
          return Object.keys(files).map((file) => relative(root, resolve(root, folder, file)));
        }),
      );
      for (const file of Object.keys(inputs).filter((each) => /^test\/.*\.[cm]?[jt]s$/.test(each))) {
        const at = join(root, directory, file);
        for (const [, path = ""] of readFileSync(at, "utf8").matchAll(/["'`]((?:\.\.\/)+[\w./-]+)["'`]/g)) {
          const found = relative(root, resolve(dirname(at), path));
          if (found.startsWith("..") || relative(directory, found).split("/")[0] !== "..") continue;
          // What reads the checkout's files by their paths has a turbo.json that names them.
          if (found === "" && existsSync(join(root, directory, "turbo.json"))) continue;
          if (!known.has(found)) missing.push(`${name}: ${relative(root, at)} reads ${found}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });
});
