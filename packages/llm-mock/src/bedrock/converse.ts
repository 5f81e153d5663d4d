/** A model's words as Converse has them, whole and as events. */
import { type Frame, frame } from "../api.ts";
import { derivedBase64, derivedLetters, type IdPart } from "../ids.ts";
import type { Part, Speech, Stop } from "../model/speech.ts";
import { tokensOf } from "../model/token-count.ts";
import { awsEvent } from "./event-stream.ts";

const STOP_REASONS: Readonly<Record<Stop, string>> = {
  end: "end_turn",
  length: "max_tokens",
  "stop-sequence": "stop_sequence",
  tool: "tool_use",
  refusal: "content_filtered",
  pause: "end_turn",
  context: "model_context_window_exceeded",
};

type Block =
  | { readonly text: string }
  | { readonly toolUse: { readonly toolUseId: string; readonly name: string; readonly input: unknown } }
  | {
      readonly reasoningContent: {
        readonly reasoningText: { readonly text: string; readonly signature: string };
      };
    };

/** An answer in one piece. */
export const converseAnswer = (speech: Speech, identity: readonly IdPart[]): object => ({
  output: { message: { role: "assistant", content: blocksOf(speech, identity) } },
  stopReason: STOP_REASONS[speech.stop],
  ...metadataOf(speech),
});

function metadataOf({ usage: { inputTokens, outputTokens } }: Speech): object {
  const usage = {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
  };
  // There is nothing to measure: a mock does not think.
  return { usage, metrics: { latencyMs: 1 } };
}

const blocksOf = ({ parts }: Speech, identity: readonly IdPart[]): readonly Block[] =>
  parts.flatMap((part, index) => blockOf(part, [...identity, index]));

function blockOf(part: Part, identity: readonly IdPart[]): readonly Block[] {
  switch (part.kind) {
    case "text":
      return [{ text: part.text }];
    case "think": {
      const reasoningText = { text: part.text, signature: derivedBase64("signature", ...identity) };
      return [{ reasoningContent: { reasoningText } }];
    }
    case "call": {
      const toolUseId = `tooluse_${derivedLetters(22, "tooluse", ...identity)}`;
      return [{ toolUse: { toolUseId, name: part.name, input: part.input } }];
    }
    case "server-call":
      return [];
    default:
      return part satisfies never;
  }
}

/** An answer as events: the start, each block with its deltas, the reason of the end, what it cost. */
export function converseEvents(speech: Speech, identity: readonly IdPart[]): readonly Frame[] {
  const frames: Frame[] = [];
  const send = (type: string, payload: object, tokens = 0): void => {
    // Bedrock fills events up, so that their lengths tell nothing of their texts.
    const p = derivedLetters(8, "padding", ...identity, frames.length);
    frames.push(frame(awsEvent(type, { ...payload, p }), tokens));
  };
  send("messageStart", { role: "assistant" });
  for (const [contentBlockIndex, block] of blocksOf(speech, identity).entries()) {
    const delta = (value: object, tokens: number): void =>
      send("contentBlockDelta", { contentBlockIndex, delta: value }, tokens);
    if ("toolUse" in block) {
      const { toolUseId, name, input } = block.toolUse;
      send("contentBlockStart", { contentBlockIndex, start: { toolUse: { toolUseId, name } } });
      for (const piece of tokensOf(JSON.stringify(input))) delta({ toolUse: { input: piece } }, 1);
    } else if ("text" in block) {
      for (const text of tokensOf(block.text)) delta({ text }, 1);
    } else {
      const { text, signature } = block.reasoningContent.reasoningText;
      for (const piece of tokensOf(text)) delta({ reasoningContent: { text: piece } }, 1);
      delta({ reasoningContent: { signature } }, 0);
    }
    send("contentBlockStop", { contentBlockIndex });
  }
  send("messageStop", { stopReason: STOP_REASONS[speech.stop] });
  send("metadata", metadataOf(speech));
  return frames;
}
