import { fromUtf8, utf8 } from "../../text.ts";
import { FORMAT_FACTS } from "../format-facts.ts";
import { plainError } from "../plain-error.ts";
import { splitPoint } from "../split-point.ts";
import type { StreamFormat } from "../stream-format.ts";
import { NdjsonReader } from "./ndjson-reader.ts";

/** Lines of JSON: Ollama, and Cohere's first API. */
export const ndjson: StreamFormat = {
  ...FORMAT_FACTS.ndjson,
  around: { opening: "", between: "", closing: "" },
  reader: () => new NdjsonReader(),
  encode: ({ data }) => utf8(`${oneLine(data)}\n`),
  change(whole, { data }) {
    if (data === undefined) return whole;
    const text = fromUtf8(whole);
    return utf8(oneLine(data) + text.slice(text.trimEnd().length));
  },
  error: plainError,
  ping: () => null,
  damage: () => undefined,
  split: (whole, where) => (where === "line" ? undefined : splitPoint(whole, where)),
};

/** A line end in the data would make two units of it. JSON has line ends only where a blank may stand. */
function oneLine(data: string): string {
  return data.replaceAll(/[\r\n]+/g, " ").trim();
}
