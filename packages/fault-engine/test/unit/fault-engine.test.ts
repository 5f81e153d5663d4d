import { describe, expect, it } from "vitest";
import { type Fault, FaultEngine, FaultEngineError, type Match, type When } from "../../src/index.ts";
import { EMPTY, engineOf, hitBy, request, rule, ruleSet } from "../support/rules.ts";

const glob = (text: string) => ({ kind: "glob", text }) as const;

/** Which of `count` requests are hit, as a text of x and dots. */
function hits(when: Partial<When>, count: number, msPerRequest = 0): string {
  const engine = engineOf([rule({ when })]);
  return Array.from({ length: count }, (_, at) =>
    engine.decideRequest(request(), at * msPerRequest).kind === "fault" ? "x" : ".",
  ).join("");
}

describe("when", () => {
  it.each([
    [{}, "xxxxxxxx"],
    [{ first: 3 }, "xxx....."],
    [{ nth: [2, 5] }, ".x..x..."],
    [{ every: 3 }, "..x..x.."],
    [{ atMost: 2, every: 2 }, ".x.x...."],
    [{ first: 4, every: 2 }, ".x.x...."],
    [{ probability: 0 }, "........"],
    [{ probability: 1 }, "xxxxxxxx"],
  ])("%j hits %s", (when, expected) => {
    expect(hits(when, 8)).toBe(expected);
  });

  it.each([
    [{ afterMs: 200 }, "..xxxxxx"],
    [{ afterMs: 200, forMs: 300 }, "..xxx..."],
    [{ burst: { everyMs: 400, forMs: 100 } }, "x...x..."],
    [{ afterMs: 100, burst: { everyMs: 300, forMs: 200 } }, ".xx.xx.x"],
  ])("%j hits %s, a request every 100 ms", (when, expected) => {
    expect(hits(when, 8, 100)).toBe(expected);
  });

  it("hits the share that the probability says", () => {
    const share = hits({ probability: 0.1 }, 20_000).replaceAll(".", "").length / 20_000;
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.11);
  });

  it.each([
    ["connection", { connection: "2" }],
    ["client", { client: "10.0.0.2" }],
    ["key", { headers: [["x-api-key", "other"]] }],
  ] as const)("counts per %s", (per, other) => {
    const engine = engineOf([rule({ when: { per, first: 1 } })]);
    const facts = request({ client: "10.0.0.1", headers: [["x-api-key", "one"]] });
    const kinds = [facts, facts, { ...facts, ...other }, { ...facts, ...other }].map(
      (one) => engine.decideRequest(one, 0).kind,
    );
    expect(kinds).toEqual(["fault", "none", "fault", "none"]);
  });

  it("counts per client by the user agent, whatever the client's connections are taken for", () => {
    const engine = engineOf([rule({ when: { per: "client", first: 1 } })]);
    const kindOf = (client: string, userAgent: string): string =>
      engine.decideRequest(request({ client, headers: [["User-Agent", userAgent]] }), 0).kind;
    expect(kindOf("t13-first", "agent/1")).toBe("fault");
    expect(kindOf("t13-resumed", "agent/1")).toBe("none");
    expect(kindOf("t13-first", "agent/2")).toBe("fault");
  });

  it("draws for each connection on its own", () => {
    const engine = engineOf([rule({ when: { per: "connection", probability: 0.5 } })]);
    const first = Array.from({ length: 400 }, (_, at) =>
      hitBy(engine.decideRequest(request({ connection: String(at) }), 0)),
    );
    const share = first.filter((name) => name === "rule").length / first.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  it("remembers no more scopes than allowed, and forgets the oldest", () => {
    const engine = new FaultEngine({ startedAtMs: 0, maxScopes: 2 });
    engine.setRules("file", ruleSet([rule({ when: { per: "connection", first: 1 } })]));
    const kinds = ["a", "b", "a", "c", "b", "a"].map(
      (connection) => engine.decideRequest(request({ connection }), 0).kind,
    );
    expect(kinds).toEqual(["fault", "fault", "none", "fault", "none", "fault"]);
  });

  it("takes several faults in turn, and lets be where one is null", () => {
    const reset: Fault = { kind: "connection.reset", at: { kind: "moment", moment: "request" } };
    const engine = engineOf([rule({ faults: [EMPTY, null, reset] }), rule({ name: "never reached" })]);
    const decisions = Array.from({ length: 4 }, () => engine.decideRequest(request(), 0));
    expect(decisions.map((one) => (one.kind === "fault" ? one.decision.fault.kind : one))).toEqual([
      "http.empty",
      { kind: "none", rule: "rule" },
      "connection.reset",
      "http.empty",
    ]);
  });
});

describe("match", () => {
  const matching: readonly (readonly [Match, boolean])[] = [
    [{ host: [glob("api.anthropic.com")] }, true],
    [{ host: [glob("*.Anthropic.com")] }, true],
    [{ host: [glob("a"), glob("api.*")] }, true],
    [{ host: [glob("anthropic.com")] }, false],
    [{ port: [443] }, true],
    [{ port: [80] }, false],
    [{ sni: [glob("*")] }, false],
    [{ alpn: ["h2"] }, false],
    [{ ja4: [glob("t13d*")] }, false],
    [{ method: ["GET", "POST"] }, true],
    [{ method: ["GET"] }, false],
    [{ path: [glob("/v1/messages")] }, true],
    [{ path: [glob("/v1/*")] }, true],
    [{ path: [{ kind: "regex", text: "^/v[0-9]+/messages$" }] }, true],
    [{ path: [glob("/v1/messages?beta=true")] }, false],
    [{ headers: [{ name: "Anthropic-Version", value: glob("2023-*") }] }, true],
    [{ headers: [{ name: "anthropic-version", value: true }] }, true],
    [{ headers: [{ name: "anthropic-version", value: false }] }, false],
    [{ headers: [{ name: "x-api-key", value: false }] }, true],
    [{ body: [{ pointer: "/model", value: glob("claude-*") }] }, true],
    [{ body: [{ pointer: "/stream", value: true }] }, true],
    [{ body: [{ pointer: "/stream", value: glob("true") }] }, false],
    [{ body: [{ pointer: "/missing", value: null }] }, false],
    [{ provider: ["anthropic"] }, true],
    [{ provider: ["openai"] }, false],
    [{ model: [glob("claude-sonnet-*")] }, true],
    [{ model: [glob("gpt-*")] }, false],
    [{ stream: true }, true],
    [{ stream: false }, false],
    [{ method: ["POST"], model: [glob("claude-*")], stream: true }, true],
    [{ method: ["GET"], model: [glob("claude-*")], stream: true }, false],
  ];

  it.each(matching)("%j: %s", (match, expected) => {
    expect(hitBy(engineOf([rule({ match })]).decideRequest(request(), 0))).toBe(expected ? "rule" : "-");
  });

  it("finds model and stream of Gemini in the path", () => {
    const engine = engineOf([
      rule({ match: { provider: ["gemini"], model: [glob("gemini-*")], stream: true } }),
    ]);
    const target = "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse";
    // No body is asked for.
    expect(hitBy(engine.decideRequest({ connection: "1", method: "POST", target, headers: [] }, 0))).toBe(
      "rule",
    );
  });

  it("tells OpenAI by its paths", () => {
    const engine = engineOf([rule({ match: { provider: ["openai"] } })]);
    const facts = request({ target: "/proxy/v1/chat/completions", headers: [] });
    expect(hitBy(engine.decideRequest(facts, 0))).toBe("rule");
  });

  it("does not match a body that is no JSON, or not to be had", () => {
    const engine = engineOf([rule({ match: { stream: false } }), rule({ name: "other" })]);
    expect(hitBy(engine.decideRequest(request({ body: new Uint8Array([123]) }), 0))).toBe("other");
    expect(hitBy(engine.decideRequest(request({ body: null }), 0))).toBe("other");
  });
});

describe("asking for the body", () => {
  const head = request();
  const { body: _body, ...withoutBody } = head;
  const needy = rule({ name: "needy", match: { model: [glob("claude-*")] }, when: { first: 1 } });

  it("asks where a rule needs it, and counts nothing by asking", () => {
    const engine = engineOf([needy]);
    for (let times = 0; times < 5; times++)
      expect(engine.decideRequest(withoutBody, 0)).toEqual({ kind: "needs-body", maxBytes: 10_485_760 });
    expect(engine.counts()).toEqual([{ rule: "needy", matches: 0, hits: 0 }]);
    expect(hitBy(engine.decideRequest(head, 0))).toBe("needy");
    expect(hitBy(engine.decideRequest(head, 0))).toBe("-");
  });

  it("does not ask where an earlier rule takes the request, nor where the head already rules it out", () => {
    const engine = engineOf([rule({ name: "early", when: { first: 1 } }), needy]);
    expect(hitBy(engine.decideRequest(withoutBody, 0))).toBe("early");
    expect(hitBy(engine.decideRequest(withoutBody, 0))).toBe("needs-body");
    const elsewhere = engineOf([{ ...needy, match: { ...needy.match, path: [glob("/v2/*")] } }]);
    expect(hitBy(elsewhere.decideRequest(withoutBody, 0))).toBe("-");
  });
});

describe("rules about connections", () => {
  const alert: Fault = {
    kind: "tls.alert",
    description: "handshake_failure",
    level: "fatal",
    at: "client-hello",
  };

  it("are asked once a connection and never for a request", () => {
    const engine = engineOf([
      rule({ match: { sni: [glob("*.test")] }, when: { first: 1 }, faults: [alert] }),
    ]);
    expect(engine.decideConnection({ connection: "1", sni: "a.test" }, 0)).toMatchObject({
      fault: alert,
      rule: "rule",
    });
    expect(engine.decideConnection({ connection: "2", sni: "a.test" }, 0)).toBeNull();
    expect(engine.decideRequest(request({ sni: "a.test" }), 0)).toEqual({ kind: "none", rule: null });
  });

  it("can't depend on a request", () => {
    const engine = engineOf([]);
    const set = ruleSet([rule({ match: { path: [glob("/")] }, faults: [alert] })]);
    expect(() => engine.setRules("file", set)).toThrow(/match\.path/);
    const mixed = ruleSet([rule({ faults: [alert, EMPTY] })]);
    expect(() => engine.setRules("file", mixed)).toThrow(/two rules/);
  });

  it("a close at the request is a rule about requests", () => {
    const close: Fault = { kind: "connection.close", at: { kind: "moment", moment: "request" } };
    const engine = engineOf([rule({ faults: [close] })]);
    expect(engine.decideConnection({ connection: "1" }, 0)).toBeNull();
    expect(hitBy(engine.decideRequest(request(), 0))).toBe("rule");
  });
});

describe("order", () => {
  it("the first rule that hits wins, and the next counts what is left", () => {
    const engine = engineOf([
      rule({ name: "a", when: { first: 2 } }),
      rule({ name: "b", when: { every: 2 } }),
    ]);
    const names = Array.from({ length: 6 }, () => hitBy(engine.decideRequest(request(), 0)));
    expect(names).toEqual(["a", "a", "-", "b", "-", "b"]);
  });

  it("runtime comes before the file, the file before flags", () => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    for (const source of ["flags", "file", "runtime"] as const)
      engine.setRules(source, ruleSet([rule({ name: source, when: { first: 1 } })]));
    const names = Array.from({ length: 4 }, () => hitBy(engine.decideRequest(request(), 0)));
    expect(names).toEqual(["runtime", "file", "flags", "-"]);
    engine.setRules("file", null);
    expect(engine.rules.map(({ name }) => name)).toEqual(["runtime", "flags"]);
  });

  it("a request's own header comes first, where that is allowed", () => {
    const asked = request({ headers: [["X-Faultwire", "empty"]] });
    const readHeader = (value: string): Fault | null => (value === "empty" ? EMPTY : null);
    for (const header of [true, false]) {
      const engine = new FaultEngine({ startedAtMs: 0, readHeader });
      engine.setRules("file", ruleSet([rule({ name: "file" })], { header }));
      expect(hitBy(engine.decideRequest(asked, 0))).toBe(header ? "header" : "file");
    }
  });
});

describe("reloading", () => {
  it("keeps the counts of rules that stay the same", () => {
    const engine = engineOf([rule({ name: "a", when: { first: 1 } })]);
    engine.decideRequest(request(), 0);
    engine.setRules(
      "file",
      ruleSet([rule({ name: "new", when: { nth: [2] } }), rule({ name: "a", when: { first: 1 } })]),
    );
    expect(hitBy(engine.decideRequest(request(), 0))).toBe("-");
    engine.setRules("file", ruleSet([rule({ name: "a", when: { first: 2 } })]));
    expect(hitBy(engine.decideRequest(request(), 0))).toBe("a");
  });

  it("leaves the old rules in force where the new ones are refused", () => {
    const engine = engineOf([rule({ name: "old" })]);
    const bad = [
      ruleSet([rule(), rule()]),
      ruleSet([rule({ faults: [] })]),
      ruleSet([rule({ match: { path: [{ kind: "regex", text: "(" }] } })]),
      ruleSet([rule({ match: { body: [{ pointer: "a", value: 1 }] } })]),
    ];
    for (const set of bad) expect(() => engine.setRules("file", set)).toThrow(FaultEngineError);
    expect(hitBy(engine.decideRequest(request(), 0))).toBe("old");
  });
});

describe("targets and decisions", () => {
  it("names the hosts that may be touched", () => {
    const engine = engineOf([], { targets: ["*.anthropic.com", "LOCALHOST"] });
    expect(["api.anthropic.com", "localhost", "example.org"].map((host) => engine.isTarget(host))).toEqual([
      true,
      true,
      false,
    ]);
    expect(engineOf([]).isTarget("anything")).toBe(true);
  });

  it("brings random numbers of its own, the same for the same decision", () => {
    const draws = (): number[][] => {
      const engine = engineOf([rule()]);
      return [0, 1].map(() => {
        const answer = engine.decideRequest(request(), 0);
        if (answer.kind !== "fault") throw new Error("no fault");
        return [0, 1].flatMap((index) => ["a", "b"].map((use) => answer.decision.random(use, index)));
      });
    };
    expect(draws()).toEqual(draws());
    expect(new Set(draws().flat()).size).toBe(8);
  });

  it("carries the marker unless it is off", () => {
    for (const marker of [true, false])
      expect(engineOf([rule()], { marker }).decideRequest(request(), 0)).toMatchObject({
        decision: { marker: marker ? "rule" : null },
      });
  });
});

describe("a request to no rule", () => {
  it("is let be without a look at it", () => {
    const engine = engineOf([]);
    const facts = request();
    Object.defineProperty(facts, "target", {
      get: () => {
        throw new Error("looked");
      },
    });
    expect(engine.decideRequest(facts, 0)).toEqual({ kind: "none", rule: null });
  });
});
