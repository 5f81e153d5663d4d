import { isJsonObject, type JsonObject } from "../../json-value.ts";
import { fromUtf8, utf8 } from "../../text.ts";
import type { StreamUnit } from "../stream-item.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type Frame, headerText } from "./frame.ts";

/** The name under which `invoke-with-response-stream` wraps the events of the model's own API, in base64. */
export const CHUNK = "chunk";

/** The payload of a `chunk` frame; `undefined` for any other frame. */
function chunkOf(frame: Frame): { readonly json: JsonObject; readonly inner: string } | undefined {
  if (headerText(frame, ":event-type") !== CHUNK) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(fromUtf8(frame.payload));
  } catch {
    return undefined;
  }
  const bytes = isJsonObject(json) && typeof json["bytes"] === "string" && fromBase64(json["bytes"]);
  return isJsonObject(json) && bytes ? { json, inner: fromUtf8(bytes) } : undefined;
}

/** What a frame says: of a chunk, what is inside it; of any other frame its type and its payload. */
export function frameUnit(frame: Frame): StreamUnit {
  const chunk = chunkOf(frame);
  if (chunk) return { name: null, data: chunk.inner };
  const name = headerText(frame, ":exception-type") ?? headerText(frame, ":event-type") ?? null;
  return { name, data: fromUtf8(frame.payload) };
}

/** The payload of a frame whose data is another: a chunk stays one, with all else that it holds. */
export function framePayload(frame: Frame, data: string): Uint8Array {
  const chunk = chunkOf(frame);
  return utf8(chunk ? JSON.stringify({ ...chunk.json, bytes: toBase64(utf8(data)) }) : data);
}
