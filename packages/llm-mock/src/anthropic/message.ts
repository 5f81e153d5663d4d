/** A model's words as a message of the Messages API. */
import { derivedBase64, derivedId, type IdPart } from "../ids.ts";
import type { Citation, Part, Speech, Stop } from "../model/speech.ts";
import { resultBlock, type ServerToolResultBlock } from "./server-tool-blocks.ts";

const direct = { type: "direct" } as const;

/** A block of an answer, in the provider's shape. */
export type AnswerBlock =
  /** Without `citations` where nothing is cited: clients that read strictly refuse a null there. */
  | { readonly type: "text"; readonly text: string; readonly citations?: readonly object[] }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | {
      readonly type: "tool_use" | "server_tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      readonly caller: typeof direct;
    }
  | ServerToolResultBlock;

/** Tokens, in the provider's shape. */
export interface Usage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation: null;
  readonly output_tokens_details: { readonly thinking_tokens: number } | null;
  readonly server_tool_use: {
    readonly web_search_requests: number;
    readonly web_fetch_requests: number;
  } | null;
  readonly service_tier: "standard" | "batch";
  readonly inference_geo: null;
  readonly speed: null;
}

/** A whole answer, in the provider's shape: what the API has a field for and the mock nothing to say about is null. */
export interface Message {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  readonly model: string;
  readonly content: readonly AnswerBlock[];
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details: object | null;
  readonly container: null;
  readonly diagnostics: null;
  readonly usage: Usage;
}

const STOP_REASONS: Readonly<Record<Stop, string>> = {
  end: "end_turn",
  length: "max_tokens",
  "stop-sequence": "stop_sequence",
  tool: "tool_use",
  refusal: "refusal",
  pause: "pause_turn",
  context: "model_context_window_exceeded",
};

/**
 * @param identity - What the ids are derived from; the same identity gives the same ids.
 */
export function messageOf(
  speech: Speech,
  model: string,
  hidesThinking: boolean,
  identity: readonly IdPart[],
): Message {
  const { parts, stop, stopSequence } = speech;
  return {
    id: derivedId("msg", ...identity),
    type: "message",
    role: "assistant",
    model,
    content: parts.flatMap((part, index) => blocksOf(part, hidesThinking, [...identity, index])),
    stop_reason: STOP_REASONS[stop],
    stop_sequence: stopSequence,
    stop_details:
      stop === "refusal"
        ? { type: "refusal", category: null, explanation: "The mock's script lets the model refuse." }
        : null,
    container: null,
    diagnostics: null,
    usage: usageOf(speech),
  };
}

function usageOf({ parts, usage }: Speech): Usage {
  const calls = (name: string): number =>
    parts.filter((part) => part.kind === "server-call" && part.name === name).length;
  const searches = calls("web_search");
  const fetches = calls("web_fetch");
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: usage.outputTokens,
    cache_creation: null,
    output_tokens_details: usage.thinkingTokens > 0 ? { thinking_tokens: usage.thinkingTokens } : null,
    server_tool_use:
      searches + fetches > 0 ? { web_search_requests: searches, web_fetch_requests: fetches } : null,
    service_tier: "standard",
    inference_geo: null,
    speed: null,
  };
}

function blocksOf(part: Part, hidesThinking: boolean, identity: readonly IdPart[]): readonly AnswerBlock[] {
  switch (part.kind) {
    case "think": {
      const signature = derivedBase64("signature", ...identity);
      return [{ type: "thinking", thinking: hidesThinking ? "" : part.text, signature }];
    }
    case "text":
      return [
        { type: "text", text: part.text, ...(part.citation && { citations: [citationOf(part.citation)] }) },
      ];
    case "call": {
      const { name, input } = part;
      return [{ type: "tool_use", id: derivedId("toolu", ...identity), name, input, caller: direct }];
    }
    case "server-call": {
      const { name, input, result } = part;
      const id = derivedId("srvtoolu", ...identity);
      return [{ type: "server_tool_use", id, name, input, caller: direct }, resultBlock(name, id, result)];
    }
    default:
      return part satisfies never;
  }
}

const citationOf = ({ documentIndex, title, citedText, start, end }: Citation): object => ({
  type: "char_location",
  cited_text: citedText,
  document_index: documentIndex,
  document_title: title,
  start_char_index: start,
  end_char_index: end,
  file_id: null,
});
