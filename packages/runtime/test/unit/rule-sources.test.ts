import { FaultEngine, parseRuleFile, type RuleFile } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import {
  certifiableHosts,
  closedTargets,
  exactHosts,
  ruleSources,
  rulesWithoutCall,
  rulesWithoutWebSocket,
  untargetedRules,
} from "../../src/rules/rule-sources.ts";

const rules = (more = ""): RuleFile =>
  parseRuleFile(`version: 1\nseed: 3\n${more}\nrules: [{ name: a, fault: none }]`, "rules.yaml");
const old = (content: object): RuleFile => parseRuleFile(JSON.stringify(content), "old.json");

describe("flags alone", () => {
  it("are one rule with Anthropic's API as its target, and a seed for the run", () => {
    const { file, flags, targets } = ruleSources({}, undefined, 77);
    expect(file).toBeNull();
    expect(flags?.seed).toBe(77);
    expect(flags?.rules[0]?.when.probability).toBe(0.1);
    expect(targets).toEqual(["api.anthropic.com"]);
  });

  it("say everything that there is to say", () => {
    const { flags } = ruleSources(
      {
        targetHosts: ["api.test"],
        errorProbability: 0.5,
        statusCode: 429,
        errorBody: "no",
        headers: [["x-a", "1"]],
        closeAt: "established",
        seed: "s",
      },
      undefined,
      77,
    );
    expect(flags).toMatchObject({
      seed: "s",
      targets: ["api.test"],
      rules: [
        {
          when: { probability: 0.5 },
          faults: [{ answer: { status: 429, body: "no", headers: [["x-a", "1"]] } }],
        },
        { faults: [{ kind: "connection.close", at: { moment: "established" } }] },
      ],
    });
  });
});

describe("flags over the old JSON", () => {
  it("win key by key, headers by name", () => {
    const file = old({ error_probability: 0.25, status_code: 529, headers: { a: "file", b: "file" } });
    const { flags } = ruleSources({ errorProbability: 0.5, headers: [["b", "flag"]] }, file, 77);
    expect(flags?.seed).toBe(77);
    expect(flags?.rules[0]).toMatchObject({
      when: { probability: 0.5 },
      faults: [
        {
          answer: {
            status: 529,
            headers: [
              ["a", "file"],
              ["b", "flag"],
            ],
          },
        },
      ],
    });
  });
});

describe("flags beside a rule file", () => {
  it("that say nothing of a failure add nothing", () => {
    const sources = ruleSources({ seed: "9" }, rules("targets: [api.test]"), 77);
    expect(sources).toMatchObject({ flags: null, targets: ["api.test"], file: { seed: "9" } });
  });

  it("are a rule that is asked after the file's, for the same targets", () => {
    const { file, flags, targets } = ruleSources({ errorProbability: 1 }, rules("targets: [api.test]"), 77);
    expect(targets).toEqual(["api.test"]);
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("file", file);
    engine.setRules("flags", flags);
    expect(engine.rules.map(({ name }) => name)).toEqual(["a", "flags", "flags/connection"]);
    expect(engine.isTarget("api.test")).toBe(true);
    expect(engine.isTarget("other.test")).toBe(false);
  });

  it("give the seed, whatever the file says", () => {
    const unseeded = parseRuleFile("version: 1\nrules: [{ name: a, fault: none }]", "rules.yaml");
    expect(ruleSources({ seed: "9" }, unseeded, 77).file?.seed).toBe("9");
    expect(ruleSources({}, unseeded, 77).file?.seed).toBe(0);
    expect(ruleSources({ seed: "9" }, rules(), 77).file?.seed).toBe("9");
  });

  it("name the targets where the file does not", () => {
    expect(ruleSources({}, rules(), 77).file?.targets).toEqual(["api.anthropic.com"]);
    expect(ruleSources({ targetHosts: ["api.test"] }, rules(), 77).file?.targets).toEqual(["api.test"]);
  });
});

describe("rules that ask for a host that is no target", () => {
  const named = (host: string, targets = ""): string[] => {
    const text = `version: 1\n${targets}\nrules: [{ name: a, match: { host: ${host} }, fault: none }]`;
    const { file } = ruleSources({}, parseRuleFile(text, "rules.yaml"), 77);
    return file ? untargetedRules(file) : [];
  };

  it("are told of, by exact names", () => {
    expect(named("api.openai.com")).toEqual([
      "a never hits: api.openai.com is not among the targets (api.anthropic.com)",
    ]);
    expect(named("[a.test, b.test]", "targets: c.test")[0]).toContain("a.test, b.test is not among");
  });

  it("are not where one of them is, or nobody can say", () => {
    expect(named("API.anthropic.com")).toEqual([]);
    expect(named("[a.test, b.test]", 'targets: "*.test"')).toEqual([]);
    expect(named('"*.openai.com"')).toEqual([]);
    expect(named("/^api/")).toEqual([]);
  });
});

describe("targets that no certificate can stand for", () => {
  const told = (more: string, single = {}): string[] => {
    const { file } = ruleSources(single, parseRuleFile(`version: 1\n${more}`, "rules.yaml"), 77);
    return file ? closedTargets(file) : [];
  };
  const closed = (targets: string): string =>
    `HTTPS to ${targets} stays closed, so no request in it is seen: a CA of Faultwire's can't stand for a * inside of a name; name the hosts that your program calls, in targets or with --target-host`;

  it("are told of, with what to do", () => {
    expect(told("mix: bedrock/bursts")).toEqual([
      closed("bedrock-runtime.*.amazonaws.com, bedrock-runtime-fips.*.amazonaws.com"),
    ]);
    expect(told("mix: vertex/bursts")).toEqual([
      closed("*-aiplatform.googleapis.com, aiplatform.*.rep.googleapis.com"),
    ]);
    expect(told('targets: [a.test, "a.*.test"]\nmix: gentle')).toEqual([closed("a.*.test")]);
  });

  it("are not where another target has their names, where a host is named, or where no rule is about requests", () => {
    expect(told('targets: ["*.test", "a.*.test"]\nmix: gentle')).toEqual([]);
    expect(told('targets: ["*", "a.*.test"]\nmix: gentle')).toEqual([]);
    const named = { targetHosts: ["bedrock-runtime.us-east-1.amazonaws.com"] };
    expect(told("mix: bedrock/bursts", named)).toEqual([]);
    const late = "rules: [{ name: a, fault: { tls: { alert: handshake_failure } } }]";
    expect(told(`targets: ["a.*.test"]\n${late}`)).toEqual([]);
  });
});

describe("rules for an API without a host of its own", () => {
  const told = (more: string, single = {}): string[] => {
    const { file } = ruleSources(single, parseRuleFile(`version: 1\n${more}`, "rules.yaml"), 77);
    return file ? untargetedRules(file) : [];
  };

  it("are told of where all targets are hosts of other APIs: once for each API", () => {
    expect(told("mix: [ollama/bursts, litellm/bursts, openai/bursts]")).toEqual([
      "ollama/bursts/overloaded, ollama/bursts/rate-limited never hit: ollama has no host of its own, and none of the targets (api.openai.com, *.api.openai.com) can be it; name yours in targets, or with --target-host",
      expect.stringMatching(
        /^litellm\/bursts\/overloaded, litellm\/bursts\/rate-limited never hit: litellm has no host /,
      ),
    ]);
    expect(told("rules: [{ name: a, match: { provider: ollama }, fault: none }]")[0]).toMatch(
      /^a never hits: ollama /,
    );
  });

  it("are not where a target is anybody's, or a provider of theirs has one", () => {
    expect(told("mix: ollama/bursts", { targetHosts: ["localhost"] })).toEqual([]);
    expect(told('mix: ollama/bursts\ntargets: "*"')).toEqual([]);
    expect(told("rules: [{ name: a, match: { provider: [ollama, anthropic] }, fault: none }]")).toEqual([]);
    expect(told("mix: [openai/bursts, vertex/bursts]")).toEqual([]);
  });
});

describe("rules about WebSockets that no request for one can meet", () => {
  const told = (match: string, fault: string): string[] => {
    const text = `version: 1\nrules: [{ name: a, match: ${match}, fault: ${fault} }]`;
    const { file } = ruleSources({}, parseRuleFile(text, "rules.yaml"), 77);
    return file ? rulesWithoutWebSocket(file) : [];
  };
  const noPong = "{ websocket: { noPong: true } }";

  it("are told of", () => {
    expect(told("{ websocket: false }", noPong)).toEqual([
      "a never strikes: its fault is one of WebSockets, and websocket: false leaves them out",
    ]);
    const byMethod = [
      "a never strikes: a WebSocket is asked for with GET, and the rule takes POST, PUT alone",
    ];
    expect(told("{ method: [POST, PUT] }", noPong)).toEqual(byMethod);
    expect(told("{ method: [POST, PUT], websocket: true }", "{ http: { status: 500 } }")).toEqual(byMethod);
  });

  it("are those alone", () => {
    for (const match of ["{}", "{ method: [GET, POST] }", "{ websocket: true, method: get }"])
      expect(told(match, noPong)).toEqual([]);
    expect(told("{ websocket: false, method: POST }", "{ http: { status: 500 } }")).toEqual([]);
    expect(told("{ method: POST }", "none")).toEqual([]);
    const mixed = `{ websocket: false }, sequence: [${noPong}, { http: { status: 500 } }]`;
    const text = `version: 1\nrules: [{ name: a, match: ${mixed} }]`;
    const { file } = ruleSources({}, parseRuleFile(text, "rules.yaml"), 77);
    expect(file && rulesWithoutWebSocket(file)).toEqual([]);
  });
});

describe("rules about gRPC calls that no call can meet", () => {
  const told = (match: string, fault: string): string[] => {
    const text = `version: 1\nrules: [{ name: a, match: ${match}, fault: ${fault} }]`;
    const { file } = ruleSources({}, parseRuleFile(text, "rules.yaml"), 77);
    return file ? rulesWithoutCall(file) : [];
  };
  const unavailable = "{ grpc: { status: UNAVAILABLE } }";
  const byMethod = ["a never strikes: a gRPC call is a POST, and the rule takes GET, PUT alone"];

  it("are told of", () => {
    expect(told("{ grpc: false }", unavailable)).toEqual([
      "a never strikes: its fault is one of gRPC calls, and grpc: false leaves them out",
    ]);
    expect(told("{ method: [GET, PUT] }", unavailable)).toEqual(byMethod);
    expect(told("{ method: [GET, PUT], grpc: { method: A } }", "{ http: { status: 500 } }")).toEqual(
      byMethod,
    );
  });

  it("are those alone", () => {
    for (const match of ["{}", "{ method: post }", "{ grpc: true }", "{ grpc: { service: a.* } }"])
      expect(told(match, unavailable)).toEqual([]);
    expect(told("{ grpc: false, method: GET }", "{ http: { status: 500 } }")).toEqual([]);
    expect(told("{ method: GET }", "none")).toEqual([]);
  });
});

describe("hosts", () => {
  it("that a certificate can stand for are names, names below one, or all", () => {
    expect(certifiableHosts(["api.test", "*.test", "api.*.test", "*"])).toEqual(["api.test", "*.test", "*"]);
    expect(certifiableHosts(["api.*"])).toEqual(["api.anthropic.com"]);
  });

  it("that the mock can answer for are exact", () => {
    expect(exactHosts(["api.test", "*.test"])).toEqual(["api.test"]);
  });
});
