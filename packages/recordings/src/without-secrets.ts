/** An exchange as it may be written: without secrets, or not at all. */
import { type Header, LENIENT_RESPONSES, ResponseReader } from "@faultwire/http1";
import { isCompressed, lookInside } from "./compressed-bodies.ts";
import type { LeftReason } from "./exchange-tap.ts";
import { maskedAnswer, maskedPieces, maskedRequest, maskedResponse } from "./masking.ts";
import {
  isOverHttp2,
  type RecordedExchange,
  type RecordedFrame,
  type RecordedStream,
  type Recording,
} from "./recorded-exchange.ts";

/** @returns the exchange without its secrets, or why it must not be written */
export async function withoutSecrets(
  recording: Recording,
): Promise<Recording | Extract<LeftReason, "compressed-secret" | "unopened">> {
  const { request } = recording;
  const bodies = [
    { headers: request.headers, data: [request.body] },
    isOverHttp2(recording) ? bodyOfFrames(recording.response) : bodyOfWire(recording as RecordedExchange),
  ];
  for (const { headers, data } of bodies) {
    if (!isCompressed(headers)) continue;
    const inside = await lookInside(headers, new Uint8Array(Buffer.concat(data)));
    if (inside === "secret") return "compressed-secret";
    if (inside === "unknown") return "unopened";
  }
  const { recordedAt } = recording;
  const masked = maskedRequest(request);
  if (isOverHttp2(recording)) {
    const { frames, end } = recording.response;
    return { recordedAt, request: masked, response: { frames: await maskedFrames(frames), end } };
  }
  const { parts, end } = (recording as RecordedExchange).response;
  return {
    recordedAt,
    request: masked,
    response: { parts: await maskedResponse(parts, request.method), end },
  };
}

/** What is in a response, and the headers that say how it is encoded. */
interface Body {
  readonly headers: readonly Header[];
  readonly data: readonly Uint8Array[];
}

function bodyOfWire({ request: { method }, response: { parts } }: RecordedExchange): Body {
  const reader = new ResponseReader({}, LENIENT_RESPONSES);
  reader.expect(method);
  let headers: readonly Header[] = [];
  const data: Uint8Array[] = [];
  for (const { bytes } of parts)
    for (const item of reader.push(bytes)) {
      if (item.kind === "head") ({ headers } = item);
      else if (item.kind === "body" && item.data.length > 0) data.push(new Uint8Array(item.data));
      // Only compressed ones are asked for.
      if (item.kind === "head" && !isCompressed(headers)) return { headers, data };
    }
  return { headers, data };
}

function bodyOfFrames({ frames }: Pick<RecordedStream, "frames">): Body {
  let headers: readonly Header[] = [];
  const data: Uint8Array[] = [];
  for (const frame of frames) {
    if (frame.kind === "data") data.push(frame.bytes);
    // Trailers come behind, and say nothing of the encoding.
    else if (frame.kind === "headers" && data.length === 0) headers = frame.fields;
  }
  return { headers, data };
}

/** Frames without secrets, each as long as before; a secret may be cut by frames. */
export async function maskedFrames(frames: readonly RecordedFrame[]): Promise<readonly RecordedFrame[]> {
  const { headers, data: pieces } = bodyOfFrames({ frames });
  const data = await maskedPieces(pieces, headers);
  let number = 0;
  return frames.map((frame): RecordedFrame => {
    if (frame.kind === "data") return { ...frame, bytes: data[number++] ?? frame.bytes };
    if (frame.kind === "reset") return frame;
    const fields = frame.fields.map(([name, value]): Header => [name, maskedAnswer(name, value)]);
    return { ...frame, fields };
  });
}
