import type { Provider } from "../providers/provider-error.ts";
import type { SseEvent } from "./sse-reader.ts";

/** What an event is to those who follow the stream of a model API. */
export interface EventMeaning {
  /** The event's name, else the `type` in its JSON, else `done` for `[DONE]`, else `message`. */
  readonly type: string;
  /** A ping, a comment, a blank block: no part of the answer, and not counted. */
  readonly isPing: boolean;
  /** Carries a piece of the answer. */
  readonly isDelta: boolean;
  /** After it the answer is complete. */
  readonly isLast: boolean;
  /** The API whose events look so; `null` where they look like nobody's. */
  readonly provider: Provider | null;
}

const member = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/** The data of an event as JSON; `undefined` where it is none. */
export function eventJson(event: SseEvent): unknown {
  if (event.data === null || !/^\s*[{[]/.test(event.data)) return undefined;
  try {
    return JSON.parse(event.data);
  } catch {
    return undefined;
  }
}

/** Anthropic's events of an answer, without `ping` and `error`. */
const ANTHROPIC_EVENTS: readonly string[] = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
];

function openaiChunk(json: unknown): EventMeaning | undefined {
  const choices = member(json, "choices");
  if (!Array.isArray(choices)) return undefined;
  const delta = member(choices[0], "delta");
  const isDelta = ["content", "tool_calls", "refusal", "reasoning_content"].some((key) => {
    const value = member(delta, key);
    return value !== undefined && value !== null && value !== "";
  });
  return { type: "message", isPing: false, isDelta, isLast: false, provider: "openai" };
}

function geminiChunk(json: unknown): EventMeaning | undefined {
  const candidates = member(json, "candidates");
  if (!Array.isArray(candidates)) return undefined;
  const isDelta = member(candidates[0], "content") !== undefined;
  const isLast = member(candidates[0], "finishReason") !== undefined;
  return { type: "message", isPing: false, isDelta, isLast, provider: "gemini" };
}

/**
 * What an event means, told by its own look: Anthropic's named events, OpenAI's chunks with `[DONE]` and its
 * `response.*` events, Gemini's candidates; for anybody else's, every event with data is a delta.
 *
 * @example
 * ```ts
 * eventMeaning({ name: "message_stop", data: '{"type":"message_stop"}' }).isLast; // true
 * ```
 */
export function eventMeaning(event: SseEvent): EventMeaning {
  if (event.data === null)
    return { type: "comment", isPing: true, isDelta: false, isLast: false, provider: null };
  if (event.data.trim() === "[DONE]")
    return { type: "done", isPing: false, isDelta: false, isLast: true, provider: "openai" };
  const json = eventJson(event);
  const inside = member(json, "type");
  const type = event.name ?? (typeof inside === "string" ? inside : "message");
  if (type === "ping") return { type, isPing: true, isDelta: false, isLast: false, provider: null };
  if (ANTHROPIC_EVENTS.includes(type)) {
    const isDelta = type === "content_block_delta";
    return { type, isPing: false, isDelta, isLast: type === "message_stop", provider: "anthropic" };
  }
  if (type.startsWith("response.")) {
    const isLast = ["response.completed", "response.failed", "response.incomplete"].includes(type);
    return { type, isPing: false, isDelta: type.endsWith(".delta"), isLast, provider: "openai" };
  }
  return (
    openaiChunk(json) ??
    geminiChunk(json) ?? { type, isPing: false, isDelta: type !== "error", isLast: false, provider: null }
  );
}
