import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const home = join(import.meta.dirname, "../..");
let folder: string;

function git(...args: string[]): void {
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.test", "-c", "commit.gpgsign=false"];
  const { status, stderr } = spawnSync("git", [...author, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
}

function commit(message: string): void {
  git("add", "-A");
  git("commit", "--quiet", "-m", message);
}

/** The lines that the script prints: of the parts that are named, or of all. */
function check(...parts: readonly ("style" | "generated" | "breaking")[]): {
  status: number | null;
  lines: string[];
} {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(home, "scripts/check.mjs"), folder, ...parts],
    {
      encoding: "utf8",
    },
  );
  return { status, lines: stdout.trim().split("\n") };
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(join(folder, file), "utf8");
  if (!text.includes(from)) throw new Error(`${file} holds no ${from}`);
  writeFileSync(join(folder, file), text.replace(from, to));
}

const proto = "proto/plugin/plugin.proto";
const generated = "src/gen/plugin/plugin_pb.ts";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-check-"));
  for (const part of ["buf.yaml", "buf.gen.yaml", "proto", "src/gen"])
    cpSync(join(home, part), join(folder, part), { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  commit("base");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("scripts/check.mjs", { timeout: 60_000 }, () => {
  it("passes on an unchanged protocol", () => {
    expect(check()).toEqual({
      status: 0,
      lines: ["ok   buf lint", "ok   generated code: fresh", "ok   buf breaking against main"],
    });
  });

  it("fails on a changed field number: a break on the wire, and stale generated code", () => {
    edit(proto, "bytes chunk = 4;", "bytes chunk = 5;");
    const { status, lines } = check("generated", "breaking");
    expect(status).toBe(1);
    expect(lines).toContainEqual(expect.stringContaining("FAIL generated code"));
    expect(lines).toContainEqual(expect.stringContaining("FAIL buf breaking against main"));
  });

  it("sees the break in a branch that has committed it, and on main itself", () => {
    git("checkout", "--quiet", "-b", "branch");
    edit(proto, "bytes chunk = 4;", "bytes chunk = 5;");
    commit("break it");
    expect(check("breaking").lines).toContainEqual(expect.stringContaining("FAIL buf breaking against main"));
    git("checkout", "--quiet", "-B", "main");
    expect(check("breaking").lines).toContainEqual(
      expect.stringContaining("FAIL buf breaking against HEAD^"),
    );
  });

  it("fails on generated code that somebody edited, and names the file", () => {
    appendFileSync(join(folder, generated), "// by hand\n");
    const { status, lines } = check("generated");
    expect(status).toBe(1);
    expect(lines).toContainEqual(expect.stringMatching(/^FAIL generated code: .*plugin_pb\.ts; run/));
  });

  it("fails on generated code that nothing generates any more", () => {
    writeFileSync(join(folder, "src/gen/left_over_pb.ts"), "");
    expect(check("generated").lines).toContainEqual(expect.stringContaining("left_over_pb.ts"));
  });

  it("fails on a breach of style", () => {
    edit(proto, "string reason = 1;", "string Reason = 1;");
    expect(check("style").lines).toContainEqual(expect.stringContaining("FAIL buf lint"));
  });

  it("says so when the base has no proto, or when there is no history at all", () => {
    git("rm", "--quiet", "-r", "--cached", "proto");
    git("commit", "--quiet", "--amend", "-m", "no proto");
    expect(check("breaking")).toMatchObject({
      status: 0,
      lines: { 0: expect.stringContaining("it has no proto yet") },
    });
    rmSync(join(folder, ".git"), { recursive: true });
    expect(check("breaking")).toMatchObject({
      status: 0,
      lines: { 0: expect.stringContaining("nothing to compare with") },
    });
  });
});
