/** What chat and Responses ask of their fields alike: numbers in a range, tools, models. */
import type { ApiError } from "../api-error.ts";
import { isObject, type JsonObject, textOr } from "../json.ts";
import type { OfferedTool } from "../model/conversation.ts";
import { invalid, missing, noSuchModel, wrongType, wrongValue } from "./errors.ts";

/** Models that think before they speak: they take no sampling parameters. */
export const isReasoningModel = (model: string): boolean =>
  /^(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat))/.test(model);

/** Which names are taken for models. On Azure every name is one: deployments are called as their owners like. */
export type ModelTest = (model: string) => boolean;

/** The names of OpenAI's own models, fine-tuned ones among them. */
export const isOpenaiModel: ModelTest = (model) =>
  /^(?:ft:)?(?:gpt-|o\d|chatgpt-|codex-|computer-use|text-embedding-|babbage|davinci)/.test(model);

/** Checks `model`. */
export function wrongModel({ model }: JsonObject, isModel: ModelTest): ApiError | undefined {
  if (model === undefined) return missing("model");
  if (typeof model !== "string") return wrongType("model", "a string", model);
  return isModel(model) ? undefined : noSuchModel(model);
}

/** The ranges of numbers. */
const RANGES: Readonly<
  Record<string, { readonly least: number; readonly most: number; readonly whole?: true }>
> = {
  temperature: { least: 0, most: 2 },
  top_p: { least: 0, most: 1 },
  presence_penalty: { least: -2, most: 2 },
  frequency_penalty: { least: -2, most: 2 },
  top_logprobs: { least: 0, most: 20, whole: true },
  n: { least: 1, most: 128, whole: true },
  max_tokens: { least: 1, most: 1_000_000, whole: true },
  max_completion_tokens: { least: 1, most: 1_000_000, whole: true },
  max_output_tokens: { least: 16, most: 1_000_000, whole: true },
};

/** The first number that is none, or out of its range. */
export function wrongNumber(fields: JsonObject): ApiError | undefined {
  for (const [name, { least, most, whole }] of Object.entries(RANGES)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    const kind = whole ? "integer" : "decimal";
    if (typeof value !== "number" || (whole && !Number.isInteger(value)))
      return wrongType(name, whole ? "an integer" : "a decimal", value);
    if (value < least)
      return invalid(
        `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${least}, but got ${value} instead.`,
        name,
        `${kind}_below_min_value`,
      );
    if (value > most)
      return invalid(
        `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${most}, but got ${value} instead.`,
        name,
        `${kind}_above_max_value`,
      );
  }
  return undefined;
}

/** Sampling parameters, where the model takes none but the default. */
export function wrongSampling(model: string, fields: JsonObject): ApiError | undefined {
  if (!isReasoningModel(model)) return undefined;
  for (const name of ["temperature", "top_p"]) {
    const value = fields[name];
    if (value !== undefined && value !== null && value !== 1)
      return invalid(
        `Unsupported value: '${name}' does not support ${JSON.stringify(value)} with this model. Only the default (1) value is supported.`,
        name,
        "unsupported_value",
      );
  }
  return undefined;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Reads a function: what chat has in `function`, and Responses beside `type`. */
export function readFunction(value: unknown, at: string): OfferedTool | ApiError {
  if (!isObject(value)) return missing(at);
  const { name, parameters } = value;
  if (name === undefined) return missing(`${at}.name`);
  if (typeof name !== "string") return wrongType(`${at}.name`, "a string", name);
  if (!NAME.test(name))
    return invalid(
      `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '${NAME.source}'.`,
      `${at}.name`,
      "invalid_value",
    );
  if (parameters !== undefined && parameters !== null) {
    if (!isObject(parameters)) return wrongType(`${at}.parameters`, "an object", parameters);
    const { type } = parameters;
    if (Object.keys(parameters).length > 0 && type !== "object")
      return invalid(
        `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(type ?? "None")}'.`,
        `${at}.parameters`,
        "invalid_function_parameters",
      );
  }
  return { name, schema: parameters ?? { type: "object", properties: {} }, isServers: false };
}

/** What a request says of which tool is to be called. */
export interface ToolRules {
  readonly tools: readonly OfferedTool[];
  readonly forcedTool: OfferedTool | undefined;
  readonly mayCall: boolean;
}

/** Reads `tool_choice`: a word, or a tool's name, wherever the API has that. */
export function readToolChoice(
  choice: unknown,
  tools: readonly OfferedTool[],
  nameIn: (choice: JsonObject) => unknown,
): ToolRules | ApiError {
  const free = { tools, forcedTool: undefined, mayCall: true };
  if (choice === undefined || choice === null || choice === "auto") return free;
  if (choice !== "none" && tools.length === 0)
    return invalid("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
  if (choice === "none") return { ...free, mayCall: false };
  if (choice === "required") return { ...free, forcedTool: tools[0] };
  if (!isObject(choice)) return wrongValue("tool_choice", choice, ["none", "auto", "required"]);
  const name = nameIn(choice);
  // Lists of allowed tools, and tools of the provider's own: the model is free.
  if (name === undefined) return free;
  const tool = tools.find((one) => one.name === name);
  return tool
    ? { ...free, forcedTool: tool }
    : invalid(`Tool choice '${textOr(name).slice(0, 64)}' not found in 'tools' parameter.`, "tool_choice");
}
