import { type ApiError, apiError } from "../api-error.ts";

/** A request that the API refuses: 400 `invalid_request_error`, with the field and a code where there are. */
export const invalid = (message: string, param: string | null = null, code: string | null = null): ApiError =>
  apiError(400, "invalid_request_error", message, { param, code });

/** A field that has to be there. */
export const missing = (param: string): ApiError =>
  invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");

/** A field of the wrong type. */
export const wrongType = (param: string, expected: string, found: unknown): ApiError =>
  invalid(
    `Invalid type for '${param}': expected ${expected}, but got ${nameOf(found)} instead.`,
    param,
    "invalid_type",
  );

/** A field whose value is none of those that there are. */
export const wrongValue = (param: string, found: unknown, expected: readonly string[]): ApiError =>
  invalid(
    `Invalid value: '${String(found).slice(0, 60)}'. Supported values are: ${expected.map((one) => `'${one}'`).join(", ")}.`,
    param,
    "invalid_value",
  );

/** A model that there is not. */
export const noSuchModel = (model: string): ApiError =>
  apiError(
    404,
    "invalid_request_error",
    `The model \`${model.slice(0, 100)}\` does not exist or you do not have access to it.`,
    { param: null, code: "model_not_found" },
  );

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "object":
      return "an object";
    case "number":
      return Number.isInteger(value) ? "an integer" : "a decimal number";
    case "string":
      return "a string";
    case "boolean":
      return "a boolean";
    default:
      return typeof value;
  }
}
