import { expect, it } from "vitest";
import { decodeRecording, encodeRecording, RecordingsError } from "../../src/index.ts";
import { exchange } from "../support/exchange.ts";

const h2File = (...frames: readonly object[]): string =>
  JSON.stringify({ ...file(), format: "faultwire-http2-recording/1", response: { frames, end: "open" } });
const head = { atMs: 0, headers: [[":status", "200"]] };

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
  [
    JSON.stringify({ ...file(), response: { parts: [{ atMs: "late", text: "" }], end: "fin" } }).replace(
      '"late"',
      "1e400",
    ),
    "response.parts[0].atMs should be a number from 0 on",
  ],
  [
    h2File(head, { atMs: 1, data: { text: "" }, end: true }, { atMs: 2, reset: 8 }),
    "response.frames[1] should be the last one, since it ends the stream",
  ],
  [
    h2File({
      atMs: 0,
      headers: [
        [":status", "200"],
        ["", "x"],
      ],
    }),
    "response.frames[0] should be as HTTP/2 has frames, and there is a field's name that HTTP/2 does not allow",
  ],
  [
    h2File({ atMs: 0, headers: [["x-a", "b"]] }),
    "response.frames[0] should be as HTTP/2 has frames, and there is no :status",
  ],
  [
    h2File({ atMs: 0, data: { text: "x" } }),
    "response.frames[0] should be as HTTP/2 has frames, and there is data before the head of the response",
  ],
  [
    h2File(head, { atMs: 0, headers: [["x-a", "b"]] }),
    "response.frames[1] should be as HTTP/2 has frames, and there is a second head of the response",
  ],
  [
    h2File({ atMs: 0, headers: [[":status", "103"]], end: true }),
    "response.frames[0] should be as HTTP/2 has frames, and there is an interim response that ends the stream",
  ],
])("refuses %s", (text, message) => {
  expect(() => decodeRecording(text, "x.json")).toThrow(RecordingsError);
  expect(() => decodeRecording(text, "x.json")).toThrow(`x.json is no recording: ${message}`);
});

it("takes a response of HTTP/2 with interim heads, data and trailers, or a reset at any point", () => {
  const early = { atMs: 0, headers: [[":status", "103"]] };
  const trailers = { atMs: 3, headers: [["x-t", "u"]], end: true };
  const whole = h2File(early, early, head, { atMs: 2, data: { text: "x" } }, trailers);
  expect(JSON.parse(encodeRecording(decodeRecording(whole, "x.json"))).response.frames).toHaveLength(5);
  for (const frames of [[], [early], [head]])
    expect(() => decodeRecording(h2File(...frames, { atMs: 4, reset: 8 }), "x.json")).not.toThrow();
});
