/** What `run` reads from its flags and from the system's tables. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { durationFlag } from "../../src/run/duration-flag.ts";
import { statusOfEnd } from "../../src/run/exit-status.ts";
import { allProcesses, descendantsOf, parsePs, parseStat } from "../../src/run/process-table.ts";
import { repeatedSeeds, seedsFlag } from "../../src/run/seeds.ts";
import { shellLine } from "../../src/run/shell-line.ts";
import { isInForeground } from "../../src/run/terminal.ts";
import { canLook } from "../../src/run/went-round.ts";

describe("seeds", () => {
  it.each([
    ["1..3", ["1", "2", "3"]],
    ["1,2,5", ["1", "2", "5"]],
    ["1..3,2,7, 9", ["1", "2", "3", "7", "9"]],
    ["afternoon", ["afternoon"]],
    ["5..5", ["5"]],
  ])("%s", (text, seeds) => expect(seedsFlag(text)).toEqual(seeds));

  it.each(["", "1..", "3..1", "1,,2", "1..99999999", "1...3", "a b"])("refuses %j", (text) =>
    expect(() => seedsFlag(text)).toThrow(InvalidArgumentError),
  );

  it("of repeats count up, and are the same the next time", () => {
    expect(repeatedSeeds(7, 3)).toEqual(["7", "8", "9"]);
    expect(repeatedSeeds("noon", 3)).toEqual(["noon", "noon-2", "noon-3"]);
  });
});

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
  ])("%s", (text, ms) => expect(durationFlag(text)).toBe(ms));

  it.each(["", "5", "0s", "-1s", "5 minutes", "ever"])("refuses %j", (text) =>
    expect(() => durationFlag(text)).toThrow(InvalidArgumentError),
  );
});

describe("a line for a shell", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(shellLine(["node", "a b.js", "it's", "$HOME", "--x=1,2", ""])).toBe(
      `node 'a b.js' 'it'\\''s' '$HOME' --x=1,2 ''`,
    );
  });
});

describe("the status of an end", () => {
  it.each([
    [{ kind: "exited", status: 42 }, 42],
    [{ kind: "killed", signal: "SIGTERM" }, 143],
    [{ kind: "killed", signal: "SIGKILL" }, 137],
    [{ kind: "not-started", status: 127, why: "" }, 127],
  ] as const)("%j is %i", (end, status) => expect(statusOfEnd(end)).toBe(status));
});

describe("the table of processes", () => {
  it("reads /proc/PID/stat, whatever a program calls itself", () => {
    const rest = "S 7 42 42 34816 42 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200\n";
    expect(parseStat(`123 (a) b (c\n) ${rest}`)).toEqual({
      pid: 123,
      parent: 7,
      group: 42,
      foregroundGroup: 42,
      startedAt: "98765",
      name: "a) b (c?",
      isZombie: false,
    });
  });

  it.each(["", "123", "123 (x", "123 (x) S 1", "(x) S 1 2 3 4 5"])("takes no nonsense: %j", (text) =>
    expect(parseStat(text)).toBeUndefined(),
  );

  it("reads what ps prints on macOS", () => {
    const text = [
      "    1     0     1    -1 Sat Nov 28 09:00:01 2026     /sbin/launchd",
      "  501     1   501   501 Sat Nov 28 09:05:10 2026     /Applications/A B.app/Contents/MacOS/A B",
      "  502   501   501   501 Sat Nov 28 09:05:11 2026     <defunct>",
      "",
    ].join("\n");
    expect(parsePs(text)).toMatchObject([
      { pid: 1, parent: 0, group: 1, foregroundGroup: -1, name: "launchd", isZombie: false },
      { pid: 501, parent: 1, name: "A B", startedAt: "Sat Nov 28 09:05:10 2026" },
      { pid: 502, parent: 501, isZombie: true },
    ]);
  });

  it("knows this process, and those below another one", async () => {
    if (process.platform === "win32") return;
    const table = await allProcesses();
    const below = descendantsOf(process.ppid, table);
    expect(below[0]?.pid).toBe(process.ppid);
    expect(below.map(({ pid }) => pid)).toContain(process.pid);
  });

  it.runIf(spawnSync("ps").status === 0)("is asked of ps where there is no /proc, as on macOS", async () => {
    const table = await allProcesses("darwin");
    expect(descendantsOf(process.ppid, table).map(({ pid }) => pid)).toContain(process.pid);
    expect(isInForeground("darwin")).toBe(isInForeground());
  });

  it("says on Windows that the console sends Ctrl-C to the command, and that sockets can't be looked at", () => {
    expect(isInForeground("win32")).toBe(true);
    expect(canLook("win32")).toBe(false);
    if (process.platform === "linux") expect(canLook()).toBe(existsSync("/proc/self/net/tcp"));
    expect(canLook("darwin")).toBe(false);
  });

  it("is empty where the system does not tell, and can't lead round in a circle", async () => {
    expect(await allProcesses("win32")).toEqual([]);
    const row = { group: 1, foregroundGroup: 1, startedAt: "", name: "", isZombie: false };
    const circle = [
      { ...row, pid: 1, parent: 2 },
      { ...row, pid: 2, parent: 1 },
    ];
    expect(descendantsOf(1, circle).map(({ pid }) => pid)).toEqual([1, 2]);
  });
});
