/** Reading the body of `POST /v1/responses`. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr, unknownKey } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countTokens, countValueTokens } from "../model/token-count.ts";
import { invalid, missing, wrongType, wrongValue } from "./errors.ts";
import {
  isReasoningModel,
  type ModelTest,
  readFunction,
  readToolChoice,
  type ToolRules,
  wrongModel,
  wrongNumber,
  wrongSampling,
} from "./fields.ts";

/** A body that has passed every check. */
export interface ResponsesRequest {
  readonly conversation: Conversation;
  readonly fields: JsonObject;
  /** All of the conversation: what an earlier response led to, then this request's own input. */
  readonly items: readonly JsonObject[];
  readonly stream: boolean;
  readonly stores: boolean;
  /** Whether what the model thinks is summed up for the client. */
  readonly showsThinking: boolean;
}

const FIELDS = new Set([
  ...[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "image",
    "include",
  ],
  ...["input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model", "moderation"],
  ...["parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options"],
  ...[
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
  ],
  ...["temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user"],
]);

/** The items of an earlier response's conversation; `undefined` where there is no such response. */
export type EarlierItems = (responseId: string) => readonly JsonObject[] | undefined;

/** @param earlier - Finds what `previous_response_id` stands for. */
export function readResponsesRequest(
  body: Uint8Array,
  isModel: ModelTest,
  earlier: EarlierItems,
): ResponsesRequest | ApiError {
  const fields = parseObject(body);
  if (!fields) return invalid("We could not parse the JSON body of your request.");
  const wrong = wrongFields(fields, isModel);
  if (wrong) return wrong;
  const own = readInput(fields["input"]);
  if (isApiError(own)) return own;
  const tools = readTools(fields);
  if (isApiError(tools)) return tools;
  const previous = fields["previous_response_id"];
  const before = typeof previous === "string" ? earlier(previous) : [];
  if (!before)
    return invalid(
      `Previous response with id '${String(previous).slice(0, 100)}' not found.`,
      "previous_response_id",
      "previous_response_not_found",
    );
  const items = [...before, ...own];
  const stray = strayOutput(items);
  if (stray) return stray;
  const reasoning = isObject(fields["reasoning"]) ? fields["reasoning"] : {};
  return {
    conversation: conversationOf(fields, items, tools, reasoning),
    fields,
    items,
    stream: fields["stream"] === true,
    stores: fields["store"] !== false,
    showsThinking: (reasoning["summary"] ?? reasoning["generate_summary"] ?? null) !== null,
  };
}

function conversationOf(
  fields: JsonObject,
  items: readonly JsonObject[],
  tools: ToolRules,
  reasoning: JsonObject,
): Conversation {
  const model = String(fields["model"]);
  const inTools = fields["tools"] === undefined ? 0 : countValueTokens(fields["tools"]);
  const inInstructions = countTokens(textOr(fields["instructions"]));
  return {
    model,
    ...lastWordsOf(saidIn(items)),
    ...tools,
    maxTokens: (fields["max_output_tokens"] ?? undefined) as number | undefined,
    stopSequences: [],
    thinks: isReasoningModel(model) && reasoning["effort"] !== "none",
    answerSchema: answerSchema(fields["text"]),
    documents: [],
    inputTokens: items.reduce(
      (sum, item) => sum + 3 + countValueTokens(item["content"] ?? item["output"] ?? item["arguments"] ?? ""),
      inTools + inInstructions,
    ),
  };
}

function wrongFields(fields: JsonObject, isModel: ModelTest): ApiError | undefined {
  const unknown = unknownKey(fields, FIELDS);
  if (unknown !== undefined) return invalid(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
  const model = wrongModel(fields, isModel);
  if (model) return model;
  if (
    fields["input"] === undefined &&
    fields["prompt"] === undefined &&
    fields["previous_response_id"] === undefined
  )
    return missing("input");
  for (const name of ["stream", "store", "background", "parallel_tool_calls"]) {
    const value = fields[name];
    if (value !== undefined && value !== null && typeof value !== "boolean")
      return wrongType(name, "a boolean", value);
  }
  const instructions = fields["instructions"] ?? "";
  if (typeof instructions !== "string") return wrongType("instructions", "a string", instructions);
  return wrongNumber(fields) ?? wrongSampling(String(fields["model"]), fields);
}

const ROLES = ["assistant", "system", "developer", "user"];
const PARTS = ["input_text", "input_image", "input_file", "input_audio", "output_text", "refusal"];

function readInput(input: unknown): readonly JsonObject[] | ApiError {
  if (input === undefined) return [];
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  if (!isListOf(input, isObject)) return wrongType("input", "one of a string or array of input items", input);
  const items: JsonObject[] = [];
  for (const [index, item] of (input as readonly JsonObject[]).entries()) {
    const wrong = wrongItem(item, `input[${index}]`);
    if (wrong) return wrong;
    items.push(item["type"] === undefined ? { ...item, type: "message" } : item);
  }
  return items;
}

function wrongItem(item: JsonObject, at: string): ApiError | undefined {
  const { type = "message" } = item;
  const needs: Readonly<Record<string, readonly string[]>> = {
    message: ["role", "content"],
    function_call: ["call_id", "name", "arguments"],
    function_call_output: ["call_id", "output"],
    reasoning: ["summary"],
    item_reference: ["id"],
  };
  if (typeof type !== "string") return wrongType(`${at}.type`, "a string", type);
  const field = (Object.hasOwn(needs, type) ? needs[type]! : []).find((name) => item[name] === undefined);
  if (field !== undefined) return missing(`${at}.${field}`);
  if (type !== "message") return undefined;
  const { role, content } = item;
  if (!ROLES.includes(role as string)) return wrongValue(`${at}.role`, role, ROLES);
  if (typeof content === "string") return undefined;
  if (!isListOf(content, isObject))
    return wrongType(`${at}.content`, "one of a string or array of objects", content);
  const part = (content as readonly JsonObject[]).findIndex((one) => !PARTS.includes(one["type"] as string));
  return part < 0
    ? undefined
    : wrongValue(`${at}.content[${part}].type`, (content[part] as JsonObject)["type"], PARTS);
}

/** An output of a call that nobody made. */
function strayOutput(items: readonly JsonObject[]): ApiError | undefined {
  const called = new Set(items.filter(({ type }) => type === "function_call").map(({ call_id: id }) => id));
  const hasReferences = items.some(({ type }) => type === "item_reference");
  const stray = items.find(({ type, call_id: id }) => type === "function_call_output" && !called.has(id));
  if (!stray || hasReferences) return undefined;
  return invalid(
    `No tool call found for function call output with call_id ${String(stray["call_id"]).slice(0, 100)}.`,
    "input",
  );
}

function readTools(fields: JsonObject): ToolRules | ApiError {
  const { tools = [], tool_choice: choice } = fields;
  if (!isListOf(tools, isObject)) return wrongType("tools", "an array of objects", tools);
  const offered: OfferedTool[] = [];
  for (const [index, tool] of (tools as readonly JsonObject[]).entries()) {
    const { type } = tool;
    if (typeof type !== "string") return missing(`tools[${index}].type`);
    if (type.startsWith("web_search")) offered.push({ name: "web_search", schema: {}, isServers: true });
    if (type !== "function") continue;
    const read = readFunction(tool, `tools[${index}]`);
    if (isApiError(read)) return read;
    offered.push(read);
  }
  const nameOf = (one: JsonObject): unknown =>
    one["type"] === "function"
      ? one["name"]
      : textOr(one["type"]).startsWith("web_search")
        ? "web_search"
        : undefined;
  return readToolChoice(choice, offered, nameOf);
}

function answerSchema(text: unknown): JsonObject | undefined {
  const format = isObject(text) ? text["format"] : undefined;
  if (!isObject(format)) return undefined;
  if (format["type"] === "json_object") return {};
  return isObject(format["schema"]) ? format["schema"] : undefined;
}

const textIn = (content: unknown): string =>
  typeof content === "string"
    ? content
    : objectsIn(content)
        .map((part) => textOr(part["text"]))
        .join("");

function saidIn(items: readonly JsonObject[]): readonly Said[] {
  const names = new Map(
    items
      .filter(({ type }) => type === "function_call")
      .map((call) => [call["call_id"], textOr(call["name"])]),
  );
  return items.map((item): Said => {
    const { type, role } = item;
    if (type === "function_call_output")
      return { who: "tool", text: textIn(item["output"]), tool: names.get(item["call_id"]) };
    if (type !== "message") return { who: "model", text: "" };
    const text = textIn(item["content"]);
    if (role === "assistant") return { who: "model", text };
    return { who: role === "user" ? "user" : "system", text };
  });
}
