import { type Header, headerValue } from "@faultwire/http1";
import { PROVIDERS } from "../providers/provider-table.ts";
import { PROVIDER_NAMES } from "../providers/request-table.ts";
import { awsEventStream } from "./aws-event-stream/aws-event-stream-format.ts";
import type { FormatName } from "./format-name.ts";
import { jsonArray } from "./json-array/json-array-format.ts";
import { ndjson } from "./ndjson/ndjson-format.ts";
import { sse } from "./sse/sse-format.ts";
import type { StreamFormat } from "./stream-format.ts";

/** The formats that are known: one row each. */
export const STREAM_FORMATS: { readonly [Name in FormatName]: StreamFormat } = {
  sse,
  "json-array": jsonArray,
  ndjson,
  "aws-event-stream": awsEventStream,
};

/** Formats by the media types that are theirs alone. */
const MEDIA_TYPES: Readonly<Record<string, FormatName>> = {
  "text/event-stream": "sse",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "application/x-jsonlines": "ndjson",
  "application/stream+json": "ndjson",
  "application/vnd.amazon.eventstream": "aws-event-stream",
};

/**
 * The format of a response that is a stream; `null` for any other. Its `content-type` says so, or, for a JSON array, the
 * request.
 *
 * @param target - The request's target, with its query.
 *
 * @example
 * ```ts
 * streamFormatOf([["content-type", "application/x-ndjson"]], "/api/chat"); // "ndjson"
 * ```
 */
export function streamFormatOf(headers: readonly Header[], target: string): FormatName | null {
  const type = headerValue(headers, "content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const own = Object.hasOwn(MEDIA_TYPES, type) ? MEDIA_TYPES[type] : undefined;
  if (own !== undefined) return own;
  if (type !== "application/json") return null;
  const [path = "", query = ""] = target.split("?", 2);
  for (const name of PROVIDER_NAMES) {
    const format = PROVIDERS[name].jsonStream?.(path, query);
    if (format !== undefined) return format;
  }
  return null;
}
