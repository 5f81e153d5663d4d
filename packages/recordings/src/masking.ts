/** Takes secrets out of an exchange before anything of it is written. */
import { maskKeys, maskKeysInPlace } from "@faultwire/fault-engine/internal";
import { type Header, headerValue, LENIENT_RESPONSES, ResponseReader } from "@faultwire/http1";
import { fromLatin1, toLatin1 } from "./latin1.ts";
import { isEventStream, maskedEventStream } from "./masked-event-stream.ts";
import type { RecordedBytes, RecordedRequest } from "./recorded-exchange.ts";
import { maskedFields, maskedForm } from "./secret-fields.ts";

/**
 * Names of headers of requests whose whole value is a secret: `authorization`, `cookie`, `x-api-key`, and what gateways and
 * clouds call theirs (`x-auth-token`, `helicone-auth`, `ocp-apim-subscription-key`). Headers don't count for a replay, so one
 * too many costs nothing.
 */
const secretHeader =
  /auth(?:$|-|oriz|entic)|cookie|(?<!idempotency-)key(?:$|-)|token|secret|passw|credential|signature/i;
const mask = "[masked]";

/** Headers of responses whose value is one: `Set-Cookie`, tokens of a session. Budgets of tokens are none. */
const secretAnswer =
  /^(?:set-cookie2?|(?:x-)?token|(?:proxy-)?authorization|(?:proxy-)?authentication-info|.*(?:auth|access|session|security|refresh|csrf|xsrf|subject|bearer)[-_]?token|.*(?:secret|password|api[-_]?key))$/i;

/** A line of a head with the lines that continue it. */
const headerLine = /^([^\s:]+)([ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)/gm;

/** A request without secrets. What is the same before is the same behind it, so that a replay finds it again. */
export function maskedRequest(request: RecordedRequest): RecordedRequest {
  const headers = request.headers.map(
    ([name, value]): Header => [name, secretHeader.test(name) ? mask : maskKeys(maskedFields(value))],
  );
  return { ...maskedQuestion(request), headers };
}

/** The same of what a replay finds a request by: its headers are left out. */
export function maskedQuestion(request: RecordedRequest): Omit<RecordedRequest, "headers"> {
  const { scheme, host, method, target } = request;
  return { scheme, host, method, target: maskedTarget(target), body: maskedBody(request) };
}

function maskedTarget(target: string): string {
  const at = target.indexOf("?");
  return maskKeys(at < 0 ? target : target.slice(0, at + 1) + maskedForm(target.slice(at + 1)));
}

function maskedBody({ headers, body }: RecordedRequest): Uint8Array {
  const text = fromLatin1(body);
  const isForm = /^application\/x-www-form-urlencoded/i.test(headerValue(headers, "content-type") ?? "");
  const masked = maskKeys(isForm ? maskedForm(text) : maskedFields(text));
  return masked === text ? body : toLatin1(masked);
}

/**
 * Pieces that hold one text together, without what is secret in it, each as long as before; a secret may be cut by them. The
 * same list where there is none.
 *
 * @param headers - Those of the response, which say whether its body has frames.
 */
export function maskedPieces(
  pieces: readonly Uint8Array[],
  headers: readonly Header[],
): readonly Uint8Array[] {
  const whole = pieces.map(fromLatin1).join("");
  const masked = isEventStream(headers) ? maskedEventStream(whole, maskedText) : maskedText(whole);
  return masked === whole ? pieces : cutAs(masked, pieces);
}

/** A text without what is secret in it, as long as before. */
export const maskedText = (text: string): string => maskKeysInPlace(maskedFields(text));

/** The value of a header of a response, as long as before. */
export function maskedAnswer(name: string, value: string): string {
  return secretAnswer.test(name)
    ? value.replaceAll(/(\r?\n[ \t]+)|[^\r\n]/g, (_, fold: string | undefined) => fold ?? "x")
    : maskedText(value);
}

function cutAs(text: string, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  let from = 0;
  return pieces.map(({ length }) => {
    const piece = toLatin1(text.slice(from, from + length));
    from += length;
    return piece;
  });
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
  const heads = maskedHead(text.slice(0, headsEnd));
  // Data first: the half of a key in one chunk may have the shape of one, and what was masked would hide the other half.
  const { wire, hasFrames } = maskedData(heads + text.slice(headsEnd), method);
  // Frames have checksums: what is masked behind their back makes them unreadable.
  const masked = hasFrames ? wire : maskKeysInPlace(wire);
  if (masked === text) return parts;
  const bytes = cutAs(
    masked,
    parts.map((part) => part.bytes),
  );
  return parts.map(({ atMs }, number) => ({ atMs, bytes: bytes[number] ?? new Uint8Array(0) }));
}

function maskedHead(head: string): string {
  return head.replace(
    headerLine,
    (_, name: string, colon: string, value: string) => name + colon + maskedAnswer(name, value),
  );
}

/** The same for what a chunked body holds, since a key may be cut by a chunk's size, too, and for the trailers behind it. */
function maskedData(text: string, method: string): { readonly wire: string; readonly hasFrames: boolean } {
  const wire = toLatin1(text);
  let headers: readonly Header[] = [];
  const reader = new ResponseReader({}, LENIENT_RESPONSES);
  reader.expect(method);
  // Views of the wire's bytes.
  const data: Uint8Array[] = [];
  for (const item of [...reader.push(wire), ...reader.finish()]) {
    if (item.kind === "head") ({ headers } = item);
    else if (item.kind === "body" && item.data.length > 0) data.push(item.data);
    else if (item.kind === "trailers") item.bytes.set(toLatin1(maskedHead(fromLatin1(item.bytes))));
  }
  const masked = maskedPieces(data, headers);
  if (masked !== data) for (const [number, piece] of data.entries()) piece.set(masked[number] ?? piece);
  return { wire: fromLatin1(wire), hasFrames: isEventStream(headers) };
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
