/** One request that the mock has answered, or is answering. Holds no body and no secret. */
export interface LoggedRequest {
  /** The API that answered: `anthropic`, `openai`, … */
  readonly provider: string;
  /** The id of the response, in the header that the provider has for it. */
  readonly requestId: string;
  /** As the request line had it. */
  readonly method: string;
  /** Path and query as they came, values of `key`-like query parameters replaced. */
  readonly path: string;
  /** Names in lower case; the values of those that carry credentials are `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** When its head was read, in milliseconds since the epoch, by the mock's clock. */
  readonly timeMs: number;
  /** The status of the response, once there is one. */
  readonly status: number | undefined;
  /** How many bytes of body have arrived. */
  readonly bodyBytes: number;
  /** The `model` of the body, where there is one. */
  readonly model: string | undefined;
  /** Whether the answer is an event stream. */
  readonly stream: boolean;
  /** How it ended: all of it was handed to the connection, or the client went away before. */
  readonly outcome: "open" | "answered" | "aborted";
}

/** The log's own view of an entry: it fills in what becomes known. */
export type OpenEntry = { -readonly [field in keyof LoggedRequest]: LoggedRequest[field] };

const redacted = "[redacted]";
const secretHeaders = new Set([
  "x-api-key",
  "authorization",
  "proxy-authorization",
  "cookie",
  "api-key",
  "x-goog-api-key",
  "x-amz-security-token",
]);
/** It looks ahead, so that it takes no square of a long name. */
const secretParameter = /([?&](?=[^=&?]*(?:key|token|secret))[^=&?]*=)[^&]*/gi;

/** Begins an entry from a request's head. */
export function openEntry(
  provider: string,
  requestId: string,
  timeMs: number,
  head: {
    readonly method?: string | undefined;
    readonly url?: string | undefined;
    readonly rawHeaders: readonly string[];
  },
): OpenEntry {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < head.rawHeaders.length; at += 2) {
    const name = head.rawHeaders[at]!.toLowerCase();
    const value = secretHeaders.has(name) ? redacted : head.rawHeaders[at + 1]!;
    headers[name] = name in headers && value !== redacted ? `${headers[name]}, ${value}` : value;
  }
  return {
    provider,
    requestId,
    method: head.method ?? "",
    path: (head.url ?? "").replaceAll(secretParameter, `$1${redacted}`),
    headers,
    timeMs,
    status: undefined,
    bodyBytes: 0,
    model: undefined,
    stream: false,
    outcome: "open",
  };
}
