/** `x-faultwire` of a request: any text gives a fault that a request can have, or one 400 that says what is wrong. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Fault,
  FaultEngine,
  faultResponse,
  headerFaultLimits,
  parseRuleFile,
  readHeaderFault,
} from "../../src/index.ts";
import { ruleFileForm } from "../../src/rule-file/file-schema.ts";
import { schemaArbitrary } from "../support/schema-arbitrary.ts";

const answerContext = { requestId: "req_1", nowMs: 0, marker: null };

/** The 400's text; `undefined` for a fault that the header asked for. */
function refusal(value: string): string | undefined {
  const fault = readHeaderFault(value);
  if (fault?.kind !== "http.error" || fault.answer.status !== 400) return undefined;
  return fault.answer.body?.startsWith("x-faultwire: ") ? fault.answer.body : undefined;
}

describe("a header that can't be read is refused with the reason:", () => {
  it.each([
    ["", "nothing"],
    ["# none", "nothing"],
    ["overload", 'found "overload" (did you mean overloaded?)'],
    ["anthropic/overloaded", "did you mean anthropic/overloaded_error"],
    ["None", 'found "None"'],
    ["none, none", 'found "none, none"'],
    ["{http: {", "not YAML or JSON"],
    ["{http: {status: 503}, http: {status: 500}}", "not YAML or JSON"],
    ["{http: {status: 1000}}", "http.status: found 1000"],
    ["{htpp: {status: 503}}", "htpp: unknown key (did you mean http"],
    ["*a", "alias"],
    ["&a [*a]", "anchor"],
    ["&a {http: {status: 503}}", "anchor"],
    ["{http: {status: 503, body: &a { a: *a }}}", "anchor"],
    ["{? &a http : {status: 503}}", "anchor"],
    ["!!map {http: {status: 503}}", "tag"],
    ["! none", "tag"],
    ["{http: {status: !!int 503}}", "tag"],
    ["{http: {status: !x 503}}", "tag"],
    ["%YAML 1.1\n--- none", "control character"],
    ["--- a\n--- b", "control character"],
    ["none\0", "control character"],
    ["{http: {body: caf\u00e9}}", "http"],
    [" ".repeat(5000), "5000 bytes"],
    [`{http: {status: 503, body: "${"\u00e9".repeat(2050)}"}}`, "bytes"],
    ["[".repeat(4000), "more than 20 lists"],
    [`{http: {status: 503, body: "${"]".repeat(900)}"}, x: ${"[".repeat(900)}}`, "more than 20 lists"],
    ["{connect: {refuse: reset}}", "connect.refuse strikes before"],
    ["{tls: {certificate: expired}}", "tls.certificate strikes before"],
    ["{connection: {close: {at: client-hello}}}", "connection.close strikes before"],
    ["{connection: {throttle: {bytesPerSecond: 10, from: client}}}", "connection.throttle"],
  ])("%j: %s", (value, reason) => {
    const body = refusal(value);
    expect(body).toContain(reason);
    expect(body).toContain("{http: {status: 503}}");
    expect(body).toMatch(/^[^\p{Cc}]+\n$/u);
  });

  it("what looks like a key is not said again", () => {
    expect(refusal("sk-ant-api03-0123456789abcdef")).not.toContain("0123456789abcdef");
  });
});

it("takes as many bytes as the limit says, and not one more", () => {
  const of = (length: number): string => `{http: {status: 503}}${" ".repeat(length - 21)}`;
  expect(readHeaderFault(of(headerFaultLimits.maxBytes))).toMatchObject({ answer: { status: 503 } });
  expect(refusal(of(headerFaultLimits.maxBytes + 1))).toContain("4097 bytes");
});

/** Faults that a request can have, in the file's form. */
const properties = ruleFileForm() as Parameters<typeof schemaArbitrary>[0];
const forms = properties.properties?.["rules"]?.items?.properties?.["fault"]?.anyOf?.find(
  ({ type }) => type === "object",
);
const yamlish = fc.oneof(
  { weight: 2, arbitrary: schemaArbitrary(forms ?? {}).map((fault) => JSON.stringify(fault)) },
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(...Array.from("&*!|>{}[]:,?-#%'\"a1 \t\n~<="), "http", "none"),
    maxLength: 60,
  }),
);

it("any text gives a fault, null, or a 400 with a text, and never throws", () => {
  fc.assert(
    fc.property(yamlish, (value) => {
      const fault = readHeaderFault(value);
      if (fault === null) {
        expect(value).toBe("none");
        return;
      }
      // A fault of a request: what can't be carried out for one would let it pass.
      expect(fault.kind).not.toMatch(/^(?:connect|tls)\./);
      if (fault.kind === "http.error") faultResponse(fault.answer, answerContext);
    }),
    { numRuns: propertyRuns(500) },
  );
});

it("two lines of that name are refused, so that neither passes unseen", () => {
  const engine = new FaultEngine({ startedAtMs: 0, readHeader: readHeaderFault });
  engine.setRules("file", parseRuleFile("{ version: 1, header: true, rules: [] }", "f").ruleSet);
  const headers = ["none", "{http: {status: 503}}"].map((value): [string, string] => ["X-Faultwire", value]);
  const decided = engine.decideRequest({ connection: "1", method: "POST", target: "/", headers }, 0);
  const fault = (decided as { decision: { fault: Fault } }).decision.fault;
  expect(fault).toMatchObject({ answer: { status: 400, body: expect.stringContaining("found 2 times") } });
});
