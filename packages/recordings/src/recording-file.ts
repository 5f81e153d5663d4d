/** One exchange as a file: JSON that a person can read, with every byte and its time. */
import { isUtf8 } from "node:buffer";
import type { Header } from "@faultwire/http1";
import {
  isOverHttp2,
  type RecordedBytes,
  type RecordedEnd,
  type RecordedFrame,
  type RecordedResponse,
  type RecordedStream,
  type RecordedWire,
  type Recording,
} from "./recorded-exchange.ts";
import { RecordingsError } from "./recordings-error.ts";
import { streamFault } from "./stream-rules.ts";

/** What a file of an exchange over HTTP/1.1 calls its format. */
export const recordingFormat = "faultwire-recording/1";

/** What a file of an exchange over HTTP/2 calls its format. */
export const http2RecordingFormat = "faultwire-http2-recording/1";

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
export function encodeRecording(recording: Recording): string {
  return [...encodedPieces(recording)].join("");
}

/** Characters of text of which a piece has about as many. */
const pieceLength = 262_144;

/** The text of the file in pieces: of all parts at once, those of 60 MB would take half a second. */
export function* encodedPieces(recording: Recording): Generator<string, void, undefined> {
  const { response } = recording;
  const parts = "frames" in response ? response.frames : response.parts;
  const [before = "", behind = ""] = encoded(recording).split(placeholder);
  let piece = behind === "" ? before : `${before}\n`;
  for (const [number, part] of parts.entries()) {
    const written = "kind" in part ? writtenFrame(part) : writtenPart(part);
    piece += `   ${indented(written)}${number + 1 < parts.length ? "," : ""}\n`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  yield piece + behind;
}

/** The line that stands for all parts: no other one is so far in, and is a text. */
const placeholder = '\n   "parts"\n';

const indented = (value: object): string =>
  JSON.stringify(value, undefined, 1).replaceAll("\n", "\n   ").replaceAll(brokenPair, "[$1, $2]");

/** All of the file but for the parts, or frames, of its response. */
function encoded(recording: Recording): string {
  const { recordedAt, request, response } = recording;
  const { scheme, host, method, target, headers, body } = request;
  const file = {
    format: isOverHttp2(recording) ? http2RecordingFormat : recordingFormat,
    recordedAt,
    request: {
      ...{ scheme, host, method, target },
      headers,
      body: written(body),
    },
    response: {
      ...("frames" in response
        ? { frames: response.frames.slice(0, 1).map(() => "parts") }
        : { parts: response.parts.slice(0, 1).map(() => "parts") }),
      end: response.end,
    },
  };
  return `${JSON.stringify(file, undefined, 1).replaceAll(brokenPair, "[$1, $2]")}\n`;
}

const writtenPart = ({ atMs, bytes }: RecordedBytes): object => ({ atMs, ...written(bytes) });

/** A frame has one of three members: `headers`, `data`, `reset`. */
function writtenFrame(frame: RecordedFrame): object {
  const { atMs } = frame;
  if (frame.kind === "reset") return { atMs, reset: frame.code };
  const said = frame.kind === "headers" ? { headers: frame.fields } : { data: written(frame.bytes) };
  return { atMs, ...said, ...(frame.end && { end: true }) };
}

type Read = Record<string, unknown>;

/** Header fields may have tabs, and bytes from 128 on. */
const controls = /(?![\t\u0080-\u009f])\p{Cc}/u;

const nothing = new Uint8Array(0);

/** A view of what Node has made, which is no copy. */
function bytesOf(text: string, encoding: "utf8" | "base64"): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text, encoding);
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * Reads a file back.
 *
 * @param name - The file, for errors.
 * @throws RecordingsError `bad-file` for anything but what {@link encodeRecording} writes.
 */
export function decodeRecording(text: string, name: string): Recording {
  return new FileReader(name, true).recording(parsedJson(text, name));
}

/**
 * The same for a file among many, of which few are asked for: all of it is checked now, and what the response holds is made when it
 * is looked at for the first time. Until then the file's bytes are held, and may not change.
 *
 * @throws RecordingsError now, for what {@link decodeRecording} throws for; never later.
 */
export function decodeRecordingLazily(file: Buffer, name: string): Recording {
  const checked = new FileReader(name, false).recording(parsedJson(file.toString("utf8"), name));
  const { end } = checked.response;
  let held = file;
  let made: RecordedResponse | undefined;
  function response(): RecordedResponse {
    if (made) return made;
    made = decodeRecording(held.toString("utf8"), name).response;
    held = Buffer.alloc(0);
    return made;
  }
  const lazy: RecordedResponse = isOverHttp2(checked)
    ? {
        get frames() {
          return (response() as RecordedStream).frames;
        },
        end,
      }
    : {
        get parts() {
          return (response() as RecordedWire).parts;
        },
        end,
      };
  return { ...checked, response: lazy };
}

function parsedJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RecordingsError("bad-file", `${name} is no recording: it is no JSON`, { cause });
  }
}

/** Reads what is in one file, and says where it is not as it should be. */
class FileReader {
  readonly #name: string;
  readonly #makesResponse: boolean;

  /** @param makesResponse - Whether bytes of the response are made; otherwise they are checked alone. */
  constructor(name: string, makesResponse: boolean) {
    this.#name = name;
    this.#makesResponse = makesResponse;
  }

  recording(parsed: unknown): Recording {
    const file = this.#object(parsed, "the file");
    const format = file["format"];
    if (format !== recordingFormat && format !== http2RecordingFormat)
      throw this.#wrong("format", `"${recordingFormat}" or "${http2RecordingFormat}"`);
    const request = this.#object(file["request"], "request");
    const response = this.#object(file["response"], "response");
    const scheme = this.#text(request["scheme"], "request.scheme");
    if (scheme !== "http" && scheme !== "https") throw this.#wrong("request.scheme", '"http" or "https"');
    return {
      recordedAt: this.#text(file["recordedAt"], "recordedAt"),
      request: {
        scheme,
        host: this.#line(request["host"], "request.host"),
        method: this.#line(request["method"], "request.method"),
        target: this.#line(request["target"], "request.target"),
        headers: this.#headers(request["headers"], "request.headers"),
        body: this.#bytes(this.#object(request["body"], "request.body"), "request.body", true),
      },
      response: this.#response(response, format === http2RecordingFormat),
    };
  }

  #response(response: Read, isHttp2: boolean): RecordedResponse {
    const end = this.#text(response["end"], "response.end") as RecordedEnd;
    if (!ends.includes(end)) throw this.#wrong("response.end", ends.map((one) => `"${one}"`).join(", "));
    if (!isHttp2)
      return {
        parts: this.#list(response["parts"], "response.parts").map((value, number): RecordedBytes => {
          const at = `response.parts[${number}]`;
          const part = this.#object(value, at);
          return { atMs: this.#time(part, at), bytes: this.#bytes(part, at, this.#makesResponse) };
        }),
        end,
      };
    const frames = this.#list(response["frames"], "response.frames").map((value, number) =>
      this.#frame(value, `response.frames[${number}]`),
    );
    const early = frames.findIndex((frame) => frame.kind === "reset" || frame.end);
    if (early !== -1 && early !== frames.length - 1)
      throw this.#wrong(`response.frames[${early}]`, "the last one, since it ends the stream");
    const fault = streamFault(frames);
    if (fault)
      throw this.#wrong(`response.frames[${fault.at}]`, `as HTTP/2 has frames, and there is ${fault.why}`);
    return { frames, end };
  }

  #frame(value: unknown, at: string): RecordedFrame {
    const frame = this.#object(value, at);
    const atMs = this.#time(frame, at);
    const { reset, headers, data, end: isLast = false } = frame;
    if ([reset, headers, data].filter((one) => one !== undefined).length !== 1)
      throw this.#wrong(at, "a frame with one of headers, data, reset");
    if (reset !== undefined) {
      if (typeof reset !== "number" || !Number.isInteger(reset) || reset < 0 || reset > 0xffff_ffff)
        throw this.#wrong(`${at}.reset`, "a whole number of 32 bits");
      return { kind: "reset", atMs, code: reset };
    }
    if (typeof isLast !== "boolean") throw this.#wrong(`${at}.end`, "true or false");
    if (headers !== undefined)
      return { kind: "headers", atMs, fields: this.#headers(headers, `${at}.headers`), end: isLast };
    const bytes = this.#bytes(this.#object(data, `${at}.data`), `${at}.data`, this.#makesResponse);
    return { kind: "data", atMs, bytes, end: isLast };
  }

  #headers(value: unknown, at: string): Header[] {
    return this.#list(value, at).map((pair, number) => {
      const [header, content] = this.#list(pair, `${at}[${number}]`);
      return [this.#text(header, `${at}[${number}][0]`), this.#text(content, `${at}[${number}][1]`)];
    });
  }

  #time({ atMs }: Read, at: string): number {
    // JSON has `1e400`, which is read as Infinity: what comes then never comes.
    if (typeof atMs !== "number" || !(atMs >= 0 && atMs < Infinity))
      throw this.#wrong(`${at}.atMs`, "a number from 0 on");
    return atMs;
  }

  #bytes(value: Read, at: string, isMade: boolean): Uint8Array {
    const { text, base64 } = value;
    if (typeof text === "string") return isMade ? bytesOf(text, "utf8") : nothing;
    const checked = this.#text(base64, `${at}.text or ${at}.base64`);
    return isMade ? bytesOf(checked, "base64") : nothing;
  }

  #object(value: unknown, at: string): Read {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.#wrong(at, "an object");
    return value as Read;
  }

  #list(value: unknown, at: string): readonly unknown[] {
    if (!Array.isArray(value)) throw this.#wrong(at, "a list");
    return value;
  }

  #text(value: unknown, at: string): string {
    if (typeof value !== "string") throw this.#wrong(at, "a text");
    return value;
  }

  /** A text that goes into lines of logs and messages: a recorder writes none with a control character. */
  #line(value: unknown, at: string): string {
    const text = this.#text(value, at);
    if (controls.test(text)) throw this.#wrong(at, "a text without control characters");
    return text;
  }

  #wrong(at: string, expected: string): RecordingsError {
    return new RecordingsError("bad-file", `${this.#name} is no recording: ${at} should be ${expected}`);
  }
}
