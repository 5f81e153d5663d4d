import { PROVIDERS } from "../../providers/provider-table.ts";
import { FORMAT_FACTS } from "../format-facts.ts";
import { splitPoint } from "../split-point.ts";
import type { StreamFormat } from "../stream-format.ts";
import { changeBlock } from "./block.ts";
import { encodeEvent, pingEvent } from "./encode-event.ts";
import { SseReader } from "./sse-reader.ts";

/** Server-sent events (WHATWG HTML §9.2): Anthropic, OpenAI, Gemini with `alt=sse`, Cohere's second API. */
export const sse: StreamFormat = {
  ...FORMAT_FACTS.sse,
  around: { opening: "", between: "", closing: "" },
  reader: () => new SseReader(),
  encode: ({ name, data }) => encodeEvent(name, data),
  change: changeBlock,
  error: (failure, provider) =>
    provider === null ? { name: "error", data: failure.message } : PROVIDERS[provider].errorEvent(failure),
  ping: pingEvent,
  damage: () => undefined,
  split: splitPoint,
};
