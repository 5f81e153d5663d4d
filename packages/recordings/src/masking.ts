/** Takes secrets out of an exchange before anything of it is written. */
import { maskKeys, maskKeysInPlace } from "@faultwire/fault-engine/internal";
import { type Header, LENIENT_RESPONSES, ResponseReader } from "@faultwire/http1";
import { fromLatin1, toLatin1 } from "./latin1.ts";
import type { RecordedBytes, RecordedRequest } from "./recorded-exchange.ts";

/**
 * Names of headers of requests whose whole value is a secret: `authorization`, `cookie`, `x-api-key`, and what gateways and
 * clouds call theirs (`x-auth-token`, `helicone-auth`, `ocp-apim-subscription-key`). Headers don't count for a replay, so one
 * too many costs nothing.
 */
const secretHeader =
  /auth(?:$|-|oriz|entic)|cookie|(?<!idempotency-)key(?:$|-)|token|secret|passw|credential|signature/i;
const mask = "[masked]";

/** The value of a `Set-Cookie` line in a head. */
const cookieLine = /^(set-cookie2?:[ \t]*)([^\r\n]*)/gim;

/** A request without secrets. What is the same before is the same behind it, so that a replay finds it again. */
export function maskedRequest(request: RecordedRequest): RecordedRequest {
  const headers = request.headers.map(
    ([name, value]): Header => [name, secretHeader.test(name) ? mask : maskKeys(value)],
  );
  return { ...request, target: maskKeys(request.target), headers, body: maskedBody(request.body) };
}

function maskedBody(body: Uint8Array): Uint8Array {
  const text = fromLatin1(body);
  const masked = maskKeys(text);
  return masked === text ? body : toLatin1(masked);
}

/**
 * A response without secrets, as long as before: lengths that it names stay true. A body that is compressed stays as it is.
 *
 * @param method - Of its request, by which its length is known.
 */
export function maskedResponse(
  parts: readonly RecordedBytes[],
  method: string = "GET",
): readonly RecordedBytes[] {
  // A key may be cut by the parts that it came in.
  const text = parts.map(({ bytes }) => fromLatin1(bytes)).join("");
  const headsEnd = endOfHeads(text);
  const heads = text
    .slice(0, headsEnd)
    .replace(cookieLine, (_, before: string, value: string) => before + "x".repeat(value.length));
  // Data first: the half of a key in one chunk may have the shape of one, and what was masked would hide the other half.
  const masked = maskKeysInPlace(maskedData(heads + text.slice(headsEnd), method));
  if (masked === text) return parts;
  let from = 0;
  return parts.map(({ atMs, bytes }) => {
    const part = toLatin1(masked.slice(from, from + bytes.length));
    from += bytes.length;
    return { atMs, bytes: part };
  });
}

/** The same for what a chunked body holds: a key may be cut by a chunk's size, too. */
function maskedData(text: string, method: string): string {
  const wire = toLatin1(text);
  const reader = new ResponseReader({}, LENIENT_RESPONSES);
  reader.expect(method);
  const data = [...reader.push(wire), ...reader.finish()].flatMap((item) =>
    item.kind === "body" && item.data.length > 0 ? [item.data] : [],
  );
  const whole = data.map(fromLatin1).join("");
  const masked = maskKeysInPlace(whole);
  if (masked === whole) return text;
  let from = 0;
  for (const piece of data) {
    // A piece is a view of the wire's bytes.
    piece.set(toLatin1(masked.slice(from, from + piece.length)));
    from += piece.length;
  }
  return fromLatin1(wire);
}

/** Where the head of a response ends, behind the heads of 1xx responses; the whole length where the head is cut off. */
function endOfHeads(text: string): number {
  const blankLine = /\r?\n\r?\n/g;
  let at = 0;
  for (;;) {
    const isInterim = /^HTTP\/\d\.\d 1(?!01)\d\d/.test(text.slice(at, at + 16));
    if (!blankLine.test(text)) return text.length;
    at = blankLine.lastIndex;
    if (!isInterim) return at;
  }
}
