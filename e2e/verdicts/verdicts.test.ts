/**
 * Five kinds of clients, each written with Anthropic's SDK, with fetch and with Python's urllib, told apart without a word in
 * the rule file of what is expected: `faultwire run --mock --config faults.yaml -- CLIENT`.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonReport } from "@faultwire/fault-engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin } from "../../apps/cli/test/faultwire-process.ts";

const clients = {
  "sdk-client": [process.execPath, "sdk-client.mjs"],
  "fetch-client": [process.execPath, "fetch-client.mjs"],
  urllib_client: ["python3", "urllib_client.py"],
} as const;
type Client = keyof typeof clients;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "faultwire-verdicts-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs a client and gives its report, with the exit status. */
async function runClient(
  client: Client,
  ...args: readonly string[]
): Promise<{ readonly report: JsonReport; readonly status: number; readonly folder: string }> {
  const folder = join(home, [client, ...args].join("-"));
  const flags = ["run", "--mock", "--quiet", "--config", "faults.yaml", "--report", folder, "--"];
  const command = [bin, ...flags, ...clients[client], ...args];
  const env = { ...process.env, FAULTWIRE_HOME: join(home, "ca") };
  const ended = await new Promise<{ status: number; output: string }>((resolve) => {
    execFile(process.execPath, command, { cwd: import.meta.dirname, env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
  expect(ended.output).not.toMatch(/Traceback|Error:/);
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as JsonReport;
  return { report, status: ended.status, folder };
}

/** What came of each failure that asks something of a client. */
function cameOf({ checks }: JsonReport): Record<string, string> {
  const asked = new Set(["waitsForRetryAfter", "leavesRefusals", "noticesCut", "noStorm"]);
  return Object.fromEntries(
    checks.flatMap(({ check, outcome }) => (asked.has(check) ? [[check, outcome] as const] : [])),
  );
}

const well = { waitsForRetryAfter: "pass", leavesRefusals: "pass", noticesCut: "pass", noStorm: "pass" };

/** What the report has against each kind, and how it says that a cut stream was noticed. */
const kinds = [
  { habit: "good", came: well, cut: /asked for again/ },
  { habit: "careless", came: { ...well, waitsForRetryAfter: "fail" }, cut: /asked for again/ },
  { habit: "stubborn", came: { ...well, leavesRefusals: "fail" }, cut: /asked for again/ },
  { habit: "gullible", came: { ...well, noticesCut: "fail" }, cut: /taken for whole, as the program says/ },
  { habit: "proper", came: well, cut: /^\d+ that the program noticed$/ },
] as const;

/** Left out, and counted as skipped, where there is no Python. */
const isMissing = (client: Client): boolean => spawnSync(clients[client][0], ["--version"]).status !== 0;

describe.each(Object.keys(clients) as Client[])("%s, several at once", (client) => {
  it.skipIf(isMissing(client)).each(kinds)(
    "tells what a $habit client does",
    async ({ habit, came, cut }) => {
      const { report, status, folder } = await runClient(client, habit, "4");
      expect(cameOf(report)).toEqual(came);
      expect(report.checks.find(({ check }) => check === "noticesCut")?.found).toMatch(cut);
      // Four sets of three operations, however many requests each took.
      expect(report.operations).toHaveLength(12);
      expect(report).toMatchObject({ judged: true, verdicts: [], unreadable: [] });
      expect(status).toBe(habit === "proper" ? 1 : 0);
      expect(readdirSync(folder).sort()).toEqual([
        "events.ndjson",
        "report.html",
        "report.json",
        "report.md",
        "report.txt",
        "report.xml",
      ]);
    },
  );
});

/** What the wire alone shows of clients that name nothing and say nothing: never more than it can. */
const bare = [
  { habit: "good", came: { waitsForRetryAfter: "unproven", leavesRefusals: "pass", noticesCut: "unproven" } },
  { habit: "careless", came: { waitsForRetryAfter: "fail", leavesRefusals: "pass", noticesCut: "unproven" } },
  {
    habit: "stubborn",
    came: { waitsForRetryAfter: "unproven", leavesRefusals: "fail", noticesCut: "unproven" },
  },
  {
    habit: "gullible",
    came: { waitsForRetryAfter: "unproven", leavesRefusals: "pass", noticesCut: "unproven" },
  },
  {
    habit: "proper",
    came: { waitsForRetryAfter: "unproven", leavesRefusals: "pass", noticesCut: "unproven" },
  },
] as const;

it.each(bare)(
  "claims of a $habit client without a hint no more than the wire shows",
  async ({ habit, came }) => {
    const { report } = await runClient("fetch-client", habit, "1", "bare");
    expect(cameOf(report)).toEqual({ ...came, noStorm: "pass" });
  },
);
