import { type FormatName, type Provider, STREAM_FORMATS } from "../../src/index.ts";
import { anthropicEvents } from "./streams.ts";

/** A stream of one format, unit by unit, as an API sends it. */
export interface FormatStream {
  readonly format: FormatName;
  readonly provider: Provider;
  readonly path: string;
  readonly units: readonly Uint8Array[];
  readonly bytes: Uint8Array;
  /** How many of the units count. */
  readonly events: number;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

const ofUnits = (
  format: FormatName,
  provider: Provider,
  path: string,
  units: readonly Uint8Array[],
  events = units.length,
): FormatStream => ({ format, provider, path, units, bytes: joined(units), events });

const lines = (values: readonly object[]): Uint8Array[] =>
  values.map((value) => utf8(`${JSON.stringify(value)}\n`));

/** An answer of Ollama. */
export const ollamaStream: FormatStream = ofUnits(
  "ndjson",
  "ollama",
  "/api/chat",
  lines([
    { model: "m", message: { role: "assistant", content: "Grü" }, done: false },
    {
      model: "m",
      message: {
        role: "assistant",
        content: "",
        tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }],
      },
      done: false,
    },
    { model: "m", message: { role: "assistant", content: "ße €" }, done: false },
    {
      model: "m",
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
      eval_count: 3,
    },
  ]),
);

/** An answer of Cohere's first API. */
export const cohereStream: FormatStream = ofUnits(
  "ndjson",
  "cohere",
  "/v1/chat",
  lines([
    { is_finished: false, event_type: "stream-start", generation_id: "g" },
    { is_finished: false, event_type: "text-generation", text: "é" },
    { is_finished: false, event_type: "text-generation", text: "b" },
    { is_finished: true, event_type: "stream-end", finish_reason: "COMPLETE", response: { text: "éb" } },
  ]),
);

const geminiElements = [
  { candidates: [{ content: { parts: [{ text: 'Grü], "[ße' }], role: "model" }, index: 0 }] },
  { candidates: [{ content: { parts: [{ functionCall: { name: "f", args: { a: [1] } } }] }, index: 0 }] },
  { candidates: [{ content: { parts: [{ text: "€" }] }, finishReason: "STOP", index: 0 }] },
].map((value) => utf8(JSON.stringify(value, undefined, 2)));

/** An answer of Gemini without `alt=sse`: one array, its elements written over several lines. */
export const geminiStream: FormatStream = {
  format: "json-array",
  provider: "gemini",
  path: "/v1beta/models/m:streamGenerateContent",
  units: geminiElements,
  bytes: joined([
    utf8("["),
    ...geminiElements.flatMap((element, at) => (at === 0 ? [element] : [utf8("\n,\r\n"), element])),
    utf8("\n]\n"),
  ]),
  events: geminiElements.length,
};

const frame = (name: string | null, data: object): Uint8Array =>
  STREAM_FORMATS["aws-event-stream"].encode({ name, data: JSON.stringify(data) });

/** An answer of Bedrock's `converse-stream`. */
export const converseStream: FormatStream = ofUnits(
  "aws-event-stream",
  "bedrock",
  "/model/m/converse-stream",
  [
    frame("messageStart", { role: "assistant" }),
    frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Grüße" } }),
    frame("contentBlockStop", { contentBlockIndex: 0 }),
    frame("contentBlockStart", { contentBlockIndex: 1, start: { toolUse: { toolUseId: "t", name: "f" } } }),
    frame("contentBlockDelta", { contentBlockIndex: 1, delta: { toolUse: { input: '{"a":' } } }),
    frame("contentBlockDelta", { contentBlockIndex: 1, delta: { toolUse: { input: "1}" } } }),
    frame("contentBlockStop", { contentBlockIndex: 1 }),
    frame("messageStop", { stopReason: "tool_use" }),
    frame("metadata", { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }),
  ],
);

const dataOf = (event: string): object => JSON.parse(event.slice(event.indexOf("data: ") + 6));

/** An answer of Anthropic's model through Bedrock's `invoke-with-response-stream`, with its ping. */
export const invokeStream: FormatStream = ofUnits(
  "aws-event-stream",
  "bedrock",
  "/model/m/invoke-with-response-stream",
  anthropicEvents.map((event) => frame(null, dataOf(event))),
  anthropicEvents.length - 1,
);

/** An answer of Anthropic's API, with its ping. */
export const sseStream: FormatStream = ofUnits(
  "sse",
  "anthropic",
  "/v1/messages",
  anthropicEvents.map(utf8),
  anthropicEvents.length - 1,
);

/** One of each kind. */
export const formatStreams: readonly (readonly [name: string, stream: FormatStream])[] = [
  ["server-sent events", sseStream],
  ["a JSON array", geminiStream],
  ["lines of JSON (Ollama)", ollamaStream],
  ["lines of JSON (Cohere)", cohereStream],
  ["frames (converse)", converseStream],
  ["frames (invoke)", invokeStream],
];
