/** A file that was changed by hand, or by another program: the error names the place, whichever it is. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { decodeRecording, encodeRecording, RecordingsError, readRecordings } from "../../src/index.ts";
import { decodeRecordingLazily } from "../../src/recording-file.ts";
import { exchange } from "../support/exchange.ts";

type Read = Record<string, unknown>;

/** A whole file with another value at one place; `undefined` takes the member away. */
function withValue(path: string, value: unknown): string {
  const file: Read = JSON.parse(encodeRecording(exchange("{}", "ok")));
  const steps = path.split(".");
  const last = steps.pop()!;
  const at = steps.reduce((found, step) => found[step] as Read, file);
  at[last] = value;
  return JSON.stringify(file);
}

/** The code and the words of what is thrown. */
function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RecordingsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "taken";
}

const texts = ["recordedAt", "request.scheme", "request.host", "request.method", "request.target"];
const cases: readonly (readonly [path: string, value: unknown, message: string])[] = [
  ...texts.flatMap((path) => [
    [path, 1, `${path} should be a text`] as const,
    [path, undefined, `${path} should be a text`] as const,
  ]),
  ...texts
    .slice(2)
    .flatMap((path) =>
      ["a\r\nb", "\u001b[2J", "a\u0000"].map(
        (value) => [path, value, `${path} should be a text without control characters`] as const,
      ),
    ),
  ["response.end", 1, "response.end should be a text"],
  ["response.end", "never", 'response.end should be "open", "fin", "reset"'],
  ["request.scheme", "ftp", 'request.scheme should be "http" or "https"'],
  ...["request", "response", "request.body", "response.parts.1"].flatMap((path) =>
    [1, null, [], "text", undefined].map((value) => {
      const place = path.replace(/\.(\d)$/, "[$1]");
      return [path, value, `${place} should be an object`] as const;
    }),
  ),
  ...["request.headers", "response.parts"].flatMap((path) =>
    [{}, null, "text", undefined].map((value) => [path, value, `${path} should be a list`] as const),
  ),
  ["request.headers.0", "Host: api.test", "request.headers[0] should be a list"],
  ["request.headers.0", [1, "api.test"], "request.headers[0][0] should be a text"],
  ["request.headers.0", ["Host"], "request.headers[0][1] should be a text"],
  ...[-1, "1", null, undefined].map(
    (value) =>
      ["response.parts.1.atMs", value, "response.parts[1].atMs should be a number from 0 on"] as const,
  ),
  ["request.body", {}, "request.body.text or request.body.base64 should be a text"],
  ["request.body", { text: 1, base64: 1 }, "request.body.text or request.body.base64 should be a text"],
];

it.each(cases)("%s that is %j is told with its place", (path, value, message) => {
  const text = withValue(path, value);
  const told = `bad-file: x.json is no recording: ${message}`;
  expect(refused(() => decodeRecording(text, "x.json"))).toBe(told);
  // As soon where the response is made later.
  expect(refused(() => decodeRecordingLazily(Buffer.from(text), "x.json"))).toBe(told);
});

it("a file that is whole is taken, with times of 0 and bytes in base64", () => {
  const text = withValue("response.parts.1", { atMs: 0, base64: "/w==" });
  expect(decodeRecording(text, "x.json").response).toMatchObject({
    parts: [expect.anything(), { atMs: 0, bytes: Uint8Array.of(255) }],
  });
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "faultwire-recordings-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("a file that can't be opened is told with its name and the system's reason", async () => {
  const file = join(folder, "000001-a.json");
  await symlink(join(folder, "nothing"), file);
  const error = await readRecordings(folder).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(RecordingsError);
  expect(error).toMatchObject({ code: "bad-file", message: `${file} can't be read (ENOENT)` });
});
