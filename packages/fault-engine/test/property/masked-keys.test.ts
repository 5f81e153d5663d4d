/** No key reaches an event, a log that is read, or a report, wherever a program or an upstream puts it. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EngineEvent,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  parseRuleFile,
  readEventLog,
  readHeaderFault,
  textReport,
} from "../../src/index.ts";
import { maskKeys, maskTexts } from "../../src/internal.ts";
import { plantedInHost, plantedKey } from "../support/planted-key.ts";

/** What stands around a key without belonging to it. */
const around = fc.constantFrom(
  "",
  " ",
  "/",
  "%20",
  "%2F",
  "_",
  "(",
  '"',
  "=",
  "/v1/files/",
  "key: ",
  "?a=1&b=",
  "\n",
  "é",
);
const behind = fc.constantFrom("", " ", "/", "?x=1", '"', ")", "#1", "&c=2", "\n", "é");

const sentence = fc.record({ key: plantedKey, before: around, after: behind });

it("a key of any shape is masked in any text", () => {
  fc.assert(
    fc.property(sentence, ({ key, before, after }) => {
      expect(maskKeys(before + key.text + after)).not.toContain(key.secret);
    }),
    { numRuns: propertyRuns(1000) },
  );
});

it("a long run of letters, as an image in a prompt is, takes no long time", () => {
  const image = "x".repeat(1_000_000);
  const before = process.cpuUsage().user;
  expect(maskKeys(`{"token":"abcd","image":"${image}JQQJ99abcdefgh"}`)).toBe(
    `{"token":"[masked]","image":"${"x".repeat(1_000_000)}[masked]"}`,
  );
  expect(process.cpuUsage().user - before).toBeLessThan(1_000_000);
});

it("a key in a host is masked, though a host is written in small letters", () => {
  fc.assert(
    fc.property(plantedInHost, fc.constantFrom("", "x.", "www."), ({ text, secret }, before) => {
      const host = `${before}${text}.api.example.com`;
      expect(maskKeys(host)).not.toContain(secret);
      expect(maskKeys(host)).toMatch(/api\.example\.com$|\[masked\]/);
      expect(JSON.stringify(maskTexts({ type: "connection", host }))).not.toContain(secret);
    }),
    { numRuns: 2000 },
  );
});

describe("words that only look a little like keys stay:", () => {
  it.each([
    "task-management-service/1.0",
    "Anthropic/JS 1.14.0",
    "claude-sonnet-5-5-20260101",
    "anthropic/overloaded_error",
    "max_tokens: 4096",
    "pkgconfig/1.8.0",
    "skateboarding/2.0",
    "hfclient/1.2.3-beta.4",
    "api.anthropic.com",
    "t13d1516h2_8daaf6152771_02713d6af862",
    "monkey=banana",
    "asia-northeast1-aiplatform.googleapis.com",
    "asiapacific.example.com",
    "asianorthernregion.example.com",
    "sg.example.com",
    "shape/1.2.3",
    "dapingtown/1.0",
    "maizaproject-customer-api.example.com",
    "my-resource-eastus2.openai.azure.com",
    "/v1/models/gemini-3-pro:streamGenerateContent",
    "http://127.0.0.1:3180/upstream/http/localhost:8000",
    "expected http://USER:PASSWORD@HOST:PORT",
  ])("%s", (text) => {
    expect(maskKeys(text)).toBe(text);
  });
});

/** An event of each kind in whose every text a key stands. */
const eventsWith = (text: string): EngineEvent[] => {
  const of = { atMs: 1, connection: `${text}#1`, client: text, host: text };
  const ofRule = { atMs: 1, request: "r", connection: `${text}#1`, rule: text, fault: "http.error" } as const;
  return [
    { type: "connection", ...of },
    {
      ...{ type: "request", ...of, request: "r", method: text, path: text, fingerprint: "f", model: text },
      ...{ stream: false, userAgent: text, sdk: text, operation: text },
    } as EngineEvent,
    { type: "decision", ...ofRule, matchNumber: 1, preset: text },
    { type: "done", ...ofRule, instead: text },
    { type: "undone", ...ofRule, reason: text },
    {
      type: "response",
      atMs: 2,
      request: "r",
      status: 500,
      injected: true,
      retryAfterMs: null,
      requestId: text,
    },
    { type: "end", atMs: 3, request: "r", how: "complete" },
    { type: "unread", atMs: 4, connection: text, client: text, host: text, from: "client", reason: text },
    {
      ...{ type: "outcome", atMs: 5, from: "program", outcome: "error", operation: text, requestId: text },
      ...{ text, signal: text },
    } as EngineEvent,
  ];
};

it("no event holds one, no log that is read, no line that can't be read, and no report", () => {
  fc.assert(
    fc.property(sentence, ({ key, before, after }) => {
      const text = before + key.text + after;
      const events = eventsWith(text);
      for (const event of events) expect(JSON.stringify(maskTexts(event))).not.toContain(key.secret);
      // A log of another writer, which masked nothing.
      const lines = [...events, { type: "end", atMs: text }, { type: "response", status: text }];
      const read = readEventLog(lines.map((line) => JSON.stringify(line)).join("\n"));
      expect(JSON.stringify(read)).not.toContain(key.secret);
      const judgement = judge([], read.events, { unreadable: read.unreadable });
      const run = { rules: `version: 1\n# ${text}\n` };
      for (const write of [textReport, jsonReport, junitReport, markdownReport, htmlReport])
        expect(write({ title: "t", judgement, run })).not.toContain(key.secret);
    }),
    { numRuns: propertyRuns(50), endOnFailure: true },
  );
});

it("no error about a rule file or a header repeats one", () => {
  fc.assert(
    fc.property(sentence, ({ key, before, after }) => {
      const text = before + key.text + after;
      const quoted = JSON.stringify(text);
      for (const file of [
        text,
        `version: ${quoted}`,
        `{ version: 1, ${quoted}: 1, rules: [{ name: 1, fault: { http: { preset: ${quoted} } } }] }`,
      ]) {
        let said = "";
        try {
          parseRuleFile(file, "faults.yaml");
        } catch (error) {
          said = `${(error as Error).message}${JSON.stringify((error as { problems?: unknown }).problems)}`;
        }
        expect(said).not.toContain(key.secret);
      }
      for (const value of [text, `{http: {preset: ${quoted}}}`, `{${quoted}: 1}`])
        expect(JSON.stringify(readHeaderFault(value))).not.toContain(key.secret);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
