import { type ApiError, apiError } from "../api-error.ts";

/** A request that the API refuses: 400 `invalid_request_error`. */
export const invalidRequest = (message: string): ApiError => apiError(400, "invalid_request_error", message);

/** Nothing there: 404 `not_found_error`. */
export const notFound = (message: string): ApiError => apiError(404, "not_found_error", message);

/** A field that the API does not have. */
export const extraInput = (where: string): ApiError =>
  invalidRequest(`${where}: Extra inputs are not permitted`);
