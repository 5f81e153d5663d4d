import { type Frame, typedEvent } from "../api.ts";
import { tokensOf } from "../model/token-count.ts";
import type { AnswerBlock, Message } from "./message.ts";

/**
 * A message as the provider streams it, one frame per server-sent event:
 * `message_start`, for each block a start, its deltas and a stop, `message_delta` with the
 * stop reason and the usage of all, `message_stop`. A `ping` follows the first block's start.
 *
 * The deltas of a block, joined, are the block of the plain answer.
 */
export function eventsOf(message: Message): readonly Frame[] {
  const { content, stop_reason, stop_sequence, stop_details, usage } = message;
  // The first token is said to be there with the start, as the provider has it.
  const begun = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...usage, output_tokens: 1, output_tokens_details: null, server_tool_use: null },
  };
  const events = [typedEvent({ type: "message_start", message: begun })];
  for (const [index, block] of content.entries()) {
    events.push(typedEvent({ type: "content_block_start", index, content_block: startOf(block) }));
    if (index === 0) events.push(typedEvent({ type: "ping" }));
    for (const { delta, tokens } of deltasOf(block))
      events.push(typedEvent({ type: "content_block_delta", index, delta }, tokens));
    events.push(typedEvent({ type: "content_block_stop", index }));
  }
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = usage;
  const { output_tokens_details, server_tool_use } = usage;
  const cumulative = {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    output_tokens_details,
    server_tool_use,
  };
  const delta = { stop_reason, stop_sequence, stop_details, container: null };
  events.push(typedEvent({ type: "message_delta", delta, usage: cumulative }));
  events.push(typedEvent({ type: "message_stop" }));
  return events;
}

function startOf(block: AnswerBlock): object {
  switch (block.type) {
    case "text":
      return { ...block, text: "", ...(block.citations && { citations: [] }) };
    case "thinking":
      return { ...block, thinking: "", signature: "" };
    case "tool_use":
    case "server_tool_use":
      return { ...block, input: {} };
    default:
      // A result comes whole with its start.
      return block;
  }
}

interface Delta {
  readonly delta: object;
  readonly tokens: number;
}

const each = (text: string, delta: (piece: string) => object): readonly Delta[] =>
  tokensOf(text).map((piece) => ({ delta: delta(piece), tokens: 1 }));

const silent = (delta: object): Delta => ({ delta, tokens: 0 });

function deltasOf(block: AnswerBlock): readonly Delta[] {
  switch (block.type) {
    case "text":
      return [
        ...each(block.text, (text) => ({ type: "text_delta", text })),
        ...(block.citations ?? []).map((citation) => silent({ type: "citations_delta", citation })),
      ];
    case "thinking":
      return [
        ...each(block.thinking, (thinking) => ({ type: "thinking_delta", thinking })),
        silent({ type: "signature_delta", signature: block.signature }),
      ];
    case "tool_use":
    case "server_tool_use": {
      const json = JSON.stringify(block.input) ?? "{}";
      return [
        // The provider begins with an empty piece; parsers have to survive it.
        silent({ type: "input_json_delta", partial_json: "" }),
        ...each(json, (piece) => ({ type: "input_json_delta", partial_json: piece })),
      ];
    }
    default:
      return [];
  }
}
