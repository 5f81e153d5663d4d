/** Reading the body of `POST /v1/messages`: what is refused, and the conversation that is left. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, parseObject, unknownKey } from "../json.ts";
import type { CitableDocument, Conversation } from "../model/conversation.ts";
import { countTokens, countValueTokens } from "../model/token-count.ts";
import { type ContentBlock, readContent, textOf } from "./content.ts";
import { extraInput, invalidRequest, notFound } from "./errors.ts";
import { isAfterOpus46, takesOneSampler } from "./model-traits.ts";
import { readTools } from "./tools.ts";
import { readTurns, type Turn } from "./turns.ts";

/** A body that has passed every check. */
export interface MessagesRequest {
  readonly conversation: Conversation;
  readonly stream: boolean;
  /** Thinking happens, and is not shown. */
  readonly hidesThinking: boolean;
}

/** What a request is held against. */
export interface MessagesRules {
  /** The `anthropic-version` of the request: from 2026-10-21 on there are no sampling parameters. */
  readonly version: string;
  /** False for counting tokens, which asks for no answer. */
  readonly asksForAnswer: boolean;
  /** A beta was asked for: fields and blocks that the mock does not know pass. */
  readonly hasBetas: boolean;
  /** The model, where it stands in the path and not in the body. */
  readonly model?: string;
  /** Whether the answer streams, where the path says it and not the body. */
  readonly streams?: boolean;
}

const COUNTED = ["messages", "model", "cache_control", "output_config", "system", "thinking", "tool_choice"];
const COUNT_FIELDS = new Set([...COUNTED, "tools", "speed", "user_profile_id", "workspace_id"]);
const FIELDS = new Set([
  ...COUNT_FIELDS,
  ...["max_tokens", "container", "diagnostics", "inference_geo", "metadata", "service_tier"],
  ...["stop_sequences", "stream", "temperature", "top_p", "top_k"],
]);

/** Where the model stands in the path, the version and the betas stand in the body. */
const PLATFORM_FIELDS = new Set(["anthropic_version", "anthropic_beta"]);

/** Checks a body as the API does, field by field, and gives the first thing that is wrong with it. */
export function readMessagesRequest(body: Uint8Array, rules: MessagesRules): MessagesRequest | ApiError {
  const parsed = parseObject(body);
  if (parsed === undefined) return invalidRequest("The request body is not valid JSON, or not an object");
  const fields = rules.model === undefined ? parsed : { ...parsed, model: rules.model };
  for (const name of rules.asksForAnswer ? ["model", "max_tokens", "messages"] : ["model", "messages"])
    if (fields[name] === undefined) return invalidRequest(`${name}: Field required`);
  return wrongFields(fields, rules) ?? readParts(fields, rules);
}

function wrongFields(fields: JsonObject, rules: MessagesRules): ApiError | undefined {
  const { model, max_tokens: maxTokens = 1, stream = false, stop_sequences: stops = [] } = fields;
  if (typeof model !== "string") return invalidRequest("model: Input should be a valid string");
  if (!/(?:^|[./])claude-/.test(model)) return notFound(`model: ${model.slice(0, 100)}`);
  if (typeof maxTokens !== "number" || !Number.isInteger(maxTokens))
    return invalidRequest("max_tokens: Input should be a valid integer");
  if (maxTokens < 1) return invalidRequest("max_tokens: Input should be greater than or equal to 1");
  if (typeof stream !== "boolean") return invalidRequest("stream: Input should be a valid boolean");
  if (!isListOf(stops, (item) => typeof item === "string" && item.trim() !== ""))
    return invalidRequest("stop_sequences: each stop sequence must contain non-whitespace");
  const sampling = wrongSampling(fields, rules.version, model);
  if (sampling) return sampling;
  const known = rules.asksForAnswer ? FIELDS : COUNT_FIELDS;
  const platform = rules.model === undefined ? known : new Set([...known, ...PLATFORM_FIELDS]);
  const extra = rules.hasBetas ? undefined : unknownKey(fields, platform);
  return extra === undefined ? wrongThinking(fields, maxTokens) : extraInput(extra);
}

/** Parameters of sampling: gone with a version, all but gone with a model, and in their range before both. */
function wrongSampling(fields: JsonObject, version: string, model: string): ApiError | undefined {
  for (const name of ["temperature", "top_p", "top_k"] as const) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (/^\d/.test(version) && version >= "2026-10-21") return extraInput(name);
    // Clients that write their default out say -1 for "none", such as LangChain 0.3.
    if (value === -1 && name !== "temperature" && !isAfterOpus46(model)) {
      if (name === "top_k" || !takesOneSampler(model)) continue;
      return invalidRequest("`top_p` cannot be set to -1 for this model.");
    }
    const most = name === "top_k" ? Number.POSITIVE_INFINITY : 1;
    if (typeof value !== "number") return invalidRequest(`${name}: Input should be a valid number`);
    if (value < 0) return invalidRequest(`${name}: Input should be greater than or equal to 0`);
    if (value > most) return invalidRequest(`${name}: Input should be less than or equal to ${most}`);
    if (!isAfterOpus46(model)) continue;
    if (name === "top_k" || (name === "temperature" ? value !== 1 : value < 0.99))
      return invalidRequest(`\`${name}\` is not supported by this model`);
  }
  const { temperature, top_p: topP } = fields;
  if (isGiven(temperature) && isGiven(topP) && takesOneSampler(model) && !isAfterOpus46(model))
    return invalidRequest(
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    );
  return undefined;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const THINKING = ["enabled", "disabled", "adaptive", "between_tools"];

function wrongThinking(
  { thinking, tool_choice: choice }: JsonObject,
  maxTokens: number,
): ApiError | undefined {
  if (thinking === undefined) return undefined;
  if (!isObject(thinking) || !THINKING.includes(thinking["type"] as string))
    return invalidRequest(`thinking.type: Input should be ${THINKING.map((name) => `'${name}'`).join(", ")}`);
  if (thinking["type"] !== "enabled") return undefined;
  const budget = thinking["budget_tokens"];
  if (budget === undefined) return invalidRequest("thinking.enabled.budget_tokens: Field required");
  if (typeof budget !== "number" || !Number.isInteger(budget))
    return invalidRequest("thinking.enabled.budget_tokens: Input should be a valid integer");
  if (budget < 1024)
    return invalidRequest("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  if (maxTokens > 1 && budget >= maxTokens)
    return invalidRequest("`max_tokens` must be greater than `thinking.budget_tokens`");
  if (isObject(choice) && (choice["type"] === "any" || choice["type"] === "tool"))
    return invalidRequest("Thinking may not be enabled when tool_choice forces tool use.");
  return undefined;
}

function readParts(fields: JsonObject, rules: MessagesRules): MessagesRequest | ApiError {
  const contentRules = { anyType: rules.hasBetas };
  const turns = readTurns(fields["messages"], contentRules);
  if (isApiError(turns)) return turns;
  const system = readContent(fields["system"] ?? [], "system", contentRules);
  if (isApiError(system)) return system;
  const tools = readTools(fields);
  if (isApiError(tools)) return tools;
  const model = fields["model"] as string;
  const last = turns.at(-1)!;
  if (last.role === "assistant" && last.content.at(-1)?.type === "text" && isAfterOpus46(model))
    return invalidRequest(
      "This model does not support assistant message prefill: the conversation must end with a user message.",
    );
  const thinking = isObject(fields["thinking"]) ? fields["thinking"] : {};
  const conversation: Conversation = {
    model,
    ...lastWords(turns),
    ...tools,
    maxTokens: rules.asksForAnswer ? (fields["max_tokens"] as number) : undefined,
    stopSequences: (fields["stop_sequences"] ?? []) as string[],
    thinks: thinking["type"] === "enabled" || thinking["type"] === "adaptive",
    answerSchema: answerSchema(fields),
    documents: citableDocuments(turns),
    inputTokens: countInputTokens(turns, system, fields["tools"]),
  };
  return {
    conversation,
    stream: rules.streams ?? fields["stream"] === true,
    hidesThinking: thinking["display"] === "omitted",
  };
}

function lastWords(
  turns: readonly Turn[],
): Pick<Conversation, "lastUserText" | "answeredTools" | "assistantTurns"> {
  const last = turns.findLast(({ role }) => role === "user")?.content ?? [];
  const results = last.filter(({ type }) => type === "tool_result");
  const callNames = new Map(
    turns.flatMap(({ content }) =>
      content.filter(({ type }) => type === "tool_use").map((block) => [block["id"], String(block["name"])]),
    ) as readonly (readonly [unknown, string])[],
  );
  const resultText = results.map(({ content }) =>
    typeof content === "string" ? content : Array.isArray(content) ? textOf(content.filter(isObject)) : "",
  );
  return {
    lastUserText: textOf(last) || resultText.join(""),
    answeredTools: results.flatMap((result) => callNames.get(result["tool_use_id"]) ?? []),
    assistantTurns: turns.filter(({ role }) => role === "assistant").length,
  };
}

function citableDocuments(turns: readonly Turn[]): readonly CitableDocument[] {
  const blocks = turns.flatMap(({ role, content }) => (role === "user" ? content : []));
  return blocks.flatMap(({ type, citations, source, title }) => {
    if (type !== "document" || !isObject(citations) || citations["enabled"] !== true || !isObject(source))
      return [];
    const { data, content } = source;
    const text =
      source["type"] === "text" ? data : Array.isArray(content) ? textOf(content.filter(isObject)) : content;
    return typeof text === "string" && text !== ""
      ? [{ title: typeof title === "string" ? title : null, text }]
      : [];
  });
}

function answerSchema({ output_config: config, output_format: older }: JsonObject): JsonObject | undefined {
  const format = isObject(config) && isObject(config["format"]) ? config["format"] : older;
  return isObject(format) && isObject(format["schema"]) ? format["schema"] : undefined;
}

/** What a request costs before anything is said: its text, its tools, and three tokens a turn. */
function countInputTokens(turns: readonly Turn[], system: readonly ContentBlock[], tools: unknown): number {
  const blocks = [...turns.flatMap(({ content }) => content), ...system];
  const inBlocks = blocks.map((block) =>
    block.type === "text" ? countTokens(String(block["text"])) : countValueTokens(block),
  );
  const inTools = tools === undefined ? 0 : countValueTokens(tools);
  return inBlocks.reduce((sum, tokens) => sum + tokens, 3 * turns.length + inTools);
}
