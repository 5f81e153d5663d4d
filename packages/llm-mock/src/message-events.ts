import type { AnswerBlock, Message } from "./message.ts";
import { tokensOf } from "./token-count.ts";

/**
 * A message as the provider streams it, one string per server-sent event, framing included
 * (`event: …\ndata: …\n\n`): `message_start`, for each block a start, its deltas and a stop, `message_delta` with the
 * stop reason and the usage of all, `message_stop`. A `ping` follows the first block's start.
 *
 * The deltas of a block, joined, are the block of the plain answer.
 */
export function eventsOf(message: Message): readonly string[] {
  const { content, stop_reason, stop_sequence, usage } = message;
  // The first token is said to be there with the start, as the provider has it.
  const begun = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const events = [event({ type: "message_start", message: begun })];
  for (const [index, block] of content.entries()) {
    events.push(event({ type: "content_block_start", index, content_block: startOf(block) }));
    if (index === 0) events.push(event({ type: "ping" }));
    for (const delta of deltasOf(block)) events.push(event({ type: "content_block_delta", index, delta }));
    events.push(event({ type: "content_block_stop", index }));
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
  const delta = { stop_reason, stop_sequence, stop_details: null, container: null };
  events.push(event({ type: "message_delta", delta, usage: cumulative }));
  events.push(event({ type: "message_stop" }));
  return events;
}

const event = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

function startOf(block: AnswerBlock): object {
  switch (block.type) {
    case "text":
      return { ...block, text: "" };
    case "tool_use":
      return { ...block, input: {} };
    default:
      return block satisfies never;
  }
}

function deltasOf(block: AnswerBlock): readonly object[] {
  switch (block.type) {
    case "text":
      return tokensOf(block.text).map((text) => ({ type: "text_delta", text }));
    case "tool_use":
      // The provider begins with an empty piece; parsers have to survive it.
      return ["", ...tokensOf(JSON.stringify(block.input))].map((json) => ({
        type: "input_json_delta",
        partial_json: json,
      }));
    default:
      return block satisfies never;
  }
}
