/** A model's words as Cohere's second API has them, whole and in events. */
import { EVENT_STREAM, type Frame, frame, typedEvent } from "../api.ts";
import { derivedLetters, derivedUuid, type IdPart } from "../ids.ts";
import type { Part, Speech, Stop } from "../model/speech.ts";
import { tokensOf } from "../model/token-count.ts";

const FINISH: Readonly<Record<Stop, string>> = {
  end: "COMPLETE",
  length: "MAX_TOKENS",
  "stop-sequence": "STOP_SEQUENCE",
  tool: "TOOL_CALL",
  refusal: "COMPLETE",
  pause: "COMPLETE",
  context: "MAX_TOKENS",
};

function usageOf({ usage: { inputTokens, outputTokens } }: Speech): object {
  const tokens = { input_tokens: inputTokens, output_tokens: outputTokens };
  return { billed_units: tokens, tokens, cached_tokens: 0 };
}

const idOf = (identity: readonly IdPart[]): string => derivedUuid("cohere", ...identity);

type CallPart = Extract<Part, { kind: "call" }>;
type TextPart = Extract<Part, { kind: "think" | "text" }>;

/** Calls with their ids: the tool's name and twelve letters. */
const callsIn = ({ parts }: Speech, identity: readonly IdPart[]) =>
  parts
    .filter((part): part is CallPart => part.kind === "call")
    .map(({ name, input }, index) => ({
      id: `${name}_${derivedLetters(12, "call", ...identity, index).toLowerCase()}`,
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
    }));

const textsIn = ({ parts }: Speech): readonly TextPart[] =>
  parts.filter((part): part is TextPart => part.kind === "text" || part.kind === "think");

const block = ({ kind }: TextPart, text: string): object =>
  kind === "text" ? { type: "text", text } : { type: "thinking", thinking: text };

/** An answer in one piece. What is said beside calls is a plan. */
export function cohereAnswer(speech: Speech, identity: readonly IdPart[]): object {
  const calls = callsIn(speech, identity);
  const texts = textsIn(speech);
  const plan = texts
    .filter(({ kind }) => kind === "text")
    .map(({ text }) => text)
    .join("");
  const content = (calls.length > 0 ? texts.filter(({ kind }) => kind === "think") : texts).map((part) =>
    block(part, part.text),
  );
  return {
    id: idOf(identity),
    finish_reason: FINISH[speech.stop],
    message: {
      role: "assistant",
      ...(content.length > 0 && { content }),
      ...(calls.length > 0 && { ...(plan !== "" && { tool_plan: plan }), tool_calls: calls }),
    },
    usage: usageOf(speech),
  };
}

/** How the events of a stream are written. */
export interface CohereFraming {
  readonly contentType: string;
  readonly event: typeof typedEvent;
  readonly end: readonly Frame[];
}

/** Server-sent events, and `[DONE]` behind them. */
const SSE: CohereFraming = { contentType: EVENT_STREAM, event: typedEvent, end: [frame("data: [DONE]\n\n")] };

/** A line of JSON for each event, as the API was seen to answer (M-Lai-ai/LLM-Provider-reference). The media type is that of v1. */
const LINES: CohereFraming = {
  contentType: "application/stream+json",
  event: (data, tokens) => frame(`${JSON.stringify(data)}\n`, tokens),
  end: [],
};

/** Lines for a client that takes JSON alone, as LiteLLM and the examples of the API's reference do. Others get server-sent events. */
export const cohereFraming = (accept: string | undefined): CohereFraming =>
  accept !== undefined && /\bapplication\/json\b/.test(accept) && !/text\/event-stream|\*\/\*/.test(accept)
    ? LINES
    : SSE;

/** An answer in events: blocks of content, a plan, calls, the reason of the end with the usage. */
export function cohereEvents(
  speech: Speech,
  identity: readonly IdPart[],
  { event, end }: CohereFraming,
): readonly Frame[] {
  const calls = callsIn(speech, identity);
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  const frames: Frame[] = [event({ type: "message-start", id: idOf(identity), delta: { message } })];
  let index = 0;
  for (const part of textsIn(speech)) {
    if (part.kind === "text" && calls.length > 0) {
      for (const piece of tokensOf(part.text))
        frames.push(event({ type: "tool-plan-delta", delta: { message: { tool_plan: piece } } }, 1));
      continue;
    }
    frames.push(event({ type: "content-start", index, delta: { message: { content: block(part, "") } } }));
    for (const piece of tokensOf(part.text)) {
      const content = part.kind === "text" ? { text: piece } : { thinking: piece };
      frames.push(event({ type: "content-delta", index, delta: { message: { content } } }, 1));
    }
    frames.push(event({ type: "content-end", index }));
    index++;
  }
  for (const [at, call] of calls.entries()) {
    const { arguments: input, name } = call.function;
    const opened = { ...call, function: { name, arguments: "" } };
    frames.push(event({ type: "tool-call-start", index: at, delta: { message: { tool_calls: opened } } }));
    for (const piece of tokensOf(input)) {
      const tool_calls = { function: { arguments: piece } };
      frames.push(event({ type: "tool-call-delta", index: at, delta: { message: { tool_calls } } }, 1));
    }
    frames.push(event({ type: "tool-call-end", index: at }));
  }
  const delta = { finish_reason: FINISH[speech.stop], usage: usageOf(speech) };
  return [...frames, event({ type: "message-end", delta }), ...end];
}
