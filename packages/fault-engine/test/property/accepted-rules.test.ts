/** What `check` accepts the run can do: rule files made from the schema, and everything that becomes of their faults. */
import { encodeResponse, ResponseReader } from "@faultwire/http1";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createMachine,
  explain,
  FAULT_KINDS,
  type Fault,
  FaultEngine,
  FaultEngineError,
  type FaultMachine,
  FORMAT_NAMES,
  faultResponse,
  malformedResponse,
  PROVIDER_NAMES,
  parseRuleFile,
  RateLimits,
  type Rule,
  simulate,
  singleRuleSet,
} from "../../src/index.ts";
import { describeFault, drawDuration } from "../../src/internal.ts";
import { fileSchema, legacySchema, ruleFileForm } from "../../src/rule-file/file-schema.ts";
import { schemaArbitrary } from "../support/schema-arbitrary.ts";
import { anthropicEvents, context } from "../support/streams.ts";

type Schema = Parameters<typeof schemaArbitrary>[0];
const schema = ruleFileForm() as Schema;
const ruleSchema = schema.properties?.["rules"]?.items ?? {};
const faultSchema = ruleSchema.properties?.["fault"]?.anyOf?.find(({ type }) => type === "object") ?? {};
/** Every fault of every layer as often as any other. */
const faults = Object.entries(faultSchema.properties ?? {}).flatMap(([layer, { properties = {} }]) =>
  Object.entries(properties).map(([name, of]): readonly [string, string, Schema] => [layer, name, of]),
);

function accepted(file: object): readonly Rule[] | undefined {
  // To say why a file is refused takes fifty times as long, and here nobody asks.
  if (!("version" in file ? fileSchema : legacySchema).safeParse(file).success) return undefined;
  try {
    return parseRuleFile(JSON.stringify(file), "made.json").ruleSet.rules;
  } catch (error) {
    if (!(error instanceof FaultEngineError) || error.problems.length === 0) throw error;
    return undefined;
  }
}

/** Drives a machine over a stream, to its end or for so long that a stall would be for ever. */
function run(machine: FaultMachine): void {
  const bytes = new TextEncoder().encode(anthropicEvents.join(""));
  machine.push(bytes.subarray(0, 100), 0);
  machine.push(bytes.subarray(100), 10);
  machine.finish(20);
  for (let wakes = 0; wakes < 50 && machine.wakeAtMs !== undefined; wakes++) {
    expect(machine.wakeAtMs).not.toBeNaN();
    machine.wake(machine.wakeAtMs);
  }
  expect(machine.outcome.kind).not.toBe("waiting");
}

const nowMs = Date.UTC(2026, 10, 28);
const answerContext = { requestId: "req_1", nowMs, marker: "rule" };

/** Reads an answer of ours back: it has to be a whole response. */
function readBack(bytes: Uint8Array, method: string): void {
  const reader = new ResponseReader();
  reader.expect(method);
  expect(reader.push(bytes).map(({ kind }) => kind)).toSatisfy(
    (kinds: string[]) => kinds[0] === "head" && kinds.at(-1) === "end",
  );
}

/** Does everything with a fault that does not need a connection. */
function carryOut(fault: Fault): void {
  expect(describeFault(fault)).not.toMatch(/undefined|NaN/);
  if (fault.kind === "http.error") {
    const response = faultResponse(fault.answer, answerContext);
    for (const method of ["POST", "HEAD"]) readBack(encodeResponse(response, { method }), method);
    for (const duration of Object.values(fault.delay ?? {}))
      if (duration !== null) expect(drawDuration(duration, () => 0.7)).toBeGreaterThanOrEqual(0);
  }
  if (fault.kind === "http.malformed")
    for (const provider of PROVIDER_NAMES)
      expect(malformedResponse(fault.how, provider, answerContext).bytes.length).toBeGreaterThan(0);
  if (fault.kind === "http.rate-limit") {
    const limits = new RateLimits(fault.budget, fault.provider ?? "anthropic");
    for (let at = 0; at < 3; at++) {
      const admission = limits.admit("s", { inputTokens: 1e6, nowMs, requestId: "req_1" });
      if (admission.kind === "refused")
        readBack(encodeResponse(admission.response, { method: "POST" }), "POST");
      limits.settle("s", { estimatedInputTokens: 1, inputTokens: 1e6, outputTokens: 1e6, nowMs });
    }
  }
  for (const format of [...FORMAT_NAMES, null]) {
    const random = (purpose: string, index: number): number => ((purpose.length * 7 + index * 13) % 97) / 97;
    const created = createMachine(fault, context({ format, bodyBytes: 900, random, provider: "anthropic" }));
    if (created.kind === "machine") run(created.machine);
  }
}

describe("a rule file that the schema allows and `check` accepts", () => {
  it.each(faults)("%s: { %s } can be carried out", (layer, name, of) => {
    let taken = 0;
    const made = fc.property(schemaArbitrary(of), (value) => {
      const file = { version: 1, rules: [{ name: "rule", fault: { [layer]: { [name]: value } } }] };
      for (const rule of accepted(file) ?? [])
        for (const fault of rule.faults) {
          if (fault === null) continue;
          taken++;
          carryOut(fault);
        }
    });
    fc.assert(made, { numRuns: propertyRuns(20) });
    // A property of nothing would hold. Of a form that is hardly ever accepted, twenty files may hold none.
    if (["preset", "status", "message", "body", "headers", "retryAfter"].includes(name)) return;
    for (let round = 0; taken === 0 && round < 50; round++) fc.assert(made, { numRuns: propertyRuns(20) });
    expect(taken).toBeGreaterThan(0);
  });

  it("an answer of any keys can be carried out", () => {
    const http = faultSchema.properties?.["http"] ?? {};
    const answer = http.properties?.["error"]?.properties ?? {};
    let taken = 0;
    const status = fc.constantFrom(200, 204, 205, 302, 304, 429, 599);
    fc.assert(
      fc.property(schemaArbitrary({ type: "object", properties: answer }), status, (value, given) => {
        const fault = { http: { status: given, ...(value as object) } };
        for (const rule of accepted({ version: 1, rules: [{ name: "rule", fault }] }) ?? [])
          for (const one of rule.faults)
            if (one !== null) {
              taken++;
              carryOut(one);
            }
      }),
      { numRuns: propertyRuns(100) },
    );
    expect(taken).toBeGreaterThan(10);
  });

  it("can be explained, simulated and put into force", () => {
    fc.assert(
      fc.property(schemaArbitrary(ruleSchema), (rule) => {
        const text = JSON.stringify({ version: 1, rules: [{ ...(rule as object), name: "rule" }] });
        if (accepted(JSON.parse(text)) === undefined) return;
        const { ruleSet } = parseRuleFile(text, "made.json");
        expect(explain(ruleSet)).not.toMatch(/undefined|NaN/);
        simulate(ruleSet, { requests: 5 });
        new FaultEngine({ startedAtMs: 0 }).setRules("file", ruleSet);
      }),
      { numRuns: propertyRuns(50) },
    );
  });

  it("the old form, too", () => {
    const properties: Schema["properties"] = {
      status_code: { type: "integer", minimum: 200, maximum: 599 },
      error_body: { type: "string" },
      headers: faultSchema.properties?.["http"]?.properties?.["headers"] ?? {},
    };
    fc.assert(
      fc.property(schemaArbitrary({ type: "object", properties }), (file) => {
        for (const rule of accepted(file as object) ?? [])
          for (const fault of rule.faults) if (fault) carryOut(fault);
      }),
      { numRuns: propertyRuns(50) },
    );
    expect(FAULT_KINDS).toContain(singleRuleSet({}).rules[0]?.faults[0]?.kind);
  });
});
