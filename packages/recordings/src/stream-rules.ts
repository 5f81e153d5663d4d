/** What the frames of a recorded response have to be like (RFC 9113 section 8.1): what is not so, no client would take. */
import { fieldValue, type SectionKind, sectionFault } from "@faultwire/http2";
import type { RecordedFrame } from "./recorded-exchange.ts";

/** A frame that can't stand where it stands. */
export interface StreamFault {
  /** Its place in the list. */
  readonly at: number;
  /** What is wrong with it, in words. */
  readonly why: string;
}

/** The first frame that is not as it should be; `undefined` where all of them are. */
export function streamFault(frames: readonly RecordedFrame[]): StreamFault | undefined {
  let hasHead = false;
  for (const [at, frame] of frames.entries()) {
    if (frame.kind === "reset") continue;
    if (frame.kind === "data") {
      if (!hasHead) return { at, why: "data before the head of the response" };
      continue;
    }
    const kind = kindOf(frame, hasHead);
    const why =
      sectionFault(kind, frame.fields) ??
      (kind === "trailers" && !frame.end ? "a second head of the response" : undefined) ??
      (kind === "interim" && frame.end ? "an interim response that ends the stream" : undefined);
    if (why !== undefined) return { at, why };
    if (kind === "response") hasHead = true;
  }
  return undefined;
}

function kindOf(
  { fields }: Extract<RecordedFrame, { readonly kind: "headers" }>,
  hasHead: boolean,
): SectionKind {
  if (hasHead) return "trailers";
  return /^1/.test(fieldValue(fields, ":status") ?? "") ? "interim" : "response";
}
