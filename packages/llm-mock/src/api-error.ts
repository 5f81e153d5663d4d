/** A provider's error before it has a request id: what is wrong with a request, as the API would say it. */
export interface ApiError {
  readonly kind: "error";
  readonly status: number;
  /** The provider's own name of the kind of error: `invalid_request_error`, `INVALID_ARGUMENT`, `ValidationException`. */
  readonly type: string;
  readonly message: string;
  /** The field that is wrong, where the provider's error has a place for it. */
  readonly param?: string | null;
  /** The code beside the type, where the provider has one. */
  readonly code?: string | null;
}

/** One of a provider's errors. */
export const apiError = (
  status: number,
  type: string,
  message: string,
  more: Pick<ApiError, "param" | "code"> = {},
): ApiError => ({ kind: "error", status, type, message, ...more });

/** Whether something that was read is an error instead. */
export const isApiError = (value: unknown): value is ApiError =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "error";
