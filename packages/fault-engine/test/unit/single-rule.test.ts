import { describe, expect, it } from "vitest";
import {
  type ConnectionFacts,
  explain,
  FaultEngine,
  faultResponse,
  type SingleRule,
  simulate,
  singleRuleSet,
} from "../../src/index.ts";
import { request } from "../support/rules.ts";

const engineOf = (rule: SingleRule): FaultEngine => {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("flags", singleRuleSet(rule));
  return engine;
};
const connection = (way: NonNullable<ConnectionFacts["way"]>): ConnectionFacts => ({
  connection: "c#1",
  host: "api.anthropic.com",
  way,
});
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function answer(rule: SingleRule): { status: number; headers: Map<string, string>; body: string } {
  const found = engineOf({ errorProbability: 1, ...rule }).decideRequest(request(), 0);
  if (found.kind !== "fault" || found.decision.fault.kind !== "http.error") throw new Error("no error");
  const { marker, fault } = found.decision;
  const { status, headers, body } = faultResponse(fault.answer, { requestId: "req_1", nowMs: 0, marker });
  return { status, headers: new Map(headers), body: text(body) };
}

describe("one rule", () => {
  it("answers in the provider's words, marked, with one id in body and headers", () => {
    const { status, headers, body } = answer({ statusCode: 529 });
    expect(status).toBe(529);
    expect(JSON.parse(body)).toMatchObject({ error: { type: "overloaded_error" }, request_id: "req_1" });
    expect(headers.get("request-id")).toBe("req_1");
    expect(headers.get("x-faultwire")).toBe("flags");
    expect(headers.get("content-length")).toBe(String(body.length));
  });

  it("takes the user's body and headers over the provider's", () => {
    const { headers, body } = answer({
      statusCode: 529,
      errorBody: "büsy",
      headers: [
        ["Content-Type", "text/plain"],
        ["retry-after", "9"],
      ],
    });
    expect(body).toBe("büsy");
    expect(headers.get("content-type")).toBe("text/plain");
    expect(headers.get("content-length")).toBe("5");
    expect(headers.get("retry-after")).toBe("9");
  });

  it("has an answer for a status that the provider does not know", () => {
    const { status, body } = answer({ statusCode: 418 });
    expect(status).toBe(418);
    expect(JSON.parse(body)).toMatchObject({ error: { type: "api_error" } });
  });

  it.each([
    ["client-hello", "client-hello"],
    ["established", "established"],
    ["application-data", "request"],
  ] as const)("closes connections that stay closed at %s, and those alone", (closeAt, moment) => {
    const engine = engineOf({ errorProbability: 1, closeAt });
    expect(engine.decideConnection(connection("opaque"), 0)).toMatchObject({
      rule: "flags/connection",
      fault: { kind: "connection.close", at: { kind: "moment", moment } },
    });
    expect(engine.decideConnection(connection("decrypted"), 0)).toBeNull();
    expect(engine.decideConnection(connection("plain"), 0)).toBeNull();
  });

  it("fails the same share of both, with draws of their own", () => {
    const engine = engineOf({ errorProbability: 0.5, seed: 7 });
    const connections: boolean[] = [];
    const requests: boolean[] = [];
    for (let count = 0; count < 2000; count++) {
      connections.push(engine.decideConnection(connection("opaque"), 0) !== null);
      requests.push(engine.decideRequest(request(), 0).kind === "fault");
    }
    for (const hits of [connections, requests])
      expect(Math.abs(hits.filter(Boolean).length - 1000)).toBeLessThan(100);
    expect(connections).not.toEqual(requests);
  });

  it("touches its targets and nothing else; without targets it leaves them to others", () => {
    const engine = engineOf({ targetHosts: ["*.API.test"], errorProbability: 1 });
    expect(engine.isTarget("a.api.test")).toBe(true);
    expect(engine.isTarget("api.test")).toBe(false);
    expect(engine.decideRequest(request({ host: "a.api.test" }), 0).kind).toBe("fault");
    expect(engine.decideRequest(request({ host: "api.test" }), 0).kind).toBe("none");
    expect(engineOf({ targetHosts: [] }).isTarget("anything")).toBe(true);
  });

  it("can be explained and simulated", () => {
    const rules = singleRuleSet({ errorProbability: 0.3, closeAt: "application-data" });
    expect(explain(rules)).toContain("flags/connection: 30 % by chance, counting connections with host");
    const [flags, closes] = simulate(rules, { requests: 1000 }).rules;
    expect(flags?.hits).toBeGreaterThan(250);
    expect(closes?.hits).toBe(0);
  });
});

describe("a rule for HTTPS that stays closed", () => {
  it.each([
    [{ way: ["opaque"], path: [{ kind: "glob", text: "/v1/*" }] }, { kind: "http.empty" }],
    [{ way: ["opaque"] }, { kind: "http.empty" }],
  ] as const)("can't be about requests: %j", (match, fault) => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    const rule = { name: "a", match, when: { per: "all" }, faults: [fault] } as const;
    expect(() => engine.setRules("file", { ...singleRuleSet({}), rules: [rule] })).toThrow(
      /needs requests, and there are none to be seen/,
    );
  });
});
