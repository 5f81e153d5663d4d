import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "@faultwire/fault-engine";
import { afterAll, expect, it } from "vitest";
import { reportFormats, writeReports } from "../../src/reports/write-reports.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-reports-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const input = { title: "t", judgement: judge([], [], {}), run: {} };

it("reports take the place of files and of links, whose files stay as they were", async () => {
  const folder = mkdtempSync(join(scratch, "links-"));
  const other = join(folder, "other");
  writeFileSync(other, "precious");
  const paths = Object.values(reportFormats).map(({ file }) => join(folder, file));
  for (const path of paths) symlinkSync(other, path);
  for (const _ of [1, 2]) await writeReports(folder, input);
  expect(readFileSync(other, "utf8")).toBe("precious");
  for (const path of paths) expect(lstatSync(path).isFile() && lstatSync(path).size > 0, path).toBe(true);
});

it("a pipe in a report's place is told, and not waited for", async () => {
  const folder = mkdtempSync(join(scratch, "pipe-"));
  const pipe = join(folder, "report.txt");
  execFileSync("mkfifo", [pipe]);
  await expect(writeReports(folder, input)).rejects.toThrow(`report ${pipe} can't be written (it is a pipe)`);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});
