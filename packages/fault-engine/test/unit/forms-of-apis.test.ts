/** Faults that leave their form to the API that a request is for: budgets, common errors, errors in streams, mixes, flags. */
import { describe, expect, it } from "vitest";
import {
  type Decision,
  explain,
  type Fault,
  FaultEngine,
  faultResponse,
  PROVIDER_NAMES,
  type Provider,
  parseRuleFile,
  type RuleSet,
  readHeaderFault,
  requestOfMix,
  singleRuleSet,
} from "../../src/index.ts";
import { COMMON_ERRORS, commonPreset } from "../../src/providers/common-errors.ts";
import { INCIDENTS } from "../../src/providers/incidents-table.ts";
import { findErrorPreset } from "../../src/providers/provider-error.ts";

const ruleSetOf = (rule: string): RuleSet =>
  parseRuleFile(`version: 1\nrules:\n  - { name: a, ${rule} }\n`, "f.yaml").ruleSet;

const unknown = { host: "api.nobody.test", target: "/ask", headers: [] };
/** A request to each API, and one to an API that nobody knows. */
const requestTo = (provider: Provider | null): Parameters<FaultEngine["decideRequest"]>[0] => ({
  ...{ connection: "1", method: "POST", target: "", headers: [] },
  ...(provider === null ? unknown : requestOfMix(`${provider}/bursts`)),
});

/** What each of the first requests gets. */
function decisionsOf(
  ruleSet: RuleSet,
  provider: Provider | null,
  requests = 1,
): readonly (Decision | null)[] {
  const engine = new FaultEngine({ startedAtMs: 0, readHeader: readHeaderFault });
  engine.setRules("file", ruleSet);
  return Array.from({ length: requests }, (_, at) => {
    const decided = engine.decideRequest(requestTo(provider), at * 100);
    return decided.kind === "fault" ? decided.decision : null;
  });
}
const faultsOf = (ruleSet: RuleSet, provider: Provider | null): readonly Fault[] =>
  decisionsOf(ruleSet, provider).flatMap((decision) => [decision!.fault, ...(decision!.also ?? [])]);

const presetOf = (fault: Fault | undefined): string | null | undefined =>
  fault?.kind === "http.error" ? fault.answer.preset : undefined;

describe("an error that rules name without an API", () => {
  it.each(COMMON_ERRORS)("%s is one that every API has", (error) => {
    for (const provider of PROVIDER_NAMES) {
      const name = commonPreset(error, provider).split("/")[1] ?? "";
      expect(findErrorPreset(provider, name), `${provider}: ${error}`).toBeDefined();
    }
  });

  it.each(PROVIDER_NAMES)("has the form of %s where that is asked", (provider) => {
    for (const error of COMMON_ERRORS) {
      const [fault] = faultsOf(ruleSetOf(`fault: { http: { preset: ${error} } }`), provider);
      expect(presetOf(fault)).toBe(commonPreset(error, provider));
    }
  });

  it.each(["anthropic", "openai"] as const)("has no other form once it is decided, at %s", (provider) => {
    const rule = "fault: { http: { preset: overloaded } }";
    const inStream = "fault: { stream: { errorEvent: { afterEvents: 1 } } }";
    const [error, event] = [rule, inStream].flatMap((one) => faultsOf(ruleSetOf(one), provider));
    expect(error?.kind === "http.error" && Object.keys(error.answer)).not.toContain("presets");
    expect(Object.keys(event ?? {})).not.toContain("types");
  });

  it("has Anthropic's form where no API is known", () => {
    const [fault] = faultsOf(ruleSetOf("fault: { http: { preset: overloaded } }"), null);
    expect(presetOf(fault)).toBe("anthropic/overloaded_error");
  });

  it("keeps what the rule lays over it", () => {
    const rule =
      "fault: { http: { preset: rate-limited, message: wait, retryAfter: 7s, headers: { x-a: 1 } } }";
    const [fault] = faultsOf(ruleSetOf(rule), "openai");
    if (fault?.kind !== "http.error") throw new Error("no http.error");
    const response = faultResponse(fault.answer, { requestId: "req_1", nowMs: 0, marker: null });
    expect(response.status).toBe(429);
    expect(new TextDecoder().decode(response.body)).toMatch(/"message":\s*"wait"/);
    expect(response.headers).toEqual(
      expect.arrayContaining([
        ["retry-after", "7"],
        ["x-a", "1"],
      ]),
    );
  });

  it("can be asked for by a request's own header, by its name or in a map", () => {
    const header = { ...ruleSetOf("fault: none"), header: true };
    for (const value of ["overloaded", "{http: {preset: overloaded}}"]) {
      const engine = new FaultEngine({ startedAtMs: 0, readHeader: readHeaderFault });
      engine.setRules("file", header);
      const request = requestTo("mistral");
      const decided = engine.decideRequest(
        { ...request, headers: [...request.headers, ["x-faultwire", value]] },
        0,
      );
      expect(decided.kind === "fault" && presetOf(decided.decision.fault)).toBe(
        commonPreset("overloaded", "mistral"),
      );
    }
  });

  it("is told by check, which knows no request", () => {
    expect(explain(ruleSetOf("fault: { http: { preset: overloaded } }"))).toContain(
      "→ status 529 (anthropic/overloaded_error, or its like of the API that is asked)\n",
    );
  });

  it("leaves a preset that names its API alone", () => {
    const ruleSet = ruleSetOf("fault: { http: { preset: anthropic/overloaded_error } }");
    expect(presetOf(faultsOf(ruleSet, "openai")[0])).toBe("anthropic/overloaded_error");
  });
});

describe("an error in a stream without a type", () => {
  const ruleSet = ruleSetOf("fault: { stream: { pace: { event: 1ms }, errorEvent: { afterEvents: 2 } } }");
  const typeIn = (provider: Provider | null): string | null | undefined =>
    faultsOf(ruleSet, provider).flatMap((fault) =>
      fault.kind === "stream.error-event" ? [fault.type] : [],
    )[0];

  it.each(PROVIDER_NAMES)("has a type of %s where that is asked", (provider) => {
    expect(typeIn(provider)).toBe(INCIDENTS[provider].inStream);
  });

  it("has Anthropic's where no API is known", () => {
    expect(typeIn(null)).toBe("overloaded_error");
  });

  it("with data of its own has no type", () => {
    const own = ruleSetOf("fault: { stream: { errorEvent: { data: '{}', afterEvents: 2 } } }");
    expect(faultsOf(own, "openai")).toMatchObject([{ type: null, data: "{}" }]);
  });
});

describe("the form of a budget", () => {
  const BUDGET = "rateLimit: { requestsPerMinute: 10 }";
  const formIn = (rule: string, provider: Provider | null): readonly (string | null)[] =>
    faultsOf(ruleSetOf(rule), provider).flatMap((fault) =>
      fault.kind === "http.rate-limit" ? [fault.provider] : [],
    );

  it.each([
    [
      "a match that names the provider",
      `match: { provider: azure }, fault: { http: { ${BUDGET} } }`,
      "azure",
    ],
    ["several providers", `match: { provider: [openai, azure] }, fault: { http: { ${BUDGET} } }`, "openai"],
    ["no match", `fault: { http: { ${BUDGET} } }`, "gemini"],
    ["other faults beside it", `fault: { http: { ${BUDGET}, delay: { beforeHead: 1s } } }`, "openai"],
  ] as const)("is that of the API that is asked: %s", (_, rule, provider) => {
    expect(formIn(rule, provider)).toEqual([provider]);
  });

  it("is that of the provider that the budget names", () => {
    const rule = "fault: { http: { rateLimit: { requestsPerMinute: 10, provider: litellm } } }";
    expect(formIn(rule, "openai")).toEqual(["litellm"]);
  });

  it("stays open where no API is known", () => {
    expect(formIn(`fault: { http: { ${BUDGET} } }`, null)).toEqual([null]);
  });
});

describe("a mix that is no provider's", () => {
  it.each(["gentle", "realistic", "brutal"])(
    "%s has no error of another API than the one that is asked",
    (mix) => {
      const { ruleSet } = parseRuleFile(`version: 1\nseed: 3\nmix: [${mix}, openai/bursts]\n`, "m.yaml");
      for (const provider of PROVIDER_NAMES) {
        const decisions = decisionsOf(ruleSet, provider, 600).filter((one) =>
          one?.rule.startsWith(`${mix}/`),
        );
        const presets = decisions.map((one) => presetOf(one?.fault)).filter((preset) => preset !== undefined);
        expect(presets.length, provider).toBeGreaterThan(0);
        for (const preset of presets) expect(preset).toMatch(new RegExp(`^${provider}/`));
      }
    },
  );
});

describe("a rule for requests of one API, in words", () => {
  const words = (rule: string): string => explain(ruleSetOf(rule));
  const gateway = "fault: { http: { preset: gateway } }";

  it("has that API's form alone", () => {
    expect(words(`match: { provider: openai }, ${gateway}`)).toContain("status 500 (openai/server_error)");
    expect(words(`match: { provider: anthropic }, ${gateway}`)).toContain(
      "status 520 (anthropic/cloudflare_520)",
    );
    const inStream = "fault: { stream: { errorEvent: { afterEvents: 1 } } }";
    expect(words(`match: { provider: openai }, ${inStream}`)).toContain("an error event (server_error)");
  });

  it("for two APIs has the first one's form, and says that there are others", () => {
    expect(words(`match: { provider: [openai, azure] }, ${gateway}`)).toContain(
      "status 500 (openai/server_error, or its like of the API that is asked)",
    );
  });
});

describe("a rule for the hosts of APIs, in words", () => {
  const gateway = "fault: { http: { preset: gateway } }";
  const words = (targets: string, match = "{}"): string =>
    explain(
      parseRuleFile(
        `version: 1\n${targets === "" ? "" : `targets: [${targets}]\n`}rules:\n  - { name: a, match: ${match}, ${gateway} }\n`,
        "f.yaml",
      ).ruleSet,
    );
  const openai = "status 500 (openai/server_error)";
  const ofAnthropic = "status 520 (anthropic/cloudflare_520, or its like of the API that is asked)";

  it.each([
    ["api.openai.com", openai],
    ["API.OpenAI.com, '*.api.openai.com'", openai],
    // Its host takes OpenAI's chats as well.
    ["api.anthropic.com", ofAnthropic],
    ["api.openai.com, api.anthropic.com", "(openai/server_error, or its like of the API that is asked)"],
    ["api.mistral.ai", "(mistral/"],
    ["'*.openai.azure.com'", "(azure/"],
    // Any API may be there.
    ["gateway.test", ofAnthropic],
    ["api.openai.com, gateway.test", ofAnthropic],
    ["'*'", ofAnthropic],
    ["'*.com'", ofAnthropic],
    ["", ofAnthropic],
  ])("at [%s] has the form of what is asked there", (targets, said) => {
    expect(words(targets)).toContain(said);
  });

  it("asks the rule's own hosts first, and its provider before all", () => {
    expect(words("'*'", "{ host: api.openai.com }")).toContain(openai);
    expect(words("api.openai.com", "{ host: '/^api[.]/' }")).toContain(openai);
    expect(words("api.anthropic.com", "{ provider: openai }")).toContain(openai);
  });

  it("says of an error in a stream the same", () => {
    const inStream = "fault: { stream: { errorEvent: { afterEvents: 1 } } }";
    const text = `version: 1\ntargets: api.openai.com\nrules:\n  - { name: a, ${inStream} }\n`;
    expect(explain(parseRuleFile(text, "f.yaml").ruleSet)).toContain("an error event (server_error)");
  });
});

describe("the one rule of flags", () => {
  it("has the form of the API that is asked, and the status that was asked for", () => {
    const rules = { ...singleRuleSet({ errorProbability: 1, statusCode: 429, targetHosts: [] }) };
    for (const provider of PROVIDER_NAMES) {
      const [fault] = faultsOf(rules, provider);
      expect(presetOf(fault)).toBe(`${provider}/${findErrorPreset(provider, 429)!.name}`);
    }
  });

  it("has an API's failure where it has nothing of that status", () => {
    const rules = singleRuleSet({ errorProbability: 1, statusCode: 418, targetHosts: [] });
    const [fault] = faultsOf(rules, "gemini");
    expect(fault).toMatchObject({ answer: { preset: "gemini/INTERNAL", status: 418 } });
  });
});
