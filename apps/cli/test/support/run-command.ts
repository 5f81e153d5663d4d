/** What tests of `faultwire run` share. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Finished, runFaultwire } from "../faultwire-process.ts";

/** A target. */
export const url = "https://api.anthropic.com/v1/messages";
/** A request to it. */
export const curl: string = `curl -sS -o /dev/null -w '%{http_code}' ${url}`;
/** Flags by which every request fails, without any network. */
export const always: readonly string[] = ["--mock", "--error-probability", "1", "--status-code", "529"];

/** Runs `faultwire run` with these words. */
export const run = (...args: string[]): Promise<Finished> => runFaultwire(["run", ...args]);

/** A script as a command. */
export const shell = (script: string): string[] => ["--", "sh", "-c", script];

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "faultwire-run-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A rule file in a folder of its own. */
export function rules(text: string): string {
  const path = join(folder(), "faults.yaml");
  writeFileSync(path, `version: 1\n${text}`);
  return path;
}
