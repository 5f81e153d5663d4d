/** What the model says: one message from one request, always the same. */
import { derivedId } from "./derived-id.ts";
import { type JsonObject, type MessagesRequest, textOf } from "./messages-request.ts";
import { sampleInput } from "./sample-input.ts";
import { countTokens, tokensOf } from "./token-count.ts";

/** How much of the user's words is said back, in characters. */
const maxEchoedCharacters = 120;

/** A block of an answer, in the provider's shape. */
export type AnswerBlock =
  /** Without `citations`: the API has them where a document was cited, and clients refuse a null there. */
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      readonly caller: { readonly type: "direct" };
    };

/** Tokens, in the provider's shape. */
export interface Usage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation: null;
  readonly output_tokens_details: null;
  readonly server_tool_use: null;
  readonly service_tier: "standard";
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
  readonly stop_reason: "end_turn" | "max_tokens" | "stop_sequence" | "tool_use";
  readonly stop_sequence: string | null;
  readonly stop_details: null;
  readonly container: null;
  readonly diagnostics: null;
  readonly usage: Usage;
}

/** Says something else than the mock's echo: the text for a request. */
export type Reply = (words: { readonly lastUserText: string; readonly model: string }) => string;

/**
 * The answer to a request: the forced tool's call, or a text that says the last user message back, cut where
 * `max_tokens` or a stop sequence says so.
 *
 * @param identity - What the ids are derived from; the same identity gives the same ids.
 */
export function messageFor(
  request: MessagesRequest,
  reply: Reply | undefined,
  identity: readonly (string | number | Uint8Array)[],
): Message {
  const { content, stopReason, stopSequence } = request.forcedTool
    ? toolCall(request, request.forcedTool, identity)
    : textAnswer(request, reply ?? echo);
  return {
    id: derivedId("msg", ...identity),
    type: "message",
    role: "assistant",
    model: request.model,
    content,
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: countInputTokens(request),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: outputTokens(content),
      cache_creation: null,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: "standard",
      inference_geo: null,
      speed: null,
    },
  };
}

/** What a request costs before anything is said: its text, its tools, and three tokens a turn. */
export function countInputTokens({ turns, system, tools }: MessagesRequest): number {
  const blocks = [...turns.flatMap(({ content }) => content), ...system, ...tools];
  const inBlocks = blocks.map((block) =>
    countTokens(block["type"] === "text" ? textOf([block]) : JSON.stringify(block)),
  );
  return inBlocks.reduce((sum, tokens) => sum + tokens, 3 * turns.length);
}

type Outcome = {
  readonly content: readonly AnswerBlock[];
  readonly stopReason: Message["stop_reason"];
  readonly stopSequence: string | null;
};

function toolCall(
  request: MessagesRequest,
  { name, input_schema: schema }: JsonObject,
  identity: readonly (string | number | Uint8Array)[],
): Outcome {
  const input = sampleInput(schema, brief(lastUserText(request)));
  const id = derivedId("toolu", ...identity);
  return {
    content: [{ type: "tool_use", id, name: String(name), input, caller: { type: "direct" } }],
    stopReason: "tool_use",
    stopSequence: null,
  };
}

function textAnswer(request: MessagesRequest, reply: Reply): Outcome {
  const whole = reply({ lastUserText: lastUserText(request), model: request.model });
  const stop = request.stopSequences
    .map((sequence) => ({ sequence, at: whole.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  const said = tokensOf(stop ? whole.slice(0, stop.at) : whole);
  const text = said.slice(0, request.maxTokens).join("");
  const content: AnswerBlock[] = text ? [{ type: "text", text }] : [];
  if (said.length > request.maxTokens) return { content, stopReason: "max_tokens", stopSequence: null };
  if (stop) return { content, stopReason: "stop_sequence", stopSequence: stop.sequence };
  return { content, stopReason: "end_turn", stopSequence: null };
}

const echo: Reply = ({ lastUserText: text }) =>
  text
    ? `You said: "${brief(text)}". I am a mock on your own machine, so that is all I have to say about it.`
    : "You said nothing that I can read. I am a mock on your own machine and know text only.";

/** The text of the last user turn; of a tool's result where it holds nothing else. */
function lastUserText({ turns }: MessagesRequest): string {
  const content = turns.findLast(({ role }) => role === "user")?.content ?? [];
  const own = textOf(content);
  if (own) return own;
  return content
    .filter(({ type }) => type === "tool_result")
    .map(({ content: result }) =>
      typeof result === "string" ? result : Array.isArray(result) ? textOf(result) : "",
    )
    .join("");
}

function brief(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  // By code points: a cut in the middle of a pair would not be text any more.
  const characters = Array.from(flat.slice(0, 2 * maxEchoedCharacters + 2));
  if (characters.length <= maxEchoedCharacters) return flat;
  return `${characters.slice(0, maxEchoedCharacters).join("")}…`;
}

function outputTokens(content: readonly AnswerBlock[]): number {
  const texts = content.map((block) => (block.type === "text" ? block.text : JSON.stringify(block.input)));
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}
