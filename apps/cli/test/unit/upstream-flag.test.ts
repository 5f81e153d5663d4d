import { describe, expect, it } from "vitest";
import { upstreamFlag } from "../../src/upstream-flag.ts";

describe("--upstream of the Fault proxy", () => {
  it.each([
    [["api.anthropic.com"], "--upstream api.anthropic.com:443"],
    [["api.one.test", "api.two.test"], "--upstream api.one.test:443,api.two.test:443"],
    // It compares letter by letter, and a CONNECT's host is in small ones by then.
    [["API.One.test"], "--upstream api.one.test:443"],
    // It takes no pattern: only every host holds those of one.
    [["api.one.test", "*.two.test"], "--upstream '*'"],
    [["*"], "--upstream '*'"],
  ])("for %j is %s", (targets, flag) => {
    expect(upstreamFlag(targets)).toBe(flag);
  });
});
