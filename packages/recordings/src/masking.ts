/** Takes secrets out of an exchange before anything of it is written. */
import { maskKeys, maskKeysInPlace } from "@faultwire/fault-engine/internal";
import type { Header } from "@faultwire/http1";
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

/** A response without secrets, as long as before: lengths that it names stay true. */
export function maskedResponse(parts: readonly RecordedBytes[]): readonly RecordedBytes[] {
  // A key may be cut by the parts that it came in.
  const text = parts.map(({ bytes }) => fromLatin1(bytes)).join("");
  const headsEnd = endOfHeads(text);
  const heads = text
    .slice(0, headsEnd)
    .replace(cookieLine, (_, before: string, value: string) => before + "x".repeat(value.length));
  const masked = maskKeysInPlace(heads + text.slice(headsEnd));
  if (masked === text) return parts;
  let from = 0;
  return parts.map(({ atMs, bytes }) => {
    const part = toLatin1(masked.slice(from, from + bytes.length));
    from += bytes.length;
    return { atMs, bytes: part };
  });
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
