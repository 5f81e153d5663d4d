/** Reading the body of `POST /v1/chat/completions`. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr, unknownKey } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countValueTokens } from "../model/token-count.ts";
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
export interface ChatRequest {
  readonly conversation: Conversation;
  readonly stream: boolean;
  readonly includesUsage: boolean;
  /** How many answers are wanted. */
  readonly choices: number;
}

const FIELDS = new Set([
  ...[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
  ],
  ...[
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
  ],
  ...["prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"],
  ...[
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
  ],
  ...["stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity"],
  "web_search_options",
]);

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];

/** In what the APIs differ that are asked by OpenAI's chat. */
export interface ChatDialect {
  readonly isModel: ModelTest;
  /** The fields that there are; `undefined` where unknown ones are passed over. */
  readonly fields: ReadonlySet<string> | undefined;
  readonly roles: readonly string[];
  /** Kinds of content. */
  readonly parts: readonly string[];
  /** Whether a model takes neither sampling parameters nor `max_tokens`. */
  readonly isStrict: (model: string) => boolean;
  readonly thinks: (model: string, fields: JsonObject) => boolean;
}

/** Chat as OpenAI has it. */
export const openaiDialect = (isModel: ModelTest): ChatDialect => ({
  isModel,
  fields: FIELDS,
  roles: ROLES,
  parts: ["text", "image_url", "input_audio", "file", "refusal"],
  isStrict: isReasoningModel,
  thinks: (model, fields) => isReasoningModel(model) && fields["reasoning_effort"] !== "none",
});

/** @param model - The model, where it stands in the path. */
export function readChatRequest(
  body: Uint8Array,
  dialect: ChatDialect,
  model?: string,
): ChatRequest | ApiError {
  const parsed = parseObject(body);
  if (!parsed) return invalid("We could not parse the JSON body of your request.");
  return chatRequestOf(model === undefined ? parsed : { ...parsed, model }, dialect);
}

/** As {@link readChatRequest}, of a body that is read. */
export function chatRequestOf(fields: JsonObject, dialect: ChatDialect): ChatRequest | ApiError {
  const wrong = wrongFields(fields, dialect);
  if (wrong) return wrong;
  const tools = readTools(fields);
  if (isApiError(tools)) return tools;
  const messages = fields["messages"] as readonly JsonObject[];
  const name = String(fields["model"]);
  const stop = fields["stop"] ?? [];
  return {
    conversation: {
      model: name,
      ...lastWordsOf(saidIn(messages)),
      ...tools,
      maxTokens: (fields["max_completion_tokens"] ?? fields["max_tokens"] ?? undefined) as number | undefined,
      stopSequences: (Array.isArray(stop) ? stop : [stop]) as readonly string[],
      thinks: dialect.thinks(name, fields),
      answerSchema: answerSchema(fields["response_format"]),
      documents: [],
      inputTokens:
        messages.reduce((sum, { content, tool_calls: calls }) => {
          const called = calls === undefined ? 0 : countValueTokens(calls);
          return sum + 3 + countValueTokens(content ?? "") + called;
        }, 3) + (fields["tools"] === undefined ? 0 : countValueTokens(fields["tools"])),
    },
    stream: fields["stream"] === true,
    includesUsage: isObject(fields["stream_options"]) && fields["stream_options"]["include_usage"] === true,
    choices: (fields["n"] ?? 1) as number,
  };
}

function wrongFields(fields: JsonObject, dialect: ChatDialect): ApiError | undefined {
  const unknown = dialect.fields && unknownKey(fields, dialect.fields);
  if (unknown !== undefined) return invalid(`Unrecognized request argument supplied: ${unknown}`);
  const model = wrongModel(fields, dialect.isModel);
  if (model) return model;
  const { messages, stream, stop, stream_options: options } = fields;
  if (messages === undefined) return missing("messages");
  if (!isListOf(messages, isObject)) return wrongType("messages", "an array of objects", messages);
  if (messages.length === 0)
    return invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "messages",
      "empty_array",
    );
  if (stream !== undefined && stream !== null && typeof stream !== "boolean")
    return wrongType("stream", "a boolean", stream);
  if (options !== undefined && options !== null && stream !== true)
    return invalid(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "stream_options",
    );
  const isStop = stop === undefined || stop === null || typeof stop === "string";
  if (!isStop && !isListOf(stop, (item) => typeof item === "string"))
    return wrongType("stop", "a string or an array of strings", stop);
  if (Array.isArray(stop) && stop.length > 4)
    return invalid(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stop.length} instead.`,
      "stop",
      "array_above_max_length",
    );
  const name = String(fields["model"]);
  if (fields["max_tokens"] !== undefined && fields["max_tokens"] !== null && dialect.isStrict(name))
    return invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "max_tokens",
      "unsupported_parameter",
    );
  return (
    wrongNumber(fields) ??
    (dialect.isStrict(name) ? wrongSampling(name, fields) : undefined) ??
    wrongMessages(messages as readonly JsonObject[], dialect)
  );
}

function wrongMessages(messages: readonly JsonObject[], { roles, parts }: ChatDialect): ApiError | undefined {
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const { role, content } = message;
    if (role === undefined) return missing(`${at}.role`);
    if (!roles.includes(role as string)) return wrongValue(`${at}.role`, role, roles);
    if (role === "tool") {
      const id = message["tool_call_id"];
      if (typeof id !== "string") return missing(`${at}.tool_call_id`);
      if (!open.includes(id))
        return invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      open = open.filter((one) => one !== id);
    } else if (open.length > 0) return unanswered(open, index);
    const wrong = wrongContent(content, message, at, parts);
    if (wrong) return wrong;
    if (role === "assistant") open = objectsIn(message["tool_calls"]).map(({ id }) => String(id));
  }
  return open.length > 0 ? unanswered(open, messages.length) : undefined;
}

const unanswered = (ids: readonly string[], index: number): ApiError =>
  invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `These have no response: ${ids.join(", ")}`,
    `messages.[${index}].role`,
  );

function wrongContent(
  content: unknown,
  message: JsonObject,
  at: string,
  parts: readonly string[],
): ApiError | undefined {
  const where = `${at}.content`;
  if (content === undefined || content === null) {
    const mayLack =
      message["role"] === "assistant" &&
      (message["tool_calls"] ?? message["refusal"] ?? message["function_call"] ?? message["audio"]);
    return mayLack ? undefined : wrongType(where, "one of a string or array of objects", content ?? null);
  }
  if (typeof content === "string") return undefined;
  if (!isListOf(content, isObject)) return wrongType(where, "one of a string or array of objects", content);
  for (const [index, part] of (content as readonly JsonObject[]).entries()) {
    if (!parts.includes(part["type"] as string))
      return wrongValue(`${where}[${index}].type`, part["type"], parts);
    const field = part["type"] as string;
    if (part[field] === undefined) return missing(`${where}[${index}].${field}`);
  }
  return undefined;
}

function readTools(fields: JsonObject): ToolRules | ApiError {
  const { tools = [], tool_choice: choice } = fields;
  if (!isListOf(tools, isObject)) return wrongType("tools", "an array of objects", tools);
  const offered: OfferedTool[] = [];
  for (const [index, tool] of (tools as readonly JsonObject[]).entries()) {
    if (tool["type"] === "custom") continue;
    if (tool["type"] !== "function")
      return wrongValue(`tools[${index}].type`, tool["type"], ["function", "custom"]);
    const read = readFunction(tool["function"], `tools[${index}].function`);
    if (isApiError(read)) return read;
    offered.push(read);
  }
  return readToolChoice(choice, offered, (one) =>
    isObject(one["function"]) ? one["function"]["name"] : undefined,
  );
}

/** The schema of `response_format`; that of any object for JSON without one. */
function answerSchema(format: unknown): JsonObject | undefined {
  if (!isObject(format)) return undefined;
  if (format["type"] === "json_object") return {};
  const inner = format["json_schema"];
  return isObject(inner) && isObject(inner["schema"]) ? inner["schema"] : undefined;
}

function saidIn(messages: readonly JsonObject[]): readonly Said[] {
  const names = new Map(
    messages.flatMap(({ tool_calls: calls }) =>
      objectsIn(calls).map(
        ({ id, function: called }) => [id, isObject(called) ? textOr(called["name"]) : ""] as const,
      ),
    ),
  );
  return messages.map(({ role, content, tool_call_id: id }): Said => {
    const text =
      typeof content === "string"
        ? content
        : objectsIn(content)
            .map((part) => textOr(part["text"]))
            .join("");
    if (role === "assistant") return { who: "model", text };
    if (role === "tool" || role === "function") return { who: "tool", text, tool: names.get(id) };
    return { who: role === "user" ? "user" : "system", text };
  });
}
