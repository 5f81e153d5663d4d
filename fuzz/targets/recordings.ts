/** Recordings: any text as a file; and any bytes of both peers of HTTP/1.1 and of HTTP/2, recorded, masked, kept and asked for. */

import {
  CONNECTION_PREFACE,
  HpackEncoder,
  writeData,
  writeHeaders,
  writeRstStream,
  writeSettings,
} from "@faultwire/http2";
import {
  type ConnectionTap,
  decodeRecording,
  ExchangeTap,
  encodeRecording,
  HeldExchanges,
  Http2ExchangeTap,
  http2RecordingFormat,
  type LeftReason,
  type Recording,
  Recordings,
  RecordingsError,
  recordingFormat,
  recordingLimits,
} from "@faultwire/recordings";
import { framesOf, wireOf } from "../../packages/recordings/src/other-version.ts";
import { withoutSecrets } from "../../packages/recordings/src/without-secrets.ts";
import { exchange, head, question } from "../../packages/recordings/test/support/exchange.ts";
import { edited, everyEdit } from "../contract/edits.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { caught, chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

/** Known by its shape, wherever it stands. */
const secret = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx";
/** Within a longer word it has no such shape. */
const standsAlone = new RegExp(`(?<![A-Za-z0-9_-])${secret}(?![A-Za-z0-9_-])`);
const secretRest = secret.slice("sk-ant-api03-".length);

const plain = (recording: Recording): string =>
  JSON.stringify(recording, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
  );

/** What is read from a file is written to one from which the same is read; and it answers its own request, in both versions. */
function checkFile(text: string): void {
  const outcome = caught(RecordingsError, () => decodeRecording(text, "x.json"));
  if ("error" in outcome) {
    holds(outcome.error.code === "bad-file", `a file that is none is told as one: ${outcome.error.code}`);
    holds(/^x\.json is no recording: ./.test(outcome.error.message), outcome.error.message);
    return;
  }
  const recording = outcome.value;
  const again = decodeRecording(encodeRecording(recording), "x.json");
  same(plain(again), plain(recording), "what is read is written");
  answers(recording);
}

/** The same request is answered by the exchange, and either version of HTTP has its response. */
function answers(recording: Recording): void {
  const { request, response } = recording;
  const found = new Recordings([recording]).take(request);
  holds(found.exchange === recording, "an exchange answers its own request");
  const none = new Recordings([recording]).take({ ...request, method: `${request.method}X` });
  holds(
    none.exchange === undefined && !/undefined/.test(none.why.replaceAll(request.host, "")),
    "says why not",
  );
  if ("frames" in response) wireOf(response, request.method);
  else {
    const { frames } = framesOf(response, request.method);
    const ends = frames.filter((frame) => frame.kind === "reset" || frame.end).length;
    holds(ends === 1, `a stream ends once, and this one ${ends} times`);
  }
}

interface Heard {
  readonly recorded: Recording[];
  readonly left: LeftReason[];
}

/** What a tap makes of all that both peers say, cut as it may be. */
function hear(input: Uint8Array, isHttp2: boolean, cut: (bytes: Uint8Array) => readonly Uint8Array[]): Heard {
  let nowMs = 0;
  const held = new HeldExchanges(recordingLimits.maxHeldBytes);
  const heard: Heard = { recorded: [], left: [] };
  const options = {
    ...{ scheme: "https" as const, host: "api.test", now: () => nowMs, wallNow: () => nowMs, held },
    recorded: (recording: Recording, letGo: () => void) => {
      heard.recorded.push(recording);
      letGo();
    },
    left: (reason: LeftReason) => heard.left.push(reason),
  };
  const tap: ConnectionTap = isHttp2 ? new Http2ExchangeTap(options) : new ExchangeTap(options);
  for (const { what, how, bytes } of deedsOf(input)) {
    if (what === 4) nowMs += 10 * (how + 1);
    else if (what === 5) tap.upstreamEnded((how & 1) === 0 ? "fin" : "reset");
    else
      for (const part of cut(bytes)) {
        if ((what & 1) === 0) tap.toUpstream(part);
        else tap.fromUpstream(part);
        part.fill(0);
      }
  }
  tap.finish();
  holds(held.bytes === 0, `${held.bytes} bytes are held behind the end`);
  return heard;
}

async function checkTap(input: Uint8Array, isHttp2: boolean, how: number): Promise<void> {
  const whole = hear(input, isHttp2, (bytes) => [bytes.slice()]);
  const parts = hear(input, isHttp2, (bytes) => chunked(bytes, how));
  same(parts.recorded.map(plain), whole.recorded.map(plain), "the same is recorded at any chunking");
  same(parts.left, whole.left, "the same is left at any chunking");
  for (const recording of whole.recorded) {
    const text = encodeRecording(recording);
    same(plain(decodeRecording(text, "x.json")), plain(recording), "a file holds every byte");
    answers(recording);
    const masked = await withoutSecrets(recording);
    if (typeof masked === "string") continue;
    const kept = encodeRecording(masked);
    holds(!standsAlone.test(kept), "what has the shape of a key is masked");
    const again = await withoutSecrets(masked);
    holds(typeof again !== "string" && plain(again) === plain(masked), "what was masked stays as it is");
    holds(
      new Recordings([masked]).take(recording.request).exchange === masked,
      "a masked exchange answers the request that it was",
    );
  }
}

const encoder = new HpackEncoder();
const asks = (id: number, body: string): Buffer =>
  Buffer.concat([
    writeHeaders(
      id,
      encoder.encode([
        [":method", "POST"],
        [":scheme", "https"],
        [":authority", "api.test"],
        [":path", "/v1/messages"],
        ["x-api-key", secret],
      ]),
      false,
    ),
    writeData(id, Buffer.from(body), true),
  ]);
const says = (id: number, ...parts: readonly string[]): Buffer =>
  Buffer.concat([
    writeHeaders(id, new HpackEncoder().encode([[":status", "200"]]), false),
    ...parts.map((part, at) => writeData(id, Buffer.from(part), at === parts.length - 1)),
  ]);
const greeting = Buffer.concat([CONNECTION_PREFACE, writeSettings([])]);

/** Files that are right. */
const files: readonly unknown[] = [
  exchange('{"model":"m"}', "an answer"),
  {
    ...exchange("{}", ""),
    response: {
      frames: [
        { kind: "headers", atMs: 1, fields: [[":status", "200"]], end: false },
        { kind: "data", atMs: 2.5, bytes: Buffer.from("hello"), end: false },
        { kind: "reset", atMs: 3, code: 8 },
      ],
      end: "open",
    },
  } satisfies Recording,
].map((recording) => JSON.parse(encodeRecording(recording)));

export const target: Target = {
  maxBytes: 2000,
  maxSteps: 4_000_000,
  words: [
    recordingFormat,
    http2RecordingFormat,
    '"text":"',
    '"base64":"',
    '"atMs":1e400',
    '"atMs":-0',
    '"end":true',
    '"reset":8',
    '"\\ud800"',
    secret,
    `"access_token":"${secretRest}"`,
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 2\r\n\r\nok",
    "Content-Encoding: gzip\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
    "\xf7\x00",
    "\xf7\x01",
    "\xf7\x04",
    "\xf7\x05",
    writeRstStream(1, 8).toString(),
  ],
  seeds: () => [
    ...files.map((file) => seed(0, JSON.stringify(file))),
    ...files.flatMap((file, at) => everyEdit(file).map((edit) => seed(3 | (at << 2), edit))),
    script([1], deed(0, 0, question), deed(4), deed(1, 0, `${head}5\r\nhello\r\n0\r\n\r\n`)),
    script([1], deed(0, 0, question + question), deed(1, 0, "HTTP/1.1 200 OK\r\n\r\nto the end"), deed(5)),
    script(
      [1],
      deed(0, 0, `GET /?key=${secret} HTTP/1.1\r\nHost: api.test\r\n\r\n`),
      deed(1, 0, `HTTP/1.1 200 OK\r\nContent-Length: ${secret.length}\r\n\r\n${secret.slice(0, 20)}`),
      deed(1, 0, secret.slice(20)),
    ),
    script(
      [1],
      deed(0, 0, "HEAD / HTTP/1.1\r\nHost: api.test\r\n\r\n"),
      deed(1, 0, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
      deed(5, 1),
    ),
    script([2], deed(0, 0, Buffer.concat([greeting, asks(1, "{}")])), deed(4), deed(1, 0, says(1, "a", "b"))),
    script(
      [2],
      deed(0, 0, Buffer.concat([greeting, asks(1, "{}"), asks(3, secret)])),
      deed(1, 0, Buffer.concat([writeSettings([]), says(3, secret), writeRstStream(1, 8)])),
      deed(5),
    ),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    switch (how & 3) {
      case 0:
        return checkFile(Buffer.from(bytes).toString());
      case 3:
        return checkFile(edited(files[(how >> 2) % files.length], bytes));
      default:
        return checkTap(bytes, (how & 3) === 2, how >> 2);
    }
  },
};
