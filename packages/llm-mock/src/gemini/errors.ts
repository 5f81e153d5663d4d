import { type ApiError, apiError } from "../api-error.ts";

/** A request that the API refuses: 400 `INVALID_ARGUMENT`, with the field where one is wrong. */
export const invalidArgument = (message: string, field?: string): ApiError =>
  apiError(400, "INVALID_ARGUMENT", message, field === undefined ? {} : { param: field });

/** A name that the API's messages don't have. */
export const unknownName = (name: string, at = ""): ApiError =>
  invalidArgument(
    `Invalid JSON payload received. Unknown name "${name.slice(0, 60)}"${at && ` at '${at}'`}: Cannot find field.`,
    at,
  );

/** A value of the wrong kind. */
export const invalidValue = (at: string, expected: string): ApiError =>
  invalidArgument(`Invalid value at '${at}': expected ${expected}`, at);

/** Google's names of statuses. */
const STATUSES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  413: "INVALID_ARGUMENT",
};

/** An error that the server itself has. */
export const googleFailure = (status: number, message: string): ApiError =>
  apiError(status, STATUSES[status] ?? (status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT"), message);

/** An error as Google's APIs write it. */
export function googleErrorBody({ status, type, message, param }: ApiError): object {
  const violations = [{ field: param, description: message }];
  const details = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }];
  return { error: { code: status, message, status: type, ...(param && { details }) } };
}
