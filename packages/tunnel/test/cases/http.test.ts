/** Inputs that showed a fault once, as they were: see the folders. */
import { describe, expect, it } from "vitest";
import { runInputCase } from "../support/input-case.ts";

describe("two equal Content-Lengths in a response", () => {
  const name = "silent-after-equal-content-lengths";

  it.each([true, false])("keep no rule from the next request (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(name, { tls });
    expect(answers[0]).toBe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    expect(answers[1]).toMatch(/^HTTP\/1\.1 529 /);
    expect(rig.told("unread")).toEqual([]);
  });
});

describe("chunk sizes with spaces behind them", () => {
  const name = "padded-chunk-size-loses-body";

  it.each([true, false])("keep no fault from the body (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(name, { tls });
    expect(answers[0]).toContain('data: {"type":"message_start"}\n\n');
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect(answers[0]).not.toContain("message_stop");
    expect(rig.told("done").length).toBe(1);
    expect(rig.told("undone")).toEqual([]);
  });
});
