/**
 * Four kinds of clients, each written with Anthropic's SDK and with fetch alone, told apart by what a rule file
 * expects of them: `faultwire serve --config faults.yaml --report DIR`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFaultHost } from "@faultwire/fault-host";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputOf } from "../../apps/cli/test/suite/intercept/client.ts";
import { openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  createUpstreamAuthority,
  startApi,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";

/** What the rule file has against each kind of client. */
const kinds = [
  { habit: "good", failed: [] },
  { habit: "careless", failed: ["throttled-at-first: honoursRetryAfter"] },
  { habit: "stubborn", failed: ["always-refused: retries"] },
  { habit: "gullible", failed: ["cut-at-first: noticesCut"] },
] as const;

/** What is read of `report.json`. */
interface Report {
  readonly passed: boolean;
  readonly verdicts: readonly {
    readonly rule: string;
    readonly demand: string;
    readonly outcome: "pass" | "fail" | "untested";
  }[];
}

let folder: string;
let upstream: UpstreamAuthority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-verdicts-"));
  upstream = await createUpstreamAuthority();
});
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["sdk-client", "fetch-client"])("%s", (client) => {
  it.each(kinds)("tells what a $habit client does", async ({ habit, failed }) => {
    const reports = join(folder, `${client}-${habit}`);
    const api = await startApi(upstream);
    const field = await openField({
      startHost: (plugins) => startFaultHost({ plugins, proxyPort: 0 }),
      originPort: api.port,
      upstream,
      flags: ["--config", join(import.meta.dirname, "faults.yaml"), "--report", reports],
    });
    const script = join(import.meta.dirname, `${client}.mjs`);
    const { status, stderr } = await outputOf([process.execPath, script, habit], field.environment);
    const ended = await field.close();
    await api.close();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

    expect(readdirSync(reports).sort()).toEqual([
      "events.ndjson",
      "report.html",
      "report.json",
      "report.md",
      "report.txt",
      "report.xml",
    ]);
    const { passed, verdicts } = JSON.parse(readFileSync(join(reports, "report.json"), "utf8")) as Report;
    const told = verdicts.filter(({ outcome }) => outcome !== "pass");
    expect(told.map(({ rule, demand }) => `${rule}: ${demand}`)).toEqual(failed);
    expect(told.map(({ outcome }) => outcome)).toEqual(failed.map(() => "fail"));
    expect(passed).toBe(failed.length === 0);
    expect(ended?.status).toBe(passed ? 0 : 1);
  });
});
