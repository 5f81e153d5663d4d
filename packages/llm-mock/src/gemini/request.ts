/** Reading the body of `generateContent`. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr, unknownKey } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countTokens, countValueTokens } from "../model/token-count.ts";
import { invalidArgument, invalidValue, unknownName } from "./errors.ts";

/** A body that has passed every check. */
export interface GeminiRequest {
  readonly conversation: Conversation;
  /** Whether thoughts are shown. */
  readonly includesThoughts: boolean;
}

const FIELDS = new Set([
  ...["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"],
  ...["cachedContent", "labels", "model", "modelArmorConfig", "serviceTier", "store"],
]);
const CONFIG_FIELDS = new Set([
  ...["maxOutputTokens", "stopSequences", "temperature", "topP", "topK", "candidateCount", "seed"],
  ...["responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseFormat"],
  ...["presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "enableEnhancedCivicAnswers"],
  ...["responseModalities", "speechConfig", "thinkingConfig", "imageConfig", "mediaResolution"],
  ...["routingConfig", "modelSelectionConfig", "audioTimestamp", "enableAffectiveDialog", "modelConfig"],
]);
const PART_FIELDS = [
  ...["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"],
  ...["codeExecutionResult", "toolCall", "toolResponse"],
];

/** @param model - As the path has it, without `models/`. */
export function readGeminiRequest(body: Uint8Array | JsonObject, model: string): GeminiRequest | ApiError {
  const parsed = body instanceof Uint8Array ? parseObject(body) : body;
  if (!parsed) return invalidArgument("Invalid JSON payload received. Expected an object.");
  const fields = camel(parsed);
  const unknown = unknownKey(fields, FIELDS);
  if (unknown !== undefined) return unknownName(unknown);
  const contents = readContents(fields["contents"]);
  if (isApiError(contents)) return contents;
  const config = readConfig(fields["generationConfig"]);
  if (isApiError(config)) return config;
  const tools = readTools(fields);
  if (isApiError(tools)) return tools;
  const thinking = isObject(config["thinkingConfig"]) ? camel(config["thinkingConfig"]) : {};
  const includesThoughts = thinking["includeThoughts"] === true;
  const schema = config["responseJsonSchema"] ?? config["_responseJsonSchema"] ?? config["responseSchema"];
  return {
    conversation: {
      model,
      ...lastWordsOf(contents.flatMap(saidIn)),
      ...tools,
      maxTokens: config["maxOutputTokens"] as number | undefined,
      stopSequences: (config["stopSequences"] ?? []) as readonly string[],
      thinks: includesThoughts || (thinking["thinkingBudget"] ?? thinking["thinkingLevel"] ?? 0) !== 0,
      answerSchema:
        config["responseMimeType"] === "application/json" ? (isObject(schema) ? schema : {}) : undefined,
      documents: [],
      inputTokens: countContents(contents) + countExtras(fields),
    },
    includesThoughts,
  };
}

/** Keys as proto3 takes them in JSON: `maxOutputTokens` and `max_output_tokens` are one. */
export const camel = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key.replaceAll(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

/** What contents cost. */
export const countContents = (contents: readonly Content[]): number =>
  contents.reduce(
    (sum, { parts }) =>
      parts.reduce(
        (inner, part) =>
          inner + (typeof part["text"] === "string" ? countTokens(part["text"]) : countValueTokens(part)),
        sum,
      ),
    0,
  );

const countExtras = ({ systemInstruction, tools }: JsonObject): number =>
  (systemInstruction === undefined ? 0 : countValueTokens(systemInstruction)) +
  (tools === undefined ? 0 : countValueTokens(tools));

/** One turn. */
export interface Content {
  readonly role: "user" | "model" | "function";
  readonly parts: readonly JsonObject[];
}

/** Reads `contents`. */
export function readContents(contents: unknown): readonly Content[] | ApiError {
  if (!isListOf(contents, isObject) || contents.length === 0)
    return invalidArgument("* GenerateContentRequest.contents: contents is not specified", "contents");
  const read: Content[] = [];
  for (const [index, { role = "user", parts }] of (contents as readonly JsonObject[]).entries()) {
    if (role !== "user" && role !== "model" && role !== "function")
      return invalidArgument("Please use a valid role: user, model.", `contents[${index}].role`);
    if (!isListOf(parts, isObject) || parts.length === 0)
      return invalidArgument(
        `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`,
        `contents[${index}].parts`,
      );
    const own = (parts as readonly JsonObject[]).map(camel);
    const wrong = own.findIndex((part) => !PART_FIELDS.some((name) => part[name] !== undefined));
    if (wrong >= 0)
      return invalidArgument(
        `* GenerateContentRequest.contents[${index}].parts[${wrong}].data: required oneof field 'data' must have one initialized field`,
        `contents[${index}].parts[${wrong}]`,
      );
    read.push({ role, parts: own });
  }
  return wrongResponses(read) ?? read;
}

const countOf = (content: Content | undefined, field: string): number =>
  (content?.parts ?? []).filter((part) => part[field] !== undefined).length;

/** Responses to functions come behind the calls, as many as those. */
function wrongResponses(contents: readonly Content[]): ApiError | undefined {
  for (const [index, content] of contents.entries()) {
    const responses = countOf(content, "functionResponse");
    if (responses === 0 || responses === countOf(contents[index - 1], "functionCall")) continue;
    return invalidArgument(
      "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
      `contents[${index}].parts`,
    );
  }
  return undefined;
}

function readConfig(value: unknown): JsonObject | ApiError {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return invalidValue("generation_config", "a message");
  const config = camel(value);
  const unknown = unknownKey(config, CONFIG_FIELDS);
  if (unknown !== undefined) return unknownName(unknown, "generation_config");
  const { maxOutputTokens: most, stopSequences: stops, temperature, topP } = config;
  if (most !== undefined && (typeof most !== "number" || !Number.isInteger(most) || most < 1))
    return invalidArgument(
      "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.",
      "generation_config.max_output_tokens",
    );
  if (stops !== undefined && !isListOf(stops, (one) => typeof one === "string" && one !== ""))
    return invalidValue("generation_config.stop_sequences", "a list of strings");
  for (const [name, number, limit] of [
    ["temperature", temperature, 2],
    ["top_p", topP, 1],
  ] as const)
    if (number !== undefined && (typeof number !== "number" || number < 0 || number > limit))
      return invalidArgument(
        `* GenerateContentRequest.generation_config.${name}: ${name} must be in the range [0.0, ${limit}.0].`,
        `generation_config.${name}`,
      );
  return config;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

function readTools(fields: JsonObject): Pick<Conversation, "tools" | "forcedTool" | "mayCall"> | ApiError {
  const tools = fields["tools"] ?? [];
  if (!isListOf(tools, isObject)) return invalidValue("tools", "a list");
  const offered: OfferedTool[] = [];
  for (const [index, tool] of (tools as readonly JsonObject[]).entries()) {
    const declarations = objectsIn(camel(tool)["functionDeclarations"]);
    for (const [at, declaration] of declarations.map(camel).entries()) {
      const where = `tools[${index}].function_declarations[${at}]`;
      const { name, parametersJsonSchema: schema, parameters } = declaration;
      if (typeof name !== "string" || !NAME.test(name))
        return invalidArgument(
          `* GenerateContentRequest.${where}.name: Invalid function name. Must start with a letter or an underscore, at most 128 characters.`,
          `${where}.name`,
        );
      if (
        parameters !== undefined &&
        (!isObject(parameters) || !/^object$/i.test(textOr(parameters["type"])))
      )
        return invalidArgument(
          `* GenerateContentRequest.${where}.parameters: functionDeclaration parameters schema should be of type OBJECT.`,
          `${where}.parameters`,
        );
      offered.push({ name, schema: schema ?? parameters ?? {}, isServers: false });
    }
  }
  const config = isObject(fields["toolConfig"]) ? camel(fields["toolConfig"])["functionCallingConfig"] : {};
  const { mode, allowedFunctionNames: allowed } = isObject(config) ? camel(config) : {};
  const wanted = Array.isArray(allowed) ? offered.find(({ name }) => allowed.includes(name)) : offered[0];
  return {
    tools: offered,
    forcedTool: mode === "ANY" ? wanted : undefined,
    mayCall: mode !== "NONE",
  };
}

function saidIn({ role, parts }: Content): readonly Said[] {
  if (role === "model") return [{ who: "model", text: "" }];
  const text = parts.map((part) => textOr(part["text"])).join("");
  const responses = parts.flatMap(({ functionResponse: response }): Said[] =>
    isObject(response)
      ? [{ who: "tool", text: resultText(response["response"]), tool: textOr(response["name"]) }]
      : [],
  );
  return text === "" && responses.length > 0 ? responses : [...responses, { who: "user", text }];
}

/** What a function gave: the text of `result`, `output` or `content` where that is one, else all of it as JSON. */
function resultText(response: unknown): string {
  if (!isObject(response)) return "";
  const { content, result = content, output = result } = response;
  return typeof output === "string" ? output : JSON.stringify(output ?? response);
}
