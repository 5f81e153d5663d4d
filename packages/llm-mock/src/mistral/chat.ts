/** A model's words as Mistral's completions, whole and in chunks. */
import { dataEvent, type Frame, frame } from "../api.ts";
import { derivedHex, derivedLetters, type IdPart } from "../ids.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import { tokensOfPart } from "../model/speak.ts";
import type { Part, Speech, Stop } from "../model/speech.ts";
import { tokensOf } from "../model/token-count.ts";
import type { ChatRequest } from "../openai/chat-request.ts";
import type { ChatWriter } from "../openai/handlers.ts";

const FINISH: Readonly<Record<Stop, string>> = {
  end: "stop",
  length: "length",
  "stop-sequence": "stop",
  tool: "tool_calls",
  refusal: "stop",
  pause: "stop",
  context: "model_length",
};

const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const head = ({ conversation }: ChatRequest, object: string, identity: readonly IdPart[]) => ({
  id: derivedHex(32, "mistral", ...identity),
  object,
  created: ANSWER_SECONDS,
  model: conversation.model,
});

function usageOf({ choices }: ChatRequest, { usage: { inputTokens, outputTokens } }: Speech): object {
  const completion_tokens = outputTokens * choices;
  return {
    prompt_tokens: inputTokens,
    completion_tokens,
    total_tokens: inputTokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

/** Calls with ids of nine letters and digits. */
const callsIn = (parts: readonly Part[], identity: readonly IdPart[]): readonly object[] =>
  parts
    .filter((part) => part.kind === "call")
    .map(({ name, input }, index) => ({
      id: derivedLetters(9, "call", ...identity, index),
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
      index,
    }));

const textIn = (parts: readonly Part[]): string =>
  parts.map((part) => (part.kind === "text" ? part.text : "")).join("");

/** What a model thinks, as a part of the content. */
const thought = (text: string): object => ({ type: "thinking", thinking: [{ type: "text", text }] });

/** A text; with what the model thought before it a list. */
function contentOf(parts: readonly Part[]): string | readonly object[] {
  const thoughts = parts.filter((part) => part.kind === "think").map(({ text }) => thought(text));
  const text = textIn(parts);
  return thoughts.length === 0 ? text : [...thoughts, ...(text === "" ? [] : [{ type: "text", text }])];
}

/**
 * Mistral's completions. In a stream a call comes whole, with the reason of the end, and the last chunk has the usage, asked
 * for or not.
 */
export const mistralWriter: ChatWriter = {
  whole: (request, speech, identity) => {
    const calls = callsIn(speech.parts, identity);
    const message = {
      role: "assistant",
      tool_calls: calls.length > 0 ? calls : null,
      content: contentOf(speech.parts),
    };
    return {
      ...head(request, "chat.completion", identity),
      usage: usageOf(request, speech),
      choices: indices(request.choices).map((index) => ({
        index,
        message,
        finish_reason: FINISH[speech.stop],
      })),
    };
  },
  chunks: (request, speech, identity) => {
    const common = head(request, "chat.completion.chunk", identity);
    const chunk = (
      index: number,
      delta: object,
      more: { finish?: string; usage?: object } = {},
      tokens = 0,
    ): Frame =>
      dataEvent(
        {
          ...common,
          choices: [{ index, delta, finish_reason: more.finish ?? null }],
          ...(more.usage && { usage: more.usage }),
        },
        tokens,
      );
    const calls = callsIn(speech.parts, identity);
    const callTokens = speech.parts.reduce(
      (sum, part) => sum + (part.kind === "call" ? tokensOfPart(part) : 0),
      0,
    );
    const frames = indices(request.choices).flatMap((index): Frame[] => [
      chunk(index, { role: "assistant", content: "" }),
      ...speech.parts.flatMap((part) =>
        part.kind === "text" || part.kind === "think"
          ? tokensOf(part.text).map((piece) =>
              chunk(index, { content: part.kind === "text" ? piece : [thought(piece)] }, {}, 1),
            )
          : [],
      ),
      chunk(
        index,
        { content: "", ...(calls.length > 0 && { tool_calls: calls }) },
        {
          finish: FINISH[speech.stop],
          ...(index === request.choices - 1 && { usage: usageOf(request, speech) }),
        },
        callTokens,
      ),
    ]);
    return [...frames, frame("data: [DONE]\n\n")];
  },
};
