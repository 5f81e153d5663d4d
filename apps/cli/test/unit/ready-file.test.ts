/** A ready file takes the place of files alone: what else has its name stays. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ReadyFile } from "../../src/ready-file.ts";
import { removeStaleReadyFile } from "../../src/stale-ready-file.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-ready-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("what is no file is neither removed nor written, as /dev/null would be for root", () => {
  const fifo = join(scratch, "fifo");
  execFileSync("mkfifo", [fifo]);
  removeStaleReadyFile(["--ready-file", fifo]);
  expect(lstatSync(fifo).isFIFO()).toBe(true);
  expect(() => new ReadyFile(fifo)).toThrow(`ready file ${fifo} can't be written (it is a pipe, not a file)`);
  expect(lstatSync(fifo).isFIFO()).toBe(true);
  expect(() => new ReadyFile(scratch)).toThrow("it is a folder");
});

it("a pipe is refused in words by the modules, too, whose packages are links", () => {
  const fifo = join(scratch, "pipe");
  execFileSync("mkfifo", [fifo]);
  const main = join(import.meta.dirname, "../../dist/main.js");
  // vitest has a NODE_PATH by which everything would be found.
  const { NODE_PATH: _, ...environment } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [main, "proxy", "--ready-file", fifo], {
    encoding: "utf8",
    env: { ...environment, FAULTWIRE_HOME: join(scratch, "home") },
  });
  expect(stderr).toBe(
    `faultwire: ready file ${fifo} can't be written (it is a pipe, not a file); check --ready-file\n`,
  );
  expect(status).toBe(2);
});

it("is written over no file to which a link of its half leads", () => {
  const [path, other] = [join(scratch, "halves.json"), join(scratch, "other")];
  writeFileSync(other, "precious");
  symlinkSync(other, `${path}.${process.pid}.part`);
  const file = new ReadyFile(path);
  symlinkSync(other, `${path}.${process.pid}.part`);
  file.write({ plugins: [], pid: process.pid });
  expect(readFileSync(other, "utf8")).toBe("precious");
  expect(lstatSync(path).isFile()).toBe(true);
  rmSync(path);
});

describe("what a run before has left", () => {
  it.each([
    [["start", "--ready-file", "FILE"], true],
    [["start", "--ready-file=FILE", "--port", "0"], true],
    [["start", "--ready-file"], false],
    [["start", "--ready-file="], false],
    [["start", "--ready-files", "FILE"], false],
    [["start", "FILE"], false],
  ])("is removed where the command line names it: %j", (args, isRemoved) => {
    const file = join(scratch, "left.json");
    writeFileSync(file, "{}");
    removeStaleReadyFile(args.map((arg) => arg.replace("FILE", file)));
    expect(existsSync(file)).toBe(!isRemoved);
  });

  it("is removed where it is a link, and not where it is a folder or not there", () => {
    const [link, folder] = [join(scratch, "link"), join(scratch, "folder")];
    mkdirSync(folder);
    symlinkSync(folder, link);
    for (const path of [link, folder, join(scratch, "none")]) removeStaleReadyFile(["--ready-file", path]);
    expect([existsSync(link), existsSync(folder)]).toEqual([false, true]);
  });
});

it("a ready file is there whole once it is written, and until the process ends", () => {
  const folder = mkdtempSync(join(scratch, "whole-"));
  const file = join(folder, "ready.json");
  writeFileSync(file, "old");
  const ready = new ReadyFile(file);
  expect(readdirSync(folder)).toEqual([]);
  const before = process.listeners("exit");
  ready.write({ plugins: [], proxy: "http://127.0.0.1:1", pid: 7 });
  expect(readdirSync(folder)).toEqual(["ready.json"]);
  expect(readFileSync(file, "utf8")).toBe(
    '{\n  "plugins": [],\n  "proxy": "http://127.0.0.1:1",\n  "pid": 7\n}\n',
  );
  const [atExit] = process.listeners("exit").filter((one) => !before.includes(one));
  if (atExit) process.off("exit", atExit);
  // Another run has made it its own.
  writeFileSync(file, "another's");
  (atExit as () => void)();
  expect(readFileSync(file, "utf8")).toBe("another's");
  ready.write({ plugins: [], pid: 7 });
  const [again] = process.listeners("exit").filter((one) => !before.includes(one));
  if (again) process.off("exit", again);
  (again as () => void)();
  expect(existsSync(file)).toBe(false);
  // Its folder is gone by now: nothing is left to do.
  rmSync(folder, { recursive: true });
  (again as () => void)();
  expect(() => new ReadyFile(file)).toThrow(/ready file .* can't be written \(ENOENT.*; check --ready-file/);
});
