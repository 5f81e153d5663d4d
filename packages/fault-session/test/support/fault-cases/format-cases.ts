/** Faults of streams that are no server-sent events, on streams that come unit by unit and in one go. */
import { type Fault, type FormatName, STREAM_FORMATS } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { Said } from "../fault-rig.ts";
import { chunk } from "../sample-faults.ts";
import { dechunk, exchangeWith, type FaultCase, openWays } from "./fault-case.ts";

interface Stream {
  readonly type: string;
  readonly path: string;
  /** As latin1, with what stands between them. */
  readonly units: readonly string[];
  readonly end: string;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const frame = (name: string, data: object): string =>
  latin1(STREAM_FORMATS["aws-event-stream"].encode({ name, data: JSON.stringify(data) }));
const line = (value: object): string => `${JSON.stringify(value)}\n`;
const candidate = (text: string, more: object = {}): string =>
  JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...more }] });

const streams: Readonly<Record<Exclude<FormatName, "sse">, Stream>> = {
  ndjson: {
    type: "application/x-ndjson",
    path: "/api/chat",
    units: [
      line({ message: { content: "a" }, done: false }),
      line({ message: { content: "b" }, done: false }),
      line({ message: { content: "" }, done: true, done_reason: "stop" }),
    ],
    end: "",
  },
  "json-array": {
    type: "application/json; charset=UTF-8",
    path: "/v1beta/models/m:streamGenerateContent",
    units: [
      `[${candidate("a")}`,
      `,\r\n${candidate("b")}`,
      `,\r\n${candidate("", { finishReason: "STOP" })}`,
    ],
    end: "]",
  },
  "aws-event-stream": {
    type: "application/vnd.amazon.eventstream",
    path: "/model/m/converse-stream",
    units: [
      frame("messageStart", { role: "assistant" }),
      frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "b" } }),
      frame("messageStop", { stopReason: "end_turn" }),
    ],
    end: "",
  },
};

interface Changed {
  readonly format: keyof typeof streams;
  readonly does: string;
  readonly fault: Fault;
  /** What the client gets, made from the stream's units. */
  readonly body: (units: readonly string[], end: string) => string;
  readonly isWhole?: boolean;
}

function changed({ format, does, fault, body, isWhole = true }: Changed): FaultCase {
  const { type, path, units, end } = streams[format];
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const request = `POST ${path} HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\n{}`;
  const pieces = [...units, ...(end === "" ? [] : [end])];
  const inOneGo = (): readonly Said[] => [`${head}${chunk(pieces.join(""))}0\r\n\r\n`];
  const live = (): readonly Said[] => [
    head,
    ...pieces.map((piece) => ({ afterMs: 10, text: chunk(piece) })),
    { afterMs: 10, text: "0\r\n\r\n" },
  ];
  return {
    kind: fault.kind,
    does: `${does} (${format})`,
    ways: openWays,
    async run(on) {
      for (const answer of [inOneGo, live])
        for (const chunkBytes of [7, 4096]) {
          const waitMs = chunkBytes < 4096 ? 4000 : 600;
          const { rig, text } = await exchangeWith(on, fault, answer, waitMs, { chunkBytes, request });
          const found = dechunk(text);
          expect(found.body).toBe(body(units, end));
          expect(found.isWhole).toBe(isWhole);
          expect(rig.told("done").map((event) => event.fault)).toEqual([fault.kind]);
        }
    },
  };
}

const second = { indices: [1], types: null, every: null, probability: null };
const errorEvent: Fault = {
  kind: "stream.error-event",
  at: { kind: "events", events: 1 },
  type: "overloaded_error",
  message: "busy",
  data: null,
  event: null,
  errorCode: null,
  stop: "clean",
};

const ofEvery = (Object.keys(streams) as (keyof typeof streams)[]).flatMap((format) => [
  changed({
    format,
    does: "leaves the chosen unit out",
    fault: { kind: "stream.drop", events: second },
    body: ([a = "", , c = ""], end) => a + c + end,
  }),
  changed({
    format,
    does: "breaks off behind so many units",
    fault: { kind: "stream.cut", at: { kind: "events", events: 2 }, stop: "fin" },
    body: ([a = "", b = ""]) => a + b,
    isWhole: false,
  }),
]);

export const formatCases: readonly FaultCase[] = [
  ...ofEvery,
  changed({
    format: "ndjson",
    does: "ends the stream with Ollama's error",
    fault: errorEvent,
    body: ([a = ""]) => `${a}{"error":"busy"}\n`,
  }),
  changed({
    format: "json-array",
    does: "ends the array with Gemini's error",
    fault: errorEvent,
    body: ([a = ""]) => `${a},\r\n{"error":{"code":503,"message":"busy","status":"overloaded_error"}}]`,
  }),
  changed({
    format: "aws-event-stream",
    does: "ends the stream with an exception",
    fault: errorEvent,
    body: ([a = ""]) => a + frame("serviceUnavailableException", { message: "busy" }),
  }),
  changed({
    format: "aws-event-stream",
    does: "changes a frame's payload, lengths and checksums",
    fault: { kind: "model.stop-reason", reason: "max_tokens" },
    body: ([a = "", b = ""]) => a + b + frame("messageStop", { stopReason: "max_tokens" }),
  }),
  changed({
    format: "json-array",
    does: "changes the last element",
    fault: { kind: "model.stop-reason", reason: "SAFETY" },
    body: ([a = "", b = "", c = ""], end) => a + b + c.replace("STOP", "SAFETY") + end,
  }),
];
