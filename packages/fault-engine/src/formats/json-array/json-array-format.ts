import { utf8 } from "../../text.ts";
import { FORMAT_FACTS } from "../format-facts.ts";
import { plainError } from "../plain-error.ts";
import { splitPoint } from "../split-point.ts";
import type { StreamFormat } from "../stream-format.ts";
import { JsonArrayReader } from "./json-array-reader.ts";

/** One JSON array, sent element by element: Gemini's `:streamGenerateContent` without `alt=sse`. */
export const jsonArray: StreamFormat = {
  ...FORMAT_FACTS["json-array"],
  around: { opening: "[", between: ",\r\n", closing: "]" },
  reader: () => new JsonArrayReader(),
  encode: ({ data }) => utf8(data.trim()),
  change: (whole, { data }) => (data === undefined ? whole : utf8(data.trim())),
  error: plainError,
  // A blank may stand before any element and behind it (RFC 8259 §2).
  ping: () => utf8("\n"),
  damage: () => undefined,
  split: splitPoint,
};
