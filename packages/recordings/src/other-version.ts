/** A recorded response as the other version of HTTP has it: docs/adr/0045. */
import {
  encodeChunk,
  encodeHead,
  type Header,
  Http1Error,
  LENIENT_RESPONSES,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import {
  ErrorCode,
  fieldValue,
  type HeaderSection,
  responseToHttp1,
  responseToHttp2,
  sectionOf,
  trailersToHttp2,
} from "@faultwire/http2";
import { refusal } from "./answering.ts";
import { joined } from "./joined.ts";
import type { RecordedBytes, RecordedFrame, RecordedStream, RecordedWire } from "./recorded-exchange.ts";

/**
 * A response of HTTP/1.1 as frames: a piece of the body is one, as it came. One that was cut off ends with RST_STREAM.
 *
 * @param method - Of its request, by which its length is known.
 */
export function framesOf({ parts, end }: RecordedWire, method: string): RecordedStream {
  const reader = new ResponseReader({}, LENIENT_RESPONSES);
  reader.expect(method);
  const frames: RecordedFrame[] = [];
  let isOver = false;
  let atMs = 0;
  const take = (item: ResponseItem): void => {
    if (isOver) return;
    const last = frames.at(-1);
    if (item.kind === "interim" || item.kind === "head") {
      // HTTP/2 knows no 101 (RFC 9113 section 8.6).
      if (item.kind === "interim" && item.status === 101) return;
      const isLast = item.kind === "head" && item.framing.kind === "none";
      frames.push({ kind: "headers", atMs, fields: responseToHttp2(item).fields, end: isLast });
    } else if (item.kind === "body") {
      if (item.data.length > 0)
        frames.push({ kind: "data", atMs, bytes: new Uint8Array(item.data), end: false });
    } else if (item.kind === "trailers") {
      const { fields } = trailersToHttp2(item.headers);
      if (fields.length > 0) frames.push({ kind: "headers", atMs, fields, end: true });
    } else if (item.kind === "end") {
      isOver = true;
      if (last && last.kind !== "reset" && last.end) return;
      if (last?.kind === "data" && last.atMs === atMs) frames[frames.length - 1] = { ...last, end: true };
      else frames.push({ kind: "data", atMs, bytes: new Uint8Array(0), end: true });
    } else {
      isOver = true;
      frames.push({ kind: "reset", atMs, code: ErrorCode.INTERNAL_ERROR });
    }
  };
  for (const part of parts) {
    ({ atMs } = part);
    for (const item of reader.push(part.bytes)) take(item);
  }
  if (end !== "reset") for (const item of reader.finish()) take(item);
  if (!isOver) frames.push({ kind: "reset", atMs, code: ErrorCode.INTERNAL_ERROR });
  return { frames, end: "open" };
}

/** How a response's body is told from what follows it. */
type Framing = "none" | "plain" | "chunked";

/**
 * A response of HTTP/2 as HTTP/1.1 has it: a frame of DATA is a chunk, unless the length is told. One that was reset or cut off
 * breaks its connection. One with a field that HTTP/1.1 does not allow is an error of ours, which says so.
 *
 * @param method - Of its request.
 */
export function wireOf(response: RecordedStream, method: string): RecordedWire {
  try {
    return translated(response, method);
  } catch (error) {
    // HTTP/2 allows characters in fields that HTTP/1.1 does not.
    if (!(error instanceof Http1Error)) throw error;
    const words = `what was recorded over HTTP/2 can't be said in HTTP/1.1: ${error.message}`;
    return { parts: [{ atMs: 0, bytes: refusal(method, 502, "untranslatable_error", words) }], end: "fin" };
  }
}

function translated({ frames, end }: RecordedStream, method: string): RecordedWire {
  const parts: RecordedBytes[] = [];
  let framing: Framing | undefined;
  let isWhole = false;
  for (const frame of frames) {
    if (frame.kind === "reset") break;
    const pieces: Uint8Array[] = [];
    if (frame.kind === "data") {
      if (frame.bytes.length > 0 && framing !== "none")
        pieces.push(framing === "chunked" ? encodeChunk(frame.bytes) : frame.bytes);
      if (frame.end && framing === "chunked") pieces.push(encodeHead("0", []));
    } else if (framing === undefined) {
      const section = sectionOf(frame.fields);
      if (/^1/.test(fieldValue(section.fields, ":status") ?? "")) pieces.push(responseToHttp1(section, []));
      else {
        const head = headOf(section, frame.end, method);
        ({ framing } = head);
        pieces.push(responseToHttp1(section, head.more));
      }
    } else if (framing === "chunked") pieces.push(encodeHead("0", frame.fields));
    parts.push({ atMs: frame.atMs, bytes: joined(pieces) });
    isWhole = frame.end;
  }
  return { parts, end: isWhole ? "open" : end === "fin" ? "fin" : "reset" };
}

function headOf(
  { fields }: HeaderSection,
  endStream: boolean,
  method: string,
): { readonly framing: Framing; readonly more: readonly Header[] } {
  const status = fieldValue(fields, ":status") ?? "";
  const hasLength = fieldValue(fields, "content-length") !== undefined;
  const hasNone = status === "204" || status === "304";
  if (method === "HEAD" && !hasLength && !hasNone)
    return { framing: "none", more: [["transfer-encoding", "chunked"]] };
  if (method === "HEAD" || hasNone) return { framing: "none", more: [] };
  if (hasLength) return { framing: "plain", more: [] };
  if (endStream) return { framing: "none", more: [["content-length", "0"]] };
  return { framing: "chunked", more: [["transfer-encoding", "chunked"]] };
}
