/** Reading the body of Cohere's `POST /v2/chat`. */
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr, unknownKey } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countValueTokens } from "../model/token-count.ts";

/** A body that has passed every check. */
export interface CohereRequest {
  readonly conversation: Conversation;
  readonly stream: boolean;
}

/** Cohere's errors have a text alone. */
const invalid = (message: string): ApiError => apiError(400, "", `invalid request: ${message}`);

const FIELDS: ReadonlySet<string> = new Set([
  ...["stream", "model", "messages", "tools", "strict_tools", "documents", "citation_options"],
  ...["response_format", "safety_mode", "max_tokens", "stop_sequences", "temperature", "seed"],
  ...["frequency_penalty", "presence_penalty", "k", "p", "logprobs", "tool_choice", "thinking", "priority"],
  "raw_prompting",
]);

const ROLES = ["system", "developer", "user", "assistant", "tool"];

/** The ranges of numbers; `k` counts tokens, 0 stands for none. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [0, 2],
  frequency_penalty: [0, 1],
  presence_penalty: [0, 1],
  k: [0, 500],
  p: [0, 0.99],
  max_tokens: [1, 1_000_000],
};

/** Reads and checks. */
export function readCohereChat(body: Uint8Array): CohereRequest | ApiError {
  const fields = parseObject(body);
  if (!fields) return invalid("the body is not valid JSON");
  const wrong = wrongFields(fields) ?? wrongMessages(fields["messages"] as readonly JsonObject[]);
  if (wrong) return wrong;
  const tools = readTools(fields["tools"] ?? []);
  if (isApiError(tools)) return tools;
  const { tool_choice: choice, thinking, documents = [] } = fields;
  if (choice !== undefined && choice !== "REQUIRED" && choice !== "NONE")
    return invalid("tool_choice must be one of REQUIRED, NONE");
  if (choice === "REQUIRED" && tools.length === 0) return invalid("tool_choice needs tools");
  const messages = fields["messages"] as readonly JsonObject[];
  const format = fields["response_format"];
  const model = textOr(fields["model"]);
  return {
    conversation: {
      model,
      ...lastWordsOf(saidIn(messages)),
      tools,
      forcedTool: choice === "REQUIRED" ? tools[0] : undefined,
      mayCall: choice !== "NONE",
      maxTokens: fields["max_tokens"] as number | undefined,
      stopSequences: (fields["stop_sequences"] ?? []) as readonly string[],
      // Its reasoning models think unless they are told not to.
      thinks: isObject(thinking) ? thinking["type"] !== "disabled" : model.includes("reasoning"),
      answerSchema: schemaOf(format),
      documents: [],
      inputTokens:
        messages.reduce((sum, message) => sum + 3 + countValueTokens(message["content"] ?? ""), 3) +
        (tools.length > 0 ? countValueTokens(fields["tools"]) : 0) +
        (Array.isArray(documents) && documents.length > 0 ? countValueTokens(documents) : 0),
    },
    stream: fields["stream"] === true,
  };
}

function wrongFields(fields: JsonObject): ApiError | undefined {
  const unknown = unknownKey(fields, FIELDS);
  if (unknown !== undefined)
    return apiError(422, "", `unknown field: parameter '${unknown}' is not a valid field`);
  const { model, messages, stop_sequences: stops = [], stream = false } = fields;
  if (typeof model !== "string" || model === "") return invalid("model is required");
  if (!/^(?:command|c4ai|north)/.test(model))
    return apiError(
      404,
      "",
      `model '${model.slice(0, 100)}' not found, make sure the correct model ID was used and that you have access to the model.`,
    );
  if (!isListOf(messages, isObject) || messages.length === 0)
    return invalid("must specify at least one message in messages");
  if (typeof stream !== "boolean") return invalid("stream must be of type boolean");
  if (!isListOf(stops, (stop) => typeof stop === "string") || stops.length > 5)
    return invalid("stop_sequences must be a list of at most 5 strings");
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || value < least || value > most)
      return invalid(`${name} must be between ${least} and ${most} inclusive.`);
  }
  return undefined;
}

function wrongMessages(messages: readonly JsonObject[]): ApiError | undefined {
  let open: readonly string[] = [];
  for (const [index, { role, content, tool_calls: calls, tool_call_id: id }] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!ROLES.includes(role as string)) return invalid(`${at}.role must be one of ${ROLES.join(", ")}`);
    const mayLack = role === "assistant" && objectsIn(calls).length > 0;
    const holds =
      typeof content === "string" ? content !== "" : isListOf(content, isObject) && content.length > 0;
    if (!holds && !(mayLack && (content === undefined || content === null || content === "")))
      return invalid(`${at}.content: all elements in messages must have content`);
    if (role === "tool") {
      if (typeof id !== "string") return invalid(`${at}.tool_call_id is required`);
      if (!open.includes(id))
        return invalid(`${at}: cannot find a preceding tool call with the id '${id.slice(0, 64)}'`);
      open = open.filter((one) => one !== id);
    } else if (open.length > 0) return invalid(`${at}: tool calls without a result: ${open.join(", ")}`);
    if (role === "assistant") open = objectsIn(calls).map((call) => String(call["id"]));
  }
  return open.length > 0 ? invalid(`tool calls without a result: ${open.join(", ")}`) : undefined;
}

function readTools(tools: unknown): readonly OfferedTool[] | ApiError {
  if (!isListOf(tools, isObject)) return invalid("tools must be a list");
  const offered: OfferedTool[] = [];
  for (const [index, tool] of (tools as readonly JsonObject[]).entries()) {
    const called = tool["function"];
    if (tool["type"] !== "function" || !isObject(called) || textOr(called["name"]) === "")
      return invalid(`tools[${index}] must be a function with a name`);
    const schema = called["parameters"] ?? { type: "object", properties: {} };
    if (!isObject(schema)) return invalid(`tools[${index}].function.parameters must be a JSON schema`);
    offered.push({ name: textOr(called["name"]), schema, isServers: false });
  }
  return offered;
}

/** The schema of an answer in JSON; that of any object for JSON without one. */
function schemaOf(format: unknown): JsonObject | undefined {
  if (!isObject(format) || format["type"] !== "json_object") return undefined;
  const schema = format["json_schema"] ?? format["schema"];
  return isObject(schema) ? schema : {};
}

/** Texts of a content; of a result in documents its data. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map(({ text, document }) => {
      const data = isObject(document) ? document["data"] : undefined;
      return (
        textOr(text) || (typeof data === "string" ? data : data === undefined ? "" : JSON.stringify(data))
      );
    })
    .join("");
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
    const text = textOf(content);
    if (role === "assistant") return { who: "model", text };
    if (role === "tool") return { who: "tool", text, tool: names.get(id) };
    return { who: role === "user" ? "user" : "system", text };
  });
}
