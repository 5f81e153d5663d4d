/** Files that a flag names: regular files within a limit, or one error with the reason. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ruleFileLimits } from "@faultwire/fault-engine";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { eventLogLimits } from "../../src/index.ts";
import { judgeLog } from "../../src/internal.ts";
import { readRuleText } from "../../src/rules/rule-file.ts";
import { readUpstreamCa, upstreamTrustLimits } from "../../src/trust/upstream-trust.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-input-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const fifo = join(scratch, "fifo");
execFileSync("mkfifo", [fifo]);
const folder = join(scratch, "folder");
mkdirSync(folder);
const loop = join(scratch, "loop");
symlinkSync(loop, loop);

/** A file with so many bytes, none of which is on the disk. */
function sized(bytes: number): string {
  const path = join(scratch, `${bytes}`);
  writeFileSync(path, "");
  truncateSync(path, bytes);
  return path;
}

const readers = [
  ["a rule file", readRuleText, ruleFileLimits.maxBytes],
  ["a CA of upstreams", (path: string) => readUpstreamCa([path]), upstreamTrustLimits.maxFileBytes],
  ["an event log", (path: string) => judgeLog(path, []), eventLogLimits.maxReadBytes],
] as const;

describe.each(readers)("%s", (_, read, maxBytes) => {
  it.each([
    ["an endless device", "/dev/zero", "a device"],
    ["a pipe without a writer", fifo, "a pipe"],
    ["a folder", folder, "a folder"],
    ["a link to itself", loop, "ELOOP"],
    ["a file that is not there", join(scratch, "none"), "ENOENT"],
    ["a path with a NUL", `${scratch}/a\0b`, "null bytes"],
    ["a file over the limit", sized(maxBytes + 1), `${maxBytes + 1} bytes`],
  ])("that is %s is refused before it is read, with the reason", async (_what, path, reason) => {
    const error = await read(path).then(
      () => undefined,
      (refusal: Error) => refusal,
    );
    expect(error?.name).toBe("RuntimeError");
    expect(error?.message).toContain(reason);
    expect(error?.message).toContain(path.replace("\0", "\\0"));
    expect(error?.message).not.toContain("undefined");
    expect(error?.message).not.toContain("\0");
  });

  it("that is a socket is refused", async () => {
    const path = join(scratch, "socket");
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    await expect(read(path)).rejects.toThrow("a socket");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("standard input", () => {
  const given = (...parts: readonly string[]): void => {
    const stdin = Readable.from(parts.map((part) => Buffer.from(part)));
    vi.spyOn(process, "stdin", "get").mockReturnValue(stdin as unknown as typeof process.stdin);
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("is a rule file with the name -, however it comes", async () => {
    given("ver", "sion: \xfc", " 1\n");
    expect(await readRuleText("-")).toBe("version: \xfc 1\n");
  });

  it("is read as far as the limit, and refused beyond it", async () => {
    const most = "x".repeat(ruleFileLimits.maxBytes);
    given(most);
    expect(await readRuleText("-")).toBe(most);
    given(most, "x");
    await expect(readRuleText("-")).rejects.toMatchObject({
      code: "rules-unreadable",
      message: `rule file standard input can't be read (it has more than the ${ruleFileLimits.maxBytes} bytes that are read)`,
    });
  });
});

it.runIf(process.platform === "linux")(
  "files of the system, which have no size, are read as far as they go",
  async () => {
    expect(await readRuleText("/proc/self/status")).toContain("Name:");
  },
);
