/** Reading the body of `POST /v1/messages`: what is refused, and what the rest of the mock may rely on. */
import { type ApiError, apiError, invalidRequest } from "./api-error.ts";

/** A JSON object of which nothing is known yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** A part of a message. The mock looks into `text` and `tool_result`; others it counts. */
export interface ContentBlock extends JsonObject {
  readonly type: string;
}

/** One turn of the conversation, its content always a list. */
export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly ContentBlock[];
}

/** A tool that the client offers. */
export interface Tool extends JsonObject {
  readonly name: string;
}

/** A body that has passed every check. */
export interface MessagesRequest {
  readonly kind: "request";
  readonly model: string;
  readonly maxTokens: number;
  readonly turns: readonly Turn[];
  readonly system: readonly ContentBlock[];
  readonly tools: readonly Tool[];
  /** The tool that has to be called, where `tool_choice` asks for one. */
  readonly forcedTool: Tool | undefined;
  readonly stopSequences: readonly string[];
  readonly stream: boolean;
}

/**
 * Checks a body as the API does, field by field, and gives the first thing that is wrong with it. Fields that the mock
 * does not know are let pass, so that a client newer than the mock can talk to it.
 *
 * @param rules.version - The `anthropic-version` of the request: the first without sampling parameters is 2026-10-21.
 * @param rules.needsMaxTokens - False for counting tokens, which asks for no answer.
 */
export function readMessagesRequest(
  body: Uint8Array,
  rules: { readonly version: string; readonly needsMaxTokens: boolean },
): MessagesRequest | ApiError {
  const fields = parseObject(body);
  if (fields === undefined) return invalidRequest("The request body is not a valid JSON object");
  for (const name of rules.needsMaxTokens ? ["model", "max_tokens", "messages"] : ["model", "messages"])
    if (fields[name] === undefined) return invalidRequest(`${name}: Field required`);

  const { model, max_tokens: maxTokens = 1, stream = false } = fields;
  if (typeof model !== "string") return invalidRequest("model: Input should be a valid string");
  if (!model.startsWith("claude-")) return apiError(404, "not_found_error", `model: ${model.slice(0, 100)}`);
  if (typeof maxTokens !== "number" || !Number.isInteger(maxTokens))
    return invalidRequest("max_tokens: Input should be a valid integer");
  if (maxTokens < 1) return invalidRequest("max_tokens: must be greater than or equal to 1");
  if (typeof stream !== "boolean") return invalidRequest("stream: Input should be a valid boolean");
  const sampling = refusedSampling(fields, rules.version);
  if (sampling) return sampling;
  const stopSequences = fields["stop_sequences"] ?? [];
  if (!isListOf(stopSequences, (item) => typeof item === "string" && item !== ""))
    return invalidRequest("stop_sequences: Input should be a list of strings that are not empty");

  const turns = readTurns(fields["messages"]);
  if ("kind" in turns) return turns;
  const system = readContent(fields["system"] ?? [], "system");
  if ("kind" in system) return system;
  const tools = readTools(fields["tools"] ?? []);
  if ("kind" in tools) return tools;
  const forcedTool = readToolChoice(fields["tool_choice"], tools);
  if (forcedTool !== undefined && "kind" in forcedTool) return forcedTool;
  return {
    kind: "request",
    model,
    maxTokens,
    turns,
    system,
    tools,
    forcedTool: forcedTool?.tool,
    stopSequences: stopSequences as string[],
    stream,
  };
}

/** The text of a turn or of a tool's result: that of its text blocks, one after the other. */
export function textOf(content: readonly JsonObject[]): string {
  return content
    .map((block) => (block["type"] === "text" && typeof block["text"] === "string" ? block["text"] : ""))
    .join("");
}

function parseObject(body: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isListOf = (value: unknown, holds: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(holds);

function refusedSampling(fields: JsonObject, version: string): ApiError | undefined {
  for (const name of ["temperature", "top_p", "top_k"]) {
    const value = fields[name];
    if (value === undefined) continue;
    if (version >= "2026-10-21") return invalidRequest(`${name}: Extra inputs are not permitted`);
    const most = name === "top_k" ? Number.POSITIVE_INFINITY : 1;
    if (typeof value !== "number" || value < 0 || value > most)
      return invalidRequest(
        `${name}: Input should be a number of at least 0${most === 1 ? " and at most 1" : ""}`,
      );
  }
  return undefined;
}

function readTurns(messages: unknown): readonly Turn[] | ApiError {
  if (!isListOf(messages, isObject)) return invalidRequest("messages: Input should be a valid list");
  if (messages.length === 0) return invalidRequest("messages: at least one message is required");
  const turns: Turn[] = [];
  for (const [index, message] of (messages as JsonObject[]).entries()) {
    const where = `messages.${index}`;
    const { role } = message;
    if (role !== "user" && role !== "assistant" && role !== "system")
      return invalidRequest(`${where}.role: Input should be 'user', 'assistant' or 'system'`);
    if (message["content"] === undefined) return invalidRequest(`${where}.content: Field required`);
    const content = readContent(message["content"], `${where}.content`);
    if ("kind" in content) return content;
    if (content.length === 0 && index < messages.length - 1)
      return invalidRequest(`${where}: only the last message may be empty`);
    turns.push({ role, content });
  }
  return turns;
}

/** A tool's result holds content as well, but no result of its own: no deeper than that, whatever a client sends. */
function readContent(content: unknown, where: string, isResult = false): readonly ContentBlock[] | ApiError {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return invalidRequest(`${where}: Input should be a valid string or list`);
  for (const [index, block] of content.entries()) {
    if (!isObject(block) || typeof block["type"] !== "string")
      return invalidRequest(`${where}.${index}.type: Field required`);
    if (block["type"] === "tool_result" && block["content"] !== undefined && !isResult) {
      const result = readContent(block["content"], `${where}.${index}.content`, true);
      if ("kind" in result) return result;
    }
    if (block["type"] !== "text") continue;
    if (typeof block["text"] !== "string") return invalidRequest(`${where}.${index}.text: Field required`);
    if (block["text"] === "") return invalidRequest(`${where}.${index}.text: text must not be empty`);
  }
  return content as ContentBlock[];
}

function readTools(tools: unknown): readonly Tool[] | ApiError {
  if (!isListOf(tools, isObject)) return invalidRequest("tools: Input should be a valid list");
  for (const [index, tool] of (tools as JsonObject[]).entries())
    if (typeof tool["name"] !== "string") return invalidRequest(`tools.${index}.name: Field required`);
  return tools as Tool[];
}

function readToolChoice(choice: unknown, tools: readonly Tool[]): { tool: Tool } | ApiError | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (!isObject(choice)) return invalidRequest("tool_choice: Input should be an object");
  switch (choice["type"]) {
    case "auto":
    case "none":
      return undefined;
    case "any":
      return tools[0] ? { tool: tools[0] } : invalidRequest("tool_choice: needs at least one tool in tools");
    case "tool": {
      const tool = tools.find(({ name }) => name === choice["name"]);
      return tool ? { tool } : invalidRequest("tool_choice.name: no tool of that name in tools");
    }
    default:
      return invalidRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
}
