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
import { anyEvent } from "../support/any-event.ts";
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

/** Each event is about the last request before it, and each request has a name of its own, as the writer has it. */
function aboutRequests(all: readonly EngineEvent[]): EngineEvent[] {
  let request = "r";
  return all.map((one, at) => {
    if (one.type === "request") request = `r${at}`;
    return "request" in one && one.request !== null ? { ...one, request } : one;
  });
}

/** Events in whose every text one key stands, but for digests, which are ours. */
const eventsWith = (text: string): fc.Arbitrary<EngineEvent[]> =>
  fc
    .array(anyEvent({ text: fc.constant(text), digest: fc.constant("f") }), { minLength: 8, maxLength: 16 })
    .map(aboutRequests);

const planted = sentence.chain(({ key, before, after }) => {
  const text = before + key.text + after;
  return fc.record({ secret: fc.constant(key.secret), text: fc.constant(text), events: eventsWith(text) });
});

it("no event holds one, no log that is read, no line that can't be read, and no report", () => {
  fc.assert(
    fc.property(planted, ({ secret, text, events }) => {
      for (const event of events) expect(JSON.stringify(maskTexts(event))).not.toContain(secret);
      // A log of another writer, which masked nothing.
      const lines = [...events, { type: "end", atMs: text }, { type: "response", status: text }];
      const read = readEventLog(lines.map((line) => JSON.stringify(line)).join("\n"));
      expect(JSON.stringify(read)).not.toContain(secret);
      const judgement = judge([], read.events, { unreadable: read.unreadable });
      const run = { rules: `version: 1\n# ${text}\n` };
      for (const write of [textReport, jsonReport, junitReport, markdownReport, htmlReport])
        expect(write({ title: "t", judgement, run })).not.toContain(secret);
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
