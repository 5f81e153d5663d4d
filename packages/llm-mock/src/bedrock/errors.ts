import { type ApiError, apiError } from "../api-error.ts";

/** A request that the API refuses: 400 `ValidationException`. */
export const validation = (message: string): ApiError => apiError(400, "ValidationException", message);

/** A member that is wrong, as AWS's services say it. */
export const constraint = (at: string, rule: string): ApiError =>
  validation(`1 validation error detected: Value at '${at}' failed to satisfy constraint: ${rule}`);
