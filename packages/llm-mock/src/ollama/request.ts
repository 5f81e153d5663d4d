/** Reading the bodies of Ollama's chat and generate. Fields that it does not know it passes over, and so does the mock. */
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countTokens, countValueTokens } from "../model/token-count.ts";

/** A body that has passed every check. */
export interface OllamaRequest {
  readonly conversation: Conversation;
  readonly stream: boolean;
  /** Nothing is asked: the model is only loaded. */
  readonly onlyLoads: boolean;
}

/** A request that Ollama refuses. Its errors have a text alone. */
export const badRequest = (message: string): ApiError => apiError(400, "", message);

const ROLES = ["system", "user", "assistant", "tool"];

/** Reads the body of `POST /api/chat`. */
export function readChat(body: Uint8Array): OllamaRequest | ApiError {
  const fields = readFields(body);
  if (isApiError(fields)) return fields;
  const { messages = [], tools = [] } = fields;
  if (!isListOf(messages, isObject))
    return badRequest("json: cannot unmarshal messages: a list of objects expected");
  if (!isListOf(tools, isObject))
    return badRequest("json: cannot unmarshal tools: a list of objects expected");
  const list = messages as readonly JsonObject[];
  const role = list.find((message) => !ROLES.includes(message["role"] as string))?.["role"];
  if (role !== undefined || list.some((message) => message["role"] === undefined))
    return badRequest(`invalid role: ${textOr(role).slice(0, 60)}, must be one of [${ROLES.join(" ")}]`);
  const offered = (tools as readonly JsonObject[]).flatMap(({ function: called }): OfferedTool[] =>
    isObject(called)
      ? [{ name: textOr(called["name"]), schema: called["parameters"] ?? {}, isServers: false }]
      : [],
  );
  const tokens = list.reduce(
    (sum, { content, images }) => sum + 3 + countTokens(textOr(content)) + 256 * objectCount(images),
    0,
  );
  const inTools = offered.length > 0 ? countValueTokens(tools) : 0;
  return requestOf(fields, lastWordsOf(saidIn(list)), offered, tokens + inTools, list.length === 0);
}

/** Reads the body of `POST /api/generate`. */
export function readGenerate(body: Uint8Array): OllamaRequest | ApiError {
  const fields = readFields(body);
  if (isApiError(fields)) return fields;
  const { prompt = "", system = "" } = fields;
  if (typeof prompt !== "string" || typeof system !== "string")
    return badRequest("json: cannot unmarshal prompt or system: a string expected");
  const words = { lastUserText: prompt, answeredTools: [], assistantTurns: 0 };
  return requestOf(fields, words, [], countTokens(prompt) + countTokens(system), prompt === "");
}

const objectCount = (images: unknown): number => (Array.isArray(images) ? images.length : 0);

function readFields(body: Uint8Array): JsonObject | ApiError {
  const fields = parseObject(body);
  if (!fields)
    return badRequest(
      body.length === 0 ? "missing request body" : "invalid character in the JSON of the request body",
    );
  if (textOr(fields["model"]) === "") return badRequest("model is required");
  return fields;
}

function requestOf(
  fields: JsonObject,
  words: Pick<Conversation, "lastUserText" | "answeredTools" | "assistantTurns">,
  tools: readonly OfferedTool[],
  inputTokens: number,
  onlyLoads: boolean,
): OllamaRequest | ApiError {
  const options = fields["options"] ?? {};
  if (!isObject(options)) return badRequest("json: cannot unmarshal options: an object expected");
  const { num_predict: most, stop = [] } = options;
  const stops = typeof stop === "string" ? [stop] : stop;
  if (!isListOf(stops, (one) => typeof one === "string"))
    return badRequest('option "stop" must be of type array');
  if (most !== undefined && typeof most !== "number")
    return badRequest('option "num_predict" must be of type integer');
  const { format, think } = fields;
  return {
    conversation: {
      model: textOr(fields["model"]),
      ...words,
      tools,
      forcedTool: undefined,
      mayCall: true,
      // -1 and -2 stand for no limit.
      maxTokens: typeof most === "number" && most > 0 ? Math.floor(most) : undefined,
      stopSequences: (stops as readonly string[]).filter((one) => one !== ""),
      thinks: think !== undefined && think !== false,
      answerSchema: format === "json" ? {} : isObject(format) ? format : undefined,
      documents: [],
      inputTokens,
    },
    stream: fields["stream"] !== false,
    onlyLoads,
  };
}

function saidIn(messages: readonly JsonObject[]): readonly Said[] {
  let calls: readonly JsonObject[] = [];
  let answered = 0;
  return messages.map((message): Said => {
    const { role, content } = message;
    const text = textOr(content);
    if (role === "assistant") {
      calls = objectsIn(message["tool_calls"]);
      answered = 0;
      return { who: "model", text };
    }
    if (role === "tool") return { who: "tool", text, tool: toolOf(message, calls, answered++) };
    return { who: role === "user" ? "user" : "system", text };
  });
}

/** Whose result a message is: as it says itself, by the call's id, or else by its place among the results. */
function toolOf(
  { tool_name: name, tool_call_id: id }: JsonObject,
  calls: readonly JsonObject[],
  place: number,
): string | undefined {
  if (typeof name === "string") return name;
  const call = (typeof id === "string" ? calls.find((one) => one["id"] === id) : undefined) ?? calls[place];
  return isObject(call?.["function"]) ? textOr(call["function"]["name"]) : undefined;
}

/** The texts of an embedding's `input`. */
export function readEmbed(
  body: Uint8Array,
): { readonly model: string; readonly texts: readonly string[]; readonly dimensions: number } | ApiError {
  const fields = readFields(body);
  if (isApiError(fields)) return fields;
  const { input = fields["prompt"] ?? "", dimensions = 768 } = fields;
  const texts = typeof input === "string" ? [input] : input;
  if (!isListOf(texts, (one) => typeof one === "string")) return badRequest("invalid input type");
  if (typeof dimensions !== "number" || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > 4096)
    return badRequest("dimensions must be a whole number from 1 to 4096");
  return { model: textOr(fields["model"]), texts: texts as readonly string[], dimensions };
}
