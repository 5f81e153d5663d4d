/** Long bodies are masked in steps: what is masked is the same as in one go, and other work goes on. */
import { expect, it, onTestFinished } from "vitest";
import { decodeRecording, type RecordedExchange, recordingLimits } from "../../src/index.ts";
import { maskedInSteps, Turns } from "../../src/mask-in-steps.ts";
import { maskedResponse, maskedText } from "../../src/masking.ts";
import { encodedPieces } from "../../src/recording-file.ts";
import { bytesOf, exchange, responseText, textOf } from "../support/exchange.ts";

const { lookedAtOnceBytes, lookedAtTwiceBytes: twice } = recordingLimits;
/** Bytes of a step here: steps as they are would take these tests minutes. */
const once = 4 * twice;

async function inSteps(text: string): Promise<string> {
  const body = bytesOf(text);
  const masked = await maskedInSteps(body, maskedText, new Turns(once));
  expect(textOf(body) === text).toBe(true);
  expect(masked === body).toBe(textOf(masked) === text);
  return textOf(masked);
}

const filler = (length: number): string =>
  "some words, and a task-force; ".repeat(length / 30 + 1).slice(0, length);

const secrets = {
  "a key": "sk-ant-api03-abcdefgh1234",
  "a member": '{"access_token" : "0123456789abcdef"}',
  "a member of JSON in JSON": '"{\\"client_secret\\": \\"0123456789abcdef\\"}"',
  "a list": `{"passwords": [${'"0123456789", '.repeat(400)}"last"]}`,
  "a field": "?a=1&refresh_token=0123456789abcdef&b=2",
  "a part of a form": '; name="api_key"\r\nContent-Type: text/plain\r\n\r\n0123456789abcdef\r\n',
  "a private key": `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(300)}-----END`,
  "a long value": `{"secret": "${"0123456789".repeat(1500)}"}`,
};

it.each(Object.entries(secrets))("%s is masked wherever a step ends in it", async (_name, secret) => {
  const stride = Math.max(1, Math.floor(secret.length / 12));
  // The first step ends at `once`, and what it has masked behind `once - twice` is looked at again.
  for (const edge of [once, once - twice, once - 2 * twice])
    for (let before = 0; before <= secret.length + stride; before += stride) {
      const text = `${filler(edge - before - 1)} ${secret}${filler(once)}`;
      const masked = await inSteps(text);
      // A comparison of long texts says nothing that one could read.
      expect(masked === maskedText(text), `${before} bytes before ${edge}`).toBe(true);
      expect(masked === text).toBe(false);
    }
});

it("a secret that is longer than a step is masked to its end, and no further", async () => {
  const text = `${filler(1000)}{"client_secret":"${"0123456789".repeat(once / 4)}","say":"hello"}${filler(1000)}`;
  const masked = await inSteps(text);
  expect(masked === maskedText(text)).toBe(true);
  expect(masked.endsWith(`","say":"hello"}${filler(1000)}`)).toBe(true);
});

it("a body without secrets stays, also where a step begins in a word that ends as a key begins", async () => {
  const word = "task-forces-abroad";
  for (const edge of [once, once - twice, once - 2 * twice]) {
    const text = `${" ".repeat(edge - 2)}${word}${filler(2 * once)}`;
    expect((await inSteps(text)) === text).toBe(true);
  }
});

/** An exchange whose response has a body of so many bytes, and a secret at its end. */
function long(length: number): RecordedExchange {
  const body = `${filler(length)} ${secrets["a key"]}`;
  const wire = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const parts = Array.from({ length: Math.ceil(wire.length / 65_536) }, (_, at) => ({
    atMs: at,
    bytes: wire.subarray(at * 65_536, (at + 1) * 65_536),
  }));
  return { ...exchange("", ""), response: { parts, end: "open" } };
}

it("other work goes on while a long body is masked, once for each step", async () => {
  const steps = 12;
  let turns = 0;
  let next = setImmediate(count);
  function count(): void {
    turns++;
    next = setImmediate(count);
  }
  onTestFinished(() => clearImmediate(next));
  await maskedInSteps(bytesOf(filler(steps * lookedAtOnceBytes)), maskedText);
  expect(turns).toBeGreaterThanOrEqual(steps);
  const response = await maskedResponse(long(steps * lookedAtOnceBytes).response.parts);
  // It is copied, its body is looked at, and then the whole of it.
  expect(turns).toBeGreaterThanOrEqual(4 * steps);
  expect(textOf(response.at(-1)?.bytes ?? new Uint8Array()).endsWith(" xxxxxxxxxxxxxxxxxxxxxxxxx")).toBe(
    true,
  );
});

it("the text of a file comes in pieces, which are the same file together", () => {
  const recording = long(4 * lookedAtOnceBytes);
  const pieces = [...encodedPieces(recording)];
  expect(pieces.length).toBeGreaterThanOrEqual(4);
  for (const piece of pieces) expect(piece.length).toBeLessThan(2 * lookedAtOnceBytes);
  const whole = pieces.join("");
  const read = decodeRecording(whole, "a file");
  expect(responseText(read) === responseText(recording)).toBe(true);
  // As JSON writes it, but for pairs, which have a line each.
  const pair = /\[\n +("[^"]*"),\n +("[^"]*")\n +\]/g;
  const rewritten = JSON.stringify(JSON.parse(whole), undefined, 1).replaceAll(pair, "[$1, $2]");
  expect(whole === `${rewritten}\n`).toBe(true);
});
