/** `POST /v1/embeddings`: vectors that follow from the text, and mean nothing. */

import { type ApiAnswer, json } from "../api.ts";
import { type ApiError, isApiError } from "../api-error.ts";
import { derivedVector } from "../ids.ts";
import { isListOf, type JsonObject, parseObject, unknownKey } from "../json.ts";
import { countTokens } from "../model/token-count.ts";
import { invalid, missing, wrongType, wrongValue } from "./errors.ts";
import { type ModelTest, wrongModel } from "./fields.ts";

const FIELDS = new Set(["input", "model", "dimensions", "encoding_format", "user"]);

/** @param model - The model, where it stands in the path. */
export function answerEmbeddings(
  body: Uint8Array,
  isModel: ModelTest,
  seed: number,
  model?: string,
): ApiAnswer {
  const parsed = parseObject(body);
  if (!parsed) return invalid("We could not parse the JSON body of your request.");
  const fields = model === undefined ? parsed : { ...parsed, model };
  const inputs = wrongFields(fields, isModel) ?? inputsOf(fields["input"]);
  if (isApiError(inputs)) return inputs;
  const name = String(fields["model"]);
  const dimensions = (fields["dimensions"] ?? (name.includes("large") ? 3072 : 1536)) as number;
  const data = inputs.map(({ text }, index) => {
    const vector = derivedVector(dimensions, "embedding", seed, name, text);
    return {
      object: "embedding",
      index,
      embedding: fields["encoding_format"] === "base64" ? base64Of(vector) : vector,
    };
  });
  const tokens = inputs.reduce((sum, one) => sum + one.tokens, 0);
  return json(
    { object: "list", data, model: name, usage: { prompt_tokens: tokens, total_tokens: tokens } },
    { model: name, usage: { inputTokens: tokens, outputTokens: 0 } },
  );
}

/** 32-bit numbers, little-endian. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString("base64");
}

function wrongFields(fields: JsonObject, isModel: ModelTest): ApiError | undefined {
  const unknown = unknownKey(fields, FIELDS);
  if (unknown !== undefined) return invalid(`Unrecognized request argument supplied: ${unknown}`);
  const { dimensions, encoding_format: format } = fields;
  if (format !== undefined && format !== "float" && format !== "base64")
    return wrongValue("encoding_format", format, ["float", "base64"]);
  if (
    dimensions !== undefined &&
    (typeof dimensions !== "number" || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > 3072)
  )
    return wrongType("dimensions", "an integer from 1 to 3072", dimensions);
  return wrongModel(fields, isModel);
}

interface Input {
  readonly text: string;
  readonly tokens: number;
}

const isTokens = (value: unknown): value is readonly number[] =>
  isListOf(value, (one) => typeof one === "number");

/** A text, tokens, or a list of either. */
function inputsOf(input: unknown): readonly Input[] | ApiError {
  if (input === undefined) return missing("input");
  const list = typeof input === "string" || (isTokens(input) && input.length > 0) ? [input] : input;
  if (!Array.isArray(list) || list.length === 0 || list.length > 2048)
    return invalid(
      "Invalid 'input': expected a string, or an array of 1 to 2048 strings or token arrays.",
      "input",
    );
  const inputs: Input[] = [];
  for (const [index, one] of list.entries()) {
    if (typeof one === "string" && one !== "") inputs.push({ text: one, tokens: countTokens(one) });
    else if (isTokens(one) && one.length > 0) inputs.push({ text: one.join(" "), tokens: one.length });
    else
      return invalid(
        `Invalid 'input[${index}]': expected a string or tokens, and not an empty one.`,
        "input",
      );
  }
  return inputs;
}
