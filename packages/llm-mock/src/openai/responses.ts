/** A model's words as a response: an object with items. */
import { derivedBase64, derivedHex, derivedLetters, type IdPart } from "../ids.ts";
import { isObject, objectsIn } from "../json.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import type { Part, Speech } from "../model/speech.ts";
import type { ResponsesRequest } from "./responses-request.ts";

/** An item of a response. */
export type OutputItem =
  | {
      readonly id: string;
      readonly type: "message";
      readonly status: "completed" | "incomplete";
      readonly role: "assistant";
      readonly content: readonly OutputPart[];
    }
  | {
      readonly id: string;
      readonly type: "function_call";
      readonly status: "completed";
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly id: string;
      readonly type: "reasoning";
      readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
      readonly encrypted_content?: string;
    }
  | {
      readonly id: string;
      readonly type: "web_search_call";
      readonly status: "completed";
      readonly action: object;
    };

/** What a message holds. */
export type OutputPart =
  | {
      readonly type: "output_text";
      readonly text: string;
      readonly annotations: readonly object[];
      readonly logprobs: readonly object[];
    }
  | { readonly type: "refusal"; readonly refusal: string };

/** A whole response. */
export interface ResponseObject {
  readonly id: string;
  readonly object: "response";
  readonly status: "completed" | "incomplete";
  readonly output: readonly OutputItem[];
  readonly [field: string]: unknown;
}

/** @param identity - What the ids are derived from. */
export function responseOf(
  request: ResponsesRequest,
  speech: Speech,
  identity: readonly IdPart[],
): ResponseObject {
  const { fields, conversation } = request;
  const { usage } = speech;
  const isWhole = speech.stop !== "length" && speech.stop !== "context";
  const given = (name: string, usual: unknown = null): unknown => fields[name] ?? usual;
  return {
    id: `resp_${derivedHex(48, "resp", ...identity)}`,
    object: "response",
    created_at: ANSWER_SECONDS,
    status: isWhole ? "completed" : "incomplete",
    background: given("background", false),
    completed_at: isWhole ? ANSWER_SECONDS : null,
    error: null,
    incomplete_details: isWhole ? null : { reason: "max_output_tokens" },
    instructions: given("instructions"),
    max_output_tokens: given("max_output_tokens"),
    max_tool_calls: given("max_tool_calls"),
    model: conversation.model,
    output: outputOf(request, speech, isWhole, identity),
    parallel_tool_calls: given("parallel_tool_calls", true),
    previous_response_id: given("previous_response_id"),
    prompt_cache_key: given("prompt_cache_key"),
    reasoning: reasoningOf(fields["reasoning"]),
    safety_identifier: given("safety_identifier"),
    service_tier: "default",
    store: request.stores,
    temperature: given("temperature", 1),
    text: given("text", { format: { type: "text" }, verbosity: "medium" }),
    tool_choice: given("tool_choice", "auto"),
    tools: given("tools", []),
    top_logprobs: given("top_logprobs", 0),
    top_p: given("top_p", 1),
    truncation: given("truncation", "disabled"),
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.thinkingTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
    user: given("user"),
    metadata: given("metadata", {}),
  };
}

const reasoningOf = (reasoning: unknown): object =>
  isObject(reasoning) ? { effort: null, summary: null, ...reasoning } : { effort: null, summary: null };

function outputOf(
  request: ResponsesRequest,
  speech: Speech,
  isWhole: boolean,
  identity: readonly IdPart[],
): readonly OutputItem[] {
  const encrypts = objectsWanted(request.fields["include"]).includes("reasoning.encrypted_content");
  return speech.parts.map((part, index): OutputItem => {
    const id = (prefix: string): string => `${prefix}_${derivedHex(48, prefix, ...identity, index)}`;
    switch (part.kind) {
      case "think":
        return {
          id: id("rs"),
          type: "reasoning",
          summary: request.showsThinking ? [{ type: "summary_text", text: part.text }] : [],
          ...(encrypts && { encrypted_content: derivedBase64("reasoning", ...identity, index) }),
        };
      case "text": {
        const isCut = !isWhole && index === speech.parts.length - 1;
        const status = isCut ? "incomplete" : "completed";
        return {
          id: id("msg"),
          type: "message",
          status,
          role: "assistant",
          content: [outputPart(part, speech)],
        };
      }
      case "call":
        return {
          id: id("fc"),
          type: "function_call",
          status: "completed",
          call_id: `call_${derivedLetters(24, "call", ...identity, index)}`,
          name: part.name,
          arguments: JSON.stringify(part.input),
        };
      case "server-call":
        return { id: id("ws"), type: "web_search_call", status: "completed", action: searchAction(part) };
      default:
        return part satisfies never;
    }
  });
}

const objectsWanted = (include: unknown): readonly unknown[] => (Array.isArray(include) ? include : []);

function outputPart({ text }: Extract<Part, { kind: "text" }>, { parts, stop }: Speech): OutputPart {
  if (stop === "refusal") return { type: "refusal", refusal: text };
  const searched = parts.flatMap((part) => (part.kind === "server-call" ? objectsIn(part.result) : []));
  const annotations = searched.map(({ url, title }) => ({
    type: "url_citation",
    start_index: 0,
    end_index: text.length,
    url: String(url),
    title: String(title),
  }));
  return { type: "output_text", annotations, logprobs: [], text };
}

function searchAction({ input, result }: Extract<Part, { kind: "server-call" }>): object {
  const query = isObject(input) && typeof input["query"] === "string" ? input["query"] : "";
  return {
    type: "search",
    query,
    queries: [query],
    sources: objectsIn(result).map(({ url }) => ({ type: "url", url: String(url) })),
  };
}
