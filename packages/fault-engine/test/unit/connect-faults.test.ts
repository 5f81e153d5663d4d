/** Rules for the moment at which a client asks a proxy for its connection: how they are written, asked and counted. */
import { describe, expect, it } from "vitest";
import { explain, type Fault, parseRuleFile } from "../../src/index.ts";
import { describeFault } from "../../src/internal.ts";
import { engineOf, rule, ruleSet } from "../support/rules.ts";

const refuse: Fault = { kind: "connect.refuse", refusal: { kind: "reset" } };
const close: Fault = { kind: "connection.close", at: { kind: "moment", moment: "established" } };
const host = (text: string) => ({ host: [{ kind: "glob", text } as const] });
const facts = { connection: "1", client: "c", host: "api.test", port: 443 };

function read(fault: string): Fault | null | undefined {
  return parseRuleFile(`version: 1\nrules: [{ name: a, fault: ${fault} }]\n`, "a.yaml").ruleSet.rules[0]
    ?.faults[0];
}

describe("a refusal in a rule file", () => {
  const answer = {
    preset: null,
    status: 503,
    message: null,
    body: null,
    headers: [],
    retryAfterSeconds: null,
  };
  it.each([
    ["reset", { kind: "reset" }, "resets"],
    ["dns", { kind: "dns" }, "does not resolve"],
    [
      "timeout",
      { kind: "silence", forMs: null },
      "says nothing to a client that asks for the connection, for ever",
    ],
    ["{ timeout: 30s }", { kind: "silence", forMs: 30_000 }, "for 30 s"],
    ["{ timeout: ever }", { kind: "silence", forMs: null }, "for ever"],
    ["{ status: 503 }", { kind: "answer", answer, socks: "general-failure", afterMs: 0 }, "status 503"],
    [
      "{ status: 407, body: no, headers: { x-why: policy }, after: 2s }",
      {
        kind: "answer",
        answer: { ...answer, status: 407, body: "no", headers: [["x-why", "policy"]] },
        socks: "not-allowed",
        afterMs: 2000,
      },
      "status 407 (SOCKS: not-allowed), after 2 s",
    ],
    [
      "{ status: 504, socks: ttl-expired }",
      { kind: "answer", answer: { ...answer, status: 504 }, socks: "ttl-expired", afterMs: 0 },
      "SOCKS: ttl-expired",
    ],
  ])("%s", (text, refusal, words) => {
    const fault = read(`{ connect: { refuse: ${text} } }`);
    expect(fault).toEqual({ kind: "connect.refuse", refusal });
    expect(fault && describeFault(fault)).toContain(words);
  });

  it.each([
    [403, "not-allowed"],
    [407, "not-allowed"],
    [502, "connection-refused"],
    [503, "general-failure"],
    [504, "host-unreachable"],
  ])("%i is %s in SOCKS", (status, socks) =>
    expect(read(`{ connect: { refuse: { status: ${status} } } }`)).toMatchObject({ refusal: { socks } }),
  );

  it.each([
    ["200", /expected reset, dns, timeout, \{ timeout: 30s \}, or \{ status/],
    ["{ status: 200 }", /expected a whole number from 300 to 599/],
    ["{ status: 304, body: x }", /body: .*expected no body beside status 304/],
    ["{ status: 503, headers: { content-length: 3 } }", /expected no content-length/],
    ["{ status: 503, socks: not-allowd }", /did you mean not-allowed/],
    ["{ body: x }", /expected status or timeout/],
    ["{ timeout: 30s, status: 503 }", /nothing beside timeout/],
  ])("refuses %s", (text, message) =>
    expect(() => read(`{ connect: { refuse: ${text} } }`)).toThrow(message),
  );
});

describe("a rule that refuses connections", () => {
  it("can't depend on what is said on the connection", () => {
    const engine = engineOf([]);
    const set = (match: object, more = {}) => ruleSet([rule({ match, faults: [refuse], ...more })]);
    const glob = [{ kind: "glob", text: "*" } as const];
    for (const key of ["sni", "ja4", "path"])
      expect(() => engine.setRules("file", set({ [key]: glob }))).toThrow(new RegExp(`match\\.${key}`));
    expect(() => engine.setRules("file", set({ way: ["opaque"] }))).toThrow(/match\.way/);
    expect(() => engine.setRules("file", set({}, { when: { per: "key" } }))).toThrow(/per key/);
    expect(() => engine.setRules("file", set({}, { faults: [refuse, close] }))).toThrow(/two rules/);
    engine.setRules("file", set({ ...host("api.test"), port: [443] }));
  });

  it("is asked once, when the connection is asked for, and nothing else is asked then", () => {
    const engine = engineOf([
      rule({ name: "refused", match: host("api.test"), when: { nth: [2] }, faults: [refuse] }),
      rule({ name: "closed", faults: [close] }),
    ]);
    expect(engine.decidesConnects).toBe(true);
    const first = engine.decideConnect(facts, 0);
    expect(first).toEqual({ isTaken: false, decision: null });
    expect(engine.decideConnection(facts, 0, first)?.rule).toBe("closed");
    expect(engine.decideConnect({ ...facts, host: "other.test" }, 0).decision).toBeNull();
    expect(engine.decideConnect(facts, 0).decision).toMatchObject({ rule: "refused", matchNumber: 2 });
    expect(engine.counts()).toEqual([
      { rule: "refused", matches: 2, hits: 1 },
      { rule: "closed", matches: 1, hits: 1 },
    ]);
  });

  it("is asked with the others where no proxy asks it before", () => {
    const engine = engineOf([rule({ name: "refused", when: { nth: [2] }, faults: [refuse] })]);
    expect(engine.decideConnection(facts, 0)).toBeNull();
    expect(engine.decideConnection(facts, 0)?.fault).toEqual(refuse);
  });

  it("lets a connection be for all rules behind it", () => {
    const engine = engineOf([
      rule({ name: "in turn", faults: [null, refuse] }),
      rule({ name: "closed", faults: [close] }),
    ]);
    const first = engine.decideConnect(facts, 0);
    expect(first).toEqual({ isTaken: true, decision: null });
    expect(engine.decideConnection(facts, 0, first)).toBeNull();
    expect(engine.decideConnect(facts, 0).decision?.rule).toBe("in turn");
  });

  it("does not see what a rule before it lets be, which is counted once", () => {
    const engine = engineOf([
      rule({ name: "spared", match: host("api.test"), when: { first: 1 }, faults: [null] }),
      rule({ name: "refused", faults: [refuse] }),
    ]);
    const spared = engine.decideConnect(facts, 0);
    expect(spared.decision).toBeNull();
    expect(engine.decideConnection(facts, 0, spared)).toBeNull();
    expect(engine.counts()[0]).toEqual({ rule: "spared", matches: 1, hits: 1 });
    expect(engine.decideConnect(facts, 0).decision?.rule).toBe("refused");
  });

  it("keeps its count when rules are loaded anew", () => {
    const rules = [rule({ name: "refused", when: { first: 1 }, faults: [refuse] })];
    const engine = engineOf(rules);
    expect(engine.decideConnect(facts, 0).decision).not.toBeNull();
    engine.setRules("file", ruleSet(rules));
    expect(engine.decideConnect(facts, 0).decision).toBeNull();
  });

  it("stands in the words of a rule file", () => {
    expect(explain(ruleSet([rule({ faults: [refuse] })]))).toContain("every connection");
  });
});
