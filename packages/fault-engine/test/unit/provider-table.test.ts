/** A provider is one folder and one row: with a row more in the table, everything else knows it. */
import { headerValue } from "@faultwire/http1";
import { describe, expect, it, vi } from "vitest";
import {
  createMachine,
  errorEvent,
  eventMeaning,
  explain,
  type Fault,
  FaultEngine,
  faultResponse,
  malformedResponse,
  PROVIDER_NAMES,
  PROVIDERS,
  type Provider,
  type ProviderProfile,
  parseRuleFile,
  pingEvent,
  presetTable,
  RateLimits,
  readHeaderFault,
  readUsage,
  requestId,
  ruleFileJsonSchema,
  summarizeRequest,
} from "../../src/index.ts";
import { requestProvider } from "../../src/internal.ts";
import { keyScope } from "../../src/rules/facts.ts";
import { context } from "../support/streams.ts";

/** How its requests are known, for both tables. */
const acmeRequests = vi.hoisted(() => ({
  hosts: ["api.nobody.test"],
  isFor: ({ path }: { path: string }) => path.startsWith("/acme/"),
  readPath: (path: string) => {
    const model = /^\/acme\/ask\/([^/]+)$/.exec(path)?.[1];
    return model === undefined ? undefined : { model, stream: true };
  },
  keyHeaders: ["x-acme-key"],
}));

vi.mock(import("../../src/providers/request-table.ts"), async (original) => {
  const module = await original();
  const REQUESTS = { ...module.REQUESTS, acme: acmeRequests };
  return { ...module, REQUESTS, PROVIDER_NAMES: Object.keys(REQUESTS) as [Provider, ...Provider[]] };
});

vi.mock(import("../../src/providers/provider-table.ts"), async (original) => {
  const module = await original();
  const acme: ProviderProfile = {
    title: "Acme",
    baseUrl: { standard: "https://api.nobody.test", variable: "NOBODY_BASE_URL" },
    ...acmeRequests,
    errors: [
      { name: "teapot", status: 418, message: "short and stout" },
      { name: "slow_down", status: 429, message: "not so fast" },
    ],
    error: ({ name, status, message: preset }, { message = preset, requestId: id }) => {
      const body = new TextEncoder().encode(JSON.stringify({ acme: name, message }));
      return { status, headers: [["x-acme-id", id]], body };
    },
    requestId: (letters) => `acme-${letters(4, "xyz")}`,
    rateLimitHeaders: ({ requests }) => (requests ? [["x-acme-left", String(requests.remaining)]] : []),
    goodAnswer: (id, text) => ({ acme: id, text }),
    usage: [{ path: ["cost"], input: "in", output: "out" }],
    changeAnswer: (json, { fault }) =>
      "acme" in json ? { kind: "changed", json: { ...json, changed: fault.kind } } : undefined,
    eventRole: ({ type }) =>
      type.startsWith("acme.")
        ? { type, isDelta: type === "acme.word", isLast: type === "acme.bye" }
        : undefined,
    wholePaths: /\/count$/,
    formats: ["sse"],
    toolInputs: [],
    errorEvent: ({ type, message }) => ({ name: "acme.oops", data: JSON.stringify({ type, message }) }),
    ping: { name: "acme.hum", data: "{}" },
  };
  const PROVIDERS = { ...module.PROVIDERS, acme };
  return { ...module, PROVIDERS };
});

vi.mock(import("../../src/providers/incidents-table.ts"), async (original) => {
  const module = await original();
  const acme = {
    ...{ overloaded: "slow_down", rateLimited: "slow_down", failed: "teapot", gateway: "teapot" },
    ...{ spendLimit: "slow_down", inStream: "acme_t", family: ["m*"] },
    example: { host: "api.nobody.test", target: "/acme/ask/m1", model: "m1" },
  };
  return { ...module, INCIDENTS: { ...module.INCIDENTS, acme } };
});

const acme = "acme" as Provider;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ruleSetOf = (rule: string) =>
  parseRuleFile(`version: 1\nrules: [{ name: a, ${rule} }]`, "a.yaml").ruleSet;
const faultOf = (fault: string): Fault => ruleSetOf(`fault: ${fault}`).rules[0]!.faults[0]!;

describe("a provider that is added to the table", () => {
  it("has presets in rules, in the header and in the words of check", () => {
    const fault = faultOf("{ http: { preset: acme/teapot } }");
    expect(
      fault.kind === "http.error" && faultResponse(fault.answer, { requestId: "i1", nowMs: 0, marker: null }),
    ).toMatchObject({
      status: 418,
      body: new TextEncoder().encode('{"acme":"teapot","message":"short and stout"}'),
    });
    expect(readHeaderFault("acme/teapot")).toEqual(fault);
    expect(explain(ruleSetOf("fault: { http: { preset: acme/teapot } }"))).toContain(
      "status 418 (acme/teapot)",
    );
    expect(() => faultOf("{ http: { preset: acme/tepot } }")).toThrow(/did you mean acme\/teapot/);
    expect(JSON.stringify(ruleFileJsonSchema())).toContain('"acme/teapot"');
  });

  it("has its table in the documentation", () => {
    expect(presetTable(acme)).toContain("| `acme/slow_down` | 429 |  | not so fast |");
  });

  it("is known by its requests, and can be matched", () => {
    expect(requestProvider({ target: "/acme/ask/m1?x=1", headers: [] })).toBe("acme");
    const facts = { connection: "1", method: "POST", target: "/acme/ask/m1", headers: [] };
    expect(summarizeRequest(facts)).toMatchObject({ provider: "acme", model: "m1", stream: true });
    expect(keyScope([["x-acme-key", "a"]])).not.toBe("");
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules(
      "file",
      ruleSetOf("match: { provider: acme, model: m1 }, fault: { http: { empty: true } }"),
    );
    // The path says it all: no body is waited for.
    expect(engine.decideRequest(facts, 0).kind).toBe("fault");
  });

  it("has its own ids, budgets, answers and usage", () => {
    expect(requestId(acme, 1, 0)).toMatch(/^acme-[xyz]{4}$/);
    const fault = faultOf("{ http: { rateLimit: { requestsPerMinute: 1, provider: acme } } }");
    if (fault.kind !== "http.rate-limit") throw new Error(fault.kind);
    const limits = new RateLimits(fault.budget, fault.provider ?? "anthropic");
    const ask = () => limits.admit("", { inputTokens: 1, nowMs: 0, requestId: "i1" });
    expect(ask()).toMatchObject({ kind: "admitted", headers: [["x-acme-left", "0"]] });
    const refused = ask();
    expect(refused.kind === "refused" && headerValue(refused.response.headers, "x-acme-id")).toBe("i1");
    const { bytes } = malformedResponse("wrong-content-type", acme, {
      requestId: "i1",
      nowMs: 0,
      marker: null,
    });
    expect(text(bytes)).toContain('{"acme":"i1"');
    expect(readUsage({ cost: { in: 3, out: 4 } })).toEqual({ inputTokens: 3, outputTokens: 4 });
  });

  it("has streams that can be read, broken and changed", () => {
    expect(eventMeaning({ name: "acme.bye", data: "{}" })).toMatchObject({ isLast: true, provider: "acme" });
    expect(eventMeaning({ name: "acme.hum", data: "{}" }).isPing).toBe(true);
    expect(text(errorEvent(acme, "t", "m", "i1"))).toBe(
      'event: acme.oops\ndata: {"type":"t","message":"m"}\n\n',
    );
    expect(text(pingEvent(acme))).toBe("event: acme.hum\ndata: {}\n\n");
    const created = createMachine({ kind: "model.empty-content" }, context({ format: null }));
    if (created.kind === "none") throw new Error(created.reason);
    created.machine.push(new TextEncoder().encode('{"acme":1}'), 0);
    const sent = created.machine
      .finish(0)
      .flatMap((action) => (action.kind === "bytes" ? text(action.bytes) : []));
    expect(JSON.parse(sent.join(""))).toEqual({ acme: 1, changed: "model.empty-content" });
  });
});

describe("every provider of the table", () => {
  const names = PROVIDER_NAMES.map((name) => [name, PROVIDERS[name]] as const);

  it.each(names)("%s has an error for a used-up rate limit, which http.rate-limit sends", (_, { errors }) => {
    expect(errors.some(({ status }) => status === 429)).toBe(true);
  });

  it.each(names)("%s: no two presets have one name", (_, { errors }) => {
    expect(new Set(errors.map(({ name }) => name)).size).toBe(errors.length);
  });

  it.each(names)("%s knows its own answer, and nobody before it with another wire takes it", (_, profile) => {
    const change = {
      fault: { kind: "model.empty-content" },
      garbled: {},
      garbledText: () => "",
      wholeGarbledText: "",
      isFirst: () => true,
    } as const;
    const answer = profile.goodAnswer("req_1", "text");
    const first = PROVIDER_NAMES.find((other) => PROVIDERS[other].changeAnswer(answer, change) !== undefined);
    // Those that speak the API of another change an answer as it does.
    expect(PROVIDERS[first!].changeAnswer(answer, change)).toEqual(profile.changeAnswer(answer, change));
  });
});
