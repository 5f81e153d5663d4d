/** A model's words as a chat completion, whole and in chunks. */
import { dataEvent, type Frame, frame } from "../api.ts";
import { derivedHex, derivedLetters, type IdPart } from "../ids.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import type { Part, Speech, Stop } from "../model/speech.ts";
import { tokensOf } from "../model/token-count.ts";
import type { ChatRequest } from "./chat-request.ts";

const FINISH: Readonly<Record<Stop, string>> = {
  end: "stop",
  length: "length",
  "stop-sequence": "stop",
  tool: "tool_calls",
  refusal: "stop",
  pause: "stop",
  context: "length",
};

/** In what the APIs differ that answer with OpenAI's completions. */
export interface ChatStyle {
  readonly idOf: (identity: readonly IdPart[]) => string;
  /** What else a completion and each chunk of one say. */
  readonly extras: (model: string, isChunk: boolean) => object;
  /** What else a choice says. */
  readonly choiceExtras: (finish: string | null) => object;
  /** What else an answer in one piece says. */
  readonly messageExtras: object;
  /** The field that shows what the model thinks; `undefined` where none does. */
  readonly thoughts: string | undefined;
  /** What a stream begins with. */
  readonly opening: readonly Frame[];
  /** Whether the chunks before the one with the usage say that they have none. */
  readonly saysNoUsage: boolean;
}

/** Completions as OpenAI has them. */
export const openaiStyle: ChatStyle = {
  idOf: (identity) => `chatcmpl-${derivedLetters(29, "chatcmpl", ...identity)}`,
  extras: (model) => ({
    service_tier: "default",
    system_fingerprint: `fp_${derivedHex(10, "fingerprint", model)}`,
  }),
  choiceExtras: () => ({}),
  messageExtras: { annotations: [] },
  thoughts: undefined,
  opening: [],
  saysNoUsage: true,
};

/** What a chat completion says. */
interface Words {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly thoughts: string;
  readonly refuses: boolean;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: string }[];
  readonly finish: string;
  readonly usage: object;
}

function wordsOf(
  { conversation, choices }: ChatRequest,
  speech: Speech,
  identity: readonly IdPart[],
  style: ChatStyle,
): Words {
  const { parts, stop, usage } = speech;
  const completion = usage.outputTokens * choices;
  return {
    id: style.idOf(identity),
    model: conversation.model,
    text: parts.map((part) => (part.kind === "text" ? part.text : "")).join(""),
    thoughts: style.thoughts ? parts.map((part) => (part.kind === "think" ? part.text : "")).join("") : "",
    refuses: stop === "refusal",
    calls: parts
      .filter((part): part is Extract<Part, { kind: "call" }> => part.kind === "call")
      .map(({ name, input }, index) => ({
        id: `call_${derivedLetters(24, "call", ...identity, index)}`,
        name,
        input: JSON.stringify(input),
      })),
    finish: FINISH[stop],
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: completion,
      total_tokens: usage.inputTokens + completion,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: usage.thinkingTokens * choices,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  };
}

const common = ({ id, model }: Words, object: string) => ({
  id,
  object,
  created: ANSWER_SECONDS,
  model,
});

const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** A completion in one piece. */
export function completionOf(
  request: ChatRequest,
  speech: Speech,
  identity: readonly IdPart[],
  style: ChatStyle,
): object {
  const words = wordsOf(request, speech, identity, style);
  const { text, thoughts, refuses, calls, finish, usage } = words;
  const message = {
    role: "assistant",
    content: refuses || (text === "" && calls.length > 0) ? null : text,
    refusal: refuses ? text : null,
    ...style.messageExtras,
    ...(style.thoughts && thoughts !== "" && { [style.thoughts]: thoughts }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: input },
      })),
    }),
  };
  const choices = indices(request.choices).map((index) => ({
    index,
    message,
    logprobs: null,
    finish_reason: finish,
    ...style.choiceExtras(finish),
  }));
  return { ...common(words, "chat.completion"), choices, usage, ...style.extras(words.model, false) };
}

/**
 * A completion in chunks: the role, pieces of thoughts, of text and of calls, the reason of the end; usage in a chunk without choices
 * where it was asked for; `[DONE]`.
 */
export function chunksOf(
  request: ChatRequest,
  speech: Speech,
  identity: readonly IdPart[],
  style: ChatStyle,
): readonly Frame[] {
  const words = wordsOf(request, speech, identity, style);
  const chunk = (choices: readonly object[], tokens = 0, usage: object | null = null): Frame =>
    dataEvent(
      {
        ...common(words, "chat.completion.chunk"),
        ...style.extras(words.model, true),
        choices,
        ...(request.includesUsage && (usage !== null || style.saysNoUsage) && { usage }),
      },
      tokens,
    );
  const frames: Frame[] = [...style.opening];
  for (const index of indices(request.choices)) {
    const choice = (delta: object, finish: string | null = null) => [
      { index, delta, logprobs: null, finish_reason: finish, ...style.choiceExtras(finish) },
    ];
    const { text, refuses, calls } = words;
    const isSilent = text === "" && calls.length > 0;
    frames.push(
      chunk(choice({ role: "assistant", content: refuses || isSilent ? null : "", refusal: null })),
    );
    if (style.thoughts)
      for (const piece of tokensOf(words.thoughts))
        frames.push(chunk(choice({ content: "", [style.thoughts]: piece }), 1));
    for (const piece of tokensOf(text))
      frames.push(chunk(choice(refuses ? { refusal: piece } : { content: piece }), 1));
    for (const [at, { id, name, input }] of calls.entries()) {
      const call = (fields: object) => choice({ tool_calls: [{ index: at, ...fields }] });
      frames.push(chunk(call({ id, type: "function", function: { name, arguments: "" } })));
      for (const piece of tokensOf(input)) frames.push(chunk(call({ function: { arguments: piece } }), 1));
    }
    frames.push(chunk(choice({}, words.finish)));
  }
  if (request.includesUsage) frames.push(chunk([], 0, words.usage));
  frames.push(frame("data: [DONE]\n\n"));
  return frames;
}
