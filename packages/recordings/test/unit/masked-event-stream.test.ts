/** Bedrock's streams: frames with checksums, which a client holds against what it reads. */
import { LEAST_FRAME_BYTES, readFrame, textHeader, writeFrame } from "@faultwire/fault-engine/internal";
import { expect, it } from "vitest";
import { maskedResponse } from "../../src/masking.ts";
import { maskedFrames } from "../../src/without-secrets.ts";
import { bytesOf, textOf } from "../support/exchange.ts";

const key = "sk-ant-api03-abcdefgh1234";
const mask = "x".repeat(key.length);
const type = "application/vnd.amazon.eventstream";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const event = (name: string, payload: string): Uint8Array =>
  writeFrame({ headers: [textHeader(":event-type", name)], payload: bytesOf(payload) });
/** As InvokeModel has an event of the model itself. */
const chunk = (text: string): Uint8Array => event("chunk", `{"bytes":"${base64(text)}","p":"abcd"}`);

/** The payloads of a stream's frames; a frame that a client can't read is `undefined`. */
function payloadsIn(bytes: Uint8Array): (string | undefined)[] {
  const payloads: (string | undefined)[] = [];
  for (let at = 0; at + LEAST_FRAME_BYTES <= bytes.length; ) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
    const frame = readFrame(bytes.subarray(at, at + length));
    payloads.push(frame && textOf(frame.payload));
    at += length;
  }
  return payloads;
}

const wireOf = (body: Uint8Array): Uint8Array =>
  Buffer.concat([
    bytesOf(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
const inParts = (wire: Uint8Array, ...cuts: readonly number[]) =>
  [0, ...cuts].map((from, at) => ({ atMs: at, bytes: wire.subarray(from, cuts[at]) }));
/** What is behind the head of a masked response. */
async function bodyOf(wire: Uint8Array, ...cuts: readonly number[]): Promise<Uint8Array> {
  const masked = Buffer.concat(
    (await maskedResponse(inParts(wire, ...cuts), "POST")).map(({ bytes }) => bytes),
  );
  expect(masked).toHaveLength(wire.length);
  return new Uint8Array(masked.subarray(masked.indexOf("\r\n\r\n") + 4));
}

it("events as base64 are no secret: a stream without one is given back as it is", async () => {
  const parts = inParts(wireOf(Buffer.concat([chunk('{"type":"ping"}'), chunk('{"say":"hello"}')])), 90, 150);
  expect(await maskedResponse(parts, "POST")).toBe(parts);
});

it("a key in a frame goes, in base64 and beside it, and each frame can be read", async () => {
  const frames = [
    chunk(`{"delta":"see ${key}"}`),
    event("contentBlockDelta", `{"delta":{"text":"${key}"}}`),
    event("contentBlockDelta", '{"delta":{"text":"nothing"}}'),
    event("other", '{"bytes":"AKIAIOSFODNN7EXAMPLE"}'),
  ];
  const wire = wireOf(Buffer.concat(frames));
  const expected = [
    `{"bytes":"${base64(`{"delta":"see ${mask}"}`)}","p":"abcd"}`,
    `{"delta":{"text":"${mask}"}}`,
    '{"delta":{"text":"nothing"}}',
    `{"bytes":"${"x".repeat(20)}"}`,
  ];
  for (let cut = 1; cut < wire.length; cut += 7)
    expect(payloadsIn(await bodyOf(wire, cut))).toEqual(expected);
});

it("the same in chunks, and over HTTP/2", async () => {
  const stream = textOf(chunk(`{"delta":"${key}"}`));
  const cut = [stream.slice(0, 60), stream.slice(60)];
  const chunks = cut.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const wire = bytesOf(`${head}${chunks}0\r\n\r\n`);
  const text = textOf((await maskedResponse([{ atMs: 1, bytes: wire }], "POST"))[0]?.bytes ?? wire);
  const body = text.slice(head.length).replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n|\r\n$/g, "");
  const expected = [`{"bytes":"${base64(`{"delta":"${mask}"}`)}","p":"abcd"}`];
  expect(payloadsIn(bytesOf(body))).toEqual(expected);
  const frames = await maskedFrames([
    { kind: "headers", atMs: 0, fields: [["content-type", type]], end: false },
    ...cut.map((piece) => ({ kind: "data", atMs: 1, bytes: bytesOf(piece), end: false }) as const),
  ]);
  const data = frames.flatMap((frame) => (frame.kind === "data" ? [frame.bytes] : []));
  expect(payloadsIn(new Uint8Array(Buffer.concat(data)))).toEqual(expected);
});

it("a frame that was cut off, or is none, is masked as a text", async () => {
  const whole = chunk('{"say":"hello"}');
  const cutOff = event("contentBlockDelta", `{"delta":{"text":"${key}"}}`).subarray(0, -3);
  const body = await bodyOf(wireOf(Buffer.concat([whole, cutOff])));
  expect(body.subarray(0, whole.length)).toEqual(new Uint8Array(whole));
  expect(textOf(body)).not.toContain("abcdefgh1234");
  expect(textOf(await bodyOf(wireOf(bytesOf(`no frames: ${key}`))))).toBe(`no frames: ${mask}`);
});

it("a wrong checksum stays wrong where nothing is masked", async () => {
  const wrong = new Uint8Array(chunk('{"say":"hello"}'));
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
  const parts = inParts(wireOf(wrong));
  expect(await maskedResponse(parts, "POST")).toBe(parts);
});
