import { expect, it } from "vitest";
import { decodeRecording, encodeRecording, RecordingsError } from "../../src/index.ts";
import { exchange } from "../support/exchange.ts";

const file = (): Record<string, never> => JSON.parse(encodeRecording(exchange("{}", "ok")));

it("is JSON that a person can read: text where bytes are text", () => {
  const text = encodeRecording(exchange('{"say":"hello"}', "answer"));
  expect(text).toContain(String.raw`"text": "{\"say\":\"hello\"}"`);
  expect(text).toContain('"text": "answer"');
  expect(text).toContain('["Host", "api.test"]');
  expect(JSON.parse(text)).toMatchObject({ format: "faultwire-recording/1", response: { end: "open" } });
});

it.each([
  ["{", "it is no JSON"],
  ["[]", "the file should be an object"],
  ["{}", 'format should be "faultwire-recording/1"'],
  [JSON.stringify({ ...file(), request: 1 }), "request should be an object"],
  [JSON.stringify({ ...file(), recordedAt: 1 }), "recordedAt should be a text"],
  [JSON.stringify({ ...file(), response: { parts: [], end: "never" } }), 'response.end should be "open"'],
  [
    JSON.stringify({ ...file(), response: { parts: [{ atMs: -1, text: "" }], end: "fin" } }),
    "response.parts[0].atMs should be a number from 0 on",
  ],
  [
    JSON.stringify({ ...file(), response: { parts: [{ atMs: 0 }], end: "fin" } }),
    "response.parts[0].text or response.parts[0].base64 should be a text",
  ],
])("refuses %s", (text, message) => {
  expect(() => decodeRecording(text, "x.json")).toThrow(RecordingsError);
  expect(() => decodeRecording(text, "x.json")).toThrow(`x.json is no recording: ${message}`);
});
