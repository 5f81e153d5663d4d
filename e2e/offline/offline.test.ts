/** The proxy without any network: in a namespace that has loopback and no route (Linux), rules answer all the same. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

interface Answer {
  readonly exit: number;
  readonly status: number;
  readonly body: string;
}

interface Result {
  readonly routes: number;
  readonly failed: Answer;
  readonly inClear: Answer;
  readonly byBaseUrl: Answer;
  readonly needed: Answer;
  readonly stranger: Answer;
  readonly exit: number;
  readonly log: readonly string[];
}

const inside = fileURLToPath(new URL("inside.mjs", import.meta.url));

describe("in a network namespace without any route", () => {
  let result: Result;

  beforeAll(() => {
    // Not skipped where it can't be had: whoever starts this command wants to know.
    const script = 'ip link set lo up && exec "$0" "$1"';
    const { status, stdout, stderr, error } = spawnSync(
      "unshare",
      ["--map-root-user", "--net", "sh", "-c", script, process.execPath, inside],
      { encoding: "utf8" },
    );
    if (error || status !== 0)
      throw new Error(
        `no namespace could be had: ${error?.message ?? stderr} (needs Linux, util-linux, iproute2 and the right to make user namespaces)`,
      );
    result = JSON.parse(stdout) as Result;
  });

  it("there is no way out", () => {
    expect(result.routes).toBe(0);
  });

  it.each(["failed", "inClear", "byBaseUrl"] as const)("a rule's 429 arrives (%s)", (which) => {
    const { exit, status, body } = result[which];
    expect([exit, status]).toEqual([0, 429]);
    expect(JSON.parse(body)).toMatchObject({ type: "error", error: { type: "rate_limit_error" } });
  });

  it("a request that needs the upstream is told why it can't be had, over HTTPS", () => {
    const { exit, status, body } = result.needed;
    expect([exit, status]).toEqual([0, 502]);
    expect(JSON.parse(body)).toMatchObject({
      error: {
        type: "upstream_unreachable",
        message: expect.stringMatching(/^api\.anthropic\.com:443 can't be reached: its name /),
      },
    });
  });

  it("a host that is no target's gets the same as CONNECT's answer", () => {
    // 56: CONNECT was answered with an error.
    expect(result.stranger.exit).toBe(56);
  });

  it("the process ends in order, and has told of no error of its own", () => {
    expect(result.exit).toBe(0);
    expect(result.log.filter((line) => line.includes('"event":"bug"'))).toEqual([]);
  });
});
