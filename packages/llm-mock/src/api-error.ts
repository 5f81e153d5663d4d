/** A provider's error before it has a request id: what is wrong with a request, as the API would say it. */
export interface ApiError {
  readonly kind: "error";
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** A request that the API refuses: 400 `invalid_request_error`. */
export const invalidRequest = (message: string): ApiError => apiError(400, "invalid_request_error", message);

/** Any other of the provider's errors. */
export const apiError = (status: number, type: string, message: string): ApiError => ({
  kind: "error",
  status,
  type,
  message,
});
