/** One exchange as a file: JSON that a person can read, with every byte and its time. */
import { isUtf8 } from "node:buffer";
import type { RecordedBytes, RecordedEnd, RecordedExchange } from "./recorded-exchange.ts";
import { RecordingsError } from "./recordings-error.ts";

/** What a file calls its format. */
export const recordingFormat = "faultwire-recording/1";

/** Bytes in JSON: as text where they are UTF-8. */
type Written = { readonly text: string } | { readonly base64: string };

/** A header on four lines: one is easier to read. In texts of JSON there are no line breaks. */
const brokenPair = /\[\n +("(?:[^"\\]|\\.)*"),\n +("(?:[^"\\]|\\.)*")\n +\]/g;

const ends: readonly string[] = ["open", "fin", "reset"] satisfies RecordedEnd[];

function written(bytes: Uint8Array): Written {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { text: buffer.toString("utf8") } : { base64: buffer.toString("base64") };
}

/** @returns the text of the file. */
export function encodeRecording({ recordedAt, request, response }: RecordedExchange): string {
  const { scheme, host, method, target, headers, body } = request;
  const file = {
    format: recordingFormat,
    recordedAt,
    request: {
      ...{ scheme, host, method, target },
      headers,
      body: written(body),
    },
    response: {
      parts: response.parts.map(({ atMs, bytes }) => ({ atMs, ...written(bytes) })),
      end: response.end,
    },
  };
  return `${JSON.stringify(file, undefined, 1).replaceAll(brokenPair, "[$1, $2]")}\n`;
}

type Read = Record<string, unknown>;

/**
 * Reads a file back.
 *
 * @param name - The file, for errors.
 * @throws RecordingsError `bad-file` for anything but what {@link encodeRecording} writes.
 */
export function decodeRecording(text: string, name: string): RecordedExchange {
  const wrong = (at: string, expected: string): RecordingsError =>
    new RecordingsError("bad-file", `${name} is no recording: ${at} should be ${expected}`);
  const object = (value: unknown, at: string): Read => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(at, "an object");
    return value as Read;
  };
  const words = (value: unknown, at: string): string => {
    if (typeof value !== "string") throw wrong(at, "a text");
    return value;
  };
  const list = (value: unknown, at: string): readonly unknown[] => {
    if (!Array.isArray(value)) throw wrong(at, "a list");
    return value;
  };
  const bytes = (value: Read, at: string): Uint8Array => {
    if (typeof value["text"] === "string") return new Uint8Array(Buffer.from(value["text"], "utf8"));
    const base64 = words(value["base64"], `${at}.text or ${at}.base64`);
    return new Uint8Array(Buffer.from(base64, "base64"));
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RecordingsError("bad-file", `${name} is no recording: it is no JSON`, { cause });
  }
  const file = object(parsed, "the file");
  if (file["format"] !== recordingFormat) throw wrong("format", `"${recordingFormat}"`);
  const request = object(file["request"], "request");
  const response = object(file["response"], "response");
  const scheme = words(request["scheme"], "request.scheme");
  if (scheme !== "http" && scheme !== "https") throw wrong("request.scheme", '"http" or "https"');
  const end = words(response["end"], "response.end");
  if (!ends.includes(end)) throw wrong("response.end", ends.map((one) => `"${one}"`).join(", "));
  const parts = list(response["parts"], "response.parts").map((value, number): RecordedBytes => {
    const at = `response.parts[${number}]`;
    const part = object(value, at);
    const atMs = part["atMs"];
    if (typeof atMs !== "number" || !(atMs >= 0)) throw wrong(`${at}.atMs`, "a number from 0 on");
    return { atMs, bytes: bytes(part, at) };
  });
  const headers = list(request["headers"], "request.headers").map((value, number) => {
    const at = `request.headers[${number}]`;
    const [header, content] = list(value, at);
    return [words(header, `${at}[0]`), words(content, `${at}[1]`)] as const;
  });
  return {
    recordedAt: words(file["recordedAt"], "recordedAt"),
    request: {
      scheme,
      host: words(request["host"], "request.host"),
      method: words(request["method"], "request.method"),
      target: words(request["target"], "request.target"),
      headers,
      body: bytes(object(request["body"], "request.body"), "request.body"),
    },
    response: { parts, end: end as RecordedEnd },
  };
}
