import { describe, expect, it } from "vitest";
import { matchesHost, type SingleRule, singleRulePolicy } from "../../src/single-rule-policy.ts";

const rule: SingleRule = {
  targetHosts: ["api.anthropic.com"],
  errorProbability: 0.5,
  statusCode: 529,
  closeAt: "established",
  seed: 42,
};
const facts = { protocol: "tls", host: "api.anthropic.com", alpnProtocols: [] } as const;
const request = { host: "api.anthropic.com", method: "POST", target: "/v1/messages", headers: [] };
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe("target hosts", () => {
  it.each([
    ["api.anthropic.com", "api.anthropic.com", true],
    ["api.anthropic.com", "apiXanthropic.com", false],
    ["api.anthropic.com", "evil-api.anthropic.com", false],
    ["*.anthropic.com", "api.anthropic.com", true],
    ["*.anthropic.com", "a.b.anthropic.com", true],
    ["*.anthropic.com", "anthropic.com", false],
    ["*.anthropic.com", ".anthropic.com", false],
    ["*", "anything", true],
  ])("%s and %s: %s", (pattern, host, expected) => {
    expect(matchesHost(pattern, host)).toBe(expected);
  });
});

describe("one rule", () => {
  it("decides the n-th connection alike for one seed, whatever requests come between", () => {
    const alone = singleRulePolicy(rule);
    const mixed = singleRulePolicy(rule);
    const sequence = Array.from({ length: 50 }, () => alone.connection(facts) !== undefined);
    expect(
      Array.from({ length: 50 }, () => {
        mixed.request(request);
        return mixed.connection(facts) !== undefined;
      }),
    ).toEqual(sequence);
    expect(new Set(sequence)).toEqual(new Set([true, false]));
  });

  it("never fails at 0 and always at 1", () => {
    const never = singleRulePolicy({ ...rule, errorProbability: 0 });
    const always = singleRulePolicy({ ...rule, errorProbability: 1 });
    for (let i = 0; i < 200; i++) {
      expect(never.connection(facts)).toBeUndefined();
      expect(always.connection(facts)).toEqual({ kind: "close", at: "established" });
    }
  });

  it("answers in the provider's words, with a request id that is in the body and the headers alike", () => {
    const fault = singleRulePolicy({ ...rule, errorProbability: 1 }, () => 0).request(request);
    const headers = new Map(fault?.headers);
    const body = JSON.parse(text(fault?.body));
    expect(body).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    expect(headers.get("request-id")).toBe(body.request_id);
    expect(headers.get("x-faultwire")).toBe("flags");
    expect(headers.get("content-length")).toBe(String(fault?.body.length));
  });

  it("takes the user's body and headers over the provider's", () => {
    const fault = singleRulePolicy({
      ...rule,
      errorProbability: 1,
      errorBody: "büsy",
      headers: { "Content-Type": "text/plain", "retry-after": "9" },
    }).request(request);
    const headers = new Map(fault?.headers);
    expect(text(fault?.body)).toBe("büsy");
    expect(headers.get("content-type")).toBe("text/plain");
    expect(headers.get("content-length")).toBe("5");
    expect(headers.get("retry-after")).toBe("9");
  });

  it("has an answer for a status that the provider does not know", () => {
    const fault = singleRulePolicy({ ...rule, errorProbability: 1, statusCode: 418 }).request(request);
    expect(fault?.status).toBe(418);
    expect(JSON.parse(text(fault?.body))).toMatchObject({ type: "error", error: { type: "api_error" } });
  });
});
