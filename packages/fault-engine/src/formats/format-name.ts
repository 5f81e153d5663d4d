/** The names of the formats of streams. */
export const FORMAT_NAMES = ["sse", "json-array", "ndjson", "aws-event-stream"] as const;
/** One of {@link FORMAT_NAMES}. */
export type FormatName = (typeof FORMAT_NAMES)[number];
