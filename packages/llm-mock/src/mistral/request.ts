/** Reading the bodies of Mistral's chat and of its completions between two texts. */
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { type JsonObject, objectsIn, parseObject, textOr, unknownKey } from "../json.ts";
import { type ChatDialect, type ChatRequest, chatRequestOf } from "../openai/chat-request.ts";

const FIELDS: ReadonlySet<string> = new Set([
  ...["model", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "metadata", "messages"],
  ...["response_format", "tools", "tool_choice", "presence_penalty", "frequency_penalty", "n", "prediction"],
  ...["parallel_tool_calls", "reasoning_effort", "prompt_mode", "guardrails", "prompt_cache_key"],
  ...["service_tier", "safe_prompt", "min_tokens", "repetition_penalty", "top_k"],
  ...["logprobs", "top_logprobs", "prompt_logprobs", "top_prompt_logprobs"],
]);

const FIM_FIELDS: ReadonlySet<string> = new Set([
  ...["model", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "metadata", "prompt"],
  ...["suffix", "min_tokens", "prompt_cache_key"],
]);

const dialect: ChatDialect = {
  isModel: (model) =>
    /^(?:ft:)?[\w-]*(?:mi[sx]tral|ministral|magistral|codestral|devstral|pixtral|voxtral)/.test(model),
  fields: undefined,
  roles: ["system", "user", "assistant", "tool"],
  parts: ["text", "image_url", "document_url", "reference", "file", "input_audio", "thinking"],
  isStrict: () => false,
  thinks: (model, { reasoning_effort: effort, prompt_mode: mode }) =>
    model.startsWith("magistral") || effort === "high" || mode === "reasoning",
};

/** What does not have the form: 422, with each place. */
const unprocessable = (type: string, path: string, message: string): ApiError =>
  apiError(422, type, message, { param: path });

/** The 422 of a field that there is not. */
const extra = (name: string): ApiError =>
  unprocessable("extra_forbidden", name, "Extra inputs are not permitted");

const noJson = unprocessable("json_invalid", "", "JSON decode error");

/** The ranges of numbers. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  temperature: [0, 1.5],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
  max_tokens: [0, 1_000_000],
};

function wrongNumber(fields: JsonObject): ApiError | undefined {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number") return unprocessable("float_type", name, "Input should be a valid number");
    if (value < least)
      return unprocessable("greater_than_equal", name, `Input should be greater than or equal to ${least}`);
    if (value > most)
      return unprocessable("less_than_equal", name, `Input should be less than or equal to ${most}`);
  }
  return undefined;
}

/** Reads the body of `POST /v1/chat/completions`. */
export function readMistralChat(body: Uint8Array): ChatRequest | ApiError {
  const fields = parseObject(body);
  if (!fields) return noJson;
  const unknown = unknownKey(fields, FIELDS);
  if (unknown !== undefined) return extra(unknown);
  const wrong = wrongNumber(fields) ?? wrongConversation(objectsIn(fields["messages"]));
  if (wrong) return wrong;
  // "any" is its own word for "required".
  const { tool_choice: choice, ...rest } = fields;
  return ownErrors(
    chatRequestOf(
      { ...rest, ...(choice !== undefined && { tool_choice: choice === "any" ? "required" : choice }) },
      dialect,
    ),
    fields,
  );
}

/** Reads the body of `POST /v1/fim/completions`: the text before a gap, and the one behind it. */
export function readMistralFim(body: Uint8Array): ChatRequest | ApiError {
  const fields = parseObject(body);
  if (!fields) return noJson;
  const unknown = unknownKey(fields, FIM_FIELDS);
  const wrong = unknown === undefined ? wrongNumber(fields) : extra(unknown);
  if (wrong) return wrong;
  const { prompt, suffix, min_tokens: _least, ...rest } = fields;
  if (typeof prompt !== "string")
    return unprocessable(prompt === undefined ? "missing" : "string_type", "prompt", "Field required");
  const messages = [
    ...(typeof suffix === "string" ? [{ role: "system", content: suffix }] : []),
    { role: "user", content: prompt },
  ];
  return ownErrors(chatRequestOf({ ...rest, messages }, dialect), fields);
}

/** Of the order of messages and the ids of calls: 400, with a code. */
function wrongConversation(messages: readonly JsonObject[]): ApiError | undefined {
  const order = (message: string): ApiError =>
    apiError(400, "invalid_request_message_order", message, { code: "3230" });
  for (const { tool_calls: calls, tool_call_id: own } of messages)
    for (const id of [...objectsIn(calls).map((call) => call["id"]), ...(own === undefined ? [] : [own])])
      if (typeof id === "string" && !/^[a-zA-Z0-9]{9}$/.test(id))
        return apiError(
          400,
          "invalid_function_call",
          `Tool call id was ${id.slice(0, 64)} but must be a-z, A-Z, 0-9, with a length of 9.`,
          { code: "3280" },
        );
  const last = messages.at(-1);
  if (last?.["role"] === "assistant" && last["prefix"] !== true)
    return order(
      "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
    );
  let open = 0;
  for (const { role, tool_calls: calls } of messages) {
    if (role === "tool") open--;
    else if (open !== 0) break;
    if (role === "assistant") open = objectsIn(calls).length;
  }
  return open === 0 ? undefined : order("Not the same number of function calls and responses");
}

/** Types of errors as Mistral's checks name them. */
const TYPES: Readonly<Record<string, string>> = {
  missing_required_parameter: "missing",
  invalid_type: "type_error",
  invalid_value: "literal_error",
  empty_array: "too_short",
};

/** What OpenAI's reading refuses, in Mistral's words. */
export function ownErrors<T>(read: T | ApiError, fields: JsonObject): T | ApiError {
  if (!isApiError(read)) return read;
  if (read.code === "model_not_found")
    return apiError(400, "invalid_model", `Invalid model: ${textOr(fields["model"]).slice(0, 100)}`, {
      code: "1500",
    });
  const type = TYPES[read.code ?? ""] ?? read.code ?? "value_error";
  return unprocessable(type, read.param ?? "", type === "missing" ? "Field required" : read.message);
}

/** `messages[0].role` as a path: `["messages", 0, "role"]`. */
export const placeOf = (path: string): readonly (string | number)[] =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
