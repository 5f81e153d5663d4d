/** Takes secrets out of an exchange before anything of it is written. */
import { maskKeys, maskKeysInPlace } from "@faultwire/fault-engine/internal";
import { type Header, headerValue, LENIENT_RESPONSES, ResponseReader } from "@faultwire/http1";
import { fromLatin1, toLatin1 } from "./latin1.ts";
import { copied, maskedInSteps, Turns } from "./mask-in-steps.ts";
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
 * same list where there is none. Other work goes on meanwhile.
 *
 * @param headers - Those of the response, which say whether its body has frames.
 */
export async function maskedPieces(
  pieces: readonly Uint8Array[],
  headers: readonly Header[],
): Promise<readonly Uint8Array[]> {
  const turns = new Turns();
  const [only] = pieces;
  const body = pieces.length === 1 && only ? only : await copied(pieces, turns);
  const masking = isEventStream(headers) ? maskedEventStream : maskedInSteps;
  const masked = await masking(body, maskedText, turns);
  return masked === body ? pieces : cutAs(masked, pieces);
}

/** A text without what is secret in it, as long as before. */
export const maskedText = (text: string): string => maskKeysInPlace(maskedFields(text));

/** The value of a header of a response, as long as before. */
export function maskedAnswer(name: string, value: string): string {
  return secretAnswer.test(name)
    ? value.replaceAll(/(\r?\n[ \t]+)|[^\r\n]/g, (_, fold: string | undefined) => fold ?? "x")
    : maskedText(value);
}

function cutAs(bytes: Uint8Array, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  let from = 0;
  return pieces.map(({ length }) => {
    const piece = bytes.subarray(from, from + length);
    from += length;
    return piece;
  });
}

/** Bytes in which the head of a response is looked for first. */
const usualHead = 65_536;

/**
 * A response without secrets, as long as before: lengths that it names stay true. A body that is compressed stays as it is. Other work
 * goes on meanwhile.
 *
 * @param method - Of its request, by which its length is known.
 */
export async function maskedResponse(
  parts: readonly RecordedBytes[],
  method: string = "GET",
): Promise<readonly RecordedBytes[]> {
  // A key may be cut by the parts that it came in.
  const pieces = parts.map(({ bytes }) => bytes);
  const wire = await copied(pieces, new Turns());
  const begin = fromLatin1(wire.subarray(0, usualHead));
  const isShort = endOfHeads(begin) < begin.length || wire.length <= usualHead;
  const start = isShort ? begin : fromLatin1(wire);
  const head = start.slice(0, endOfHeads(start));
  const maskedHeads = maskedHead(head);
  const hasMasked = maskedHeads !== head;
  if (hasMasked) wire.set(toLatin1(maskedHeads));
  const [masked, hasMaskedData] = await maskedData(wire, method);
  if (!hasMasked && !hasMaskedData) return parts;
  const bytes = cutAs(masked, pieces);
  return parts.map(({ atMs }, number) => ({ atMs, bytes: bytes[number] ?? new Uint8Array(0) }));
}

function maskedHead(head: string): string {
  return head.replace(
    headerLine,
    (_, name: string, colon: string, value: string) => name + colon + maskedAnswer(name, value),
  );
}

/**
 * Masks what the body of a response holds, in `wire` itself; what a chunked body holds as one text, since a key may be cut by a chunk's
 * size, too. Then the trailers behind it, and what else is between: sizes of chunks, and what can't be read.
 *
 * @returns the wire, or a copy, without secrets, and whether anything was masked
 */
async function maskedData(wire: Uint8Array, method: string): Promise<readonly [Uint8Array, boolean]> {
  let headers: readonly Header[] = [];
  let hasMasked = false;
  const reader = new ResponseReader({}, LENIENT_RESPONSES);
  reader.expect(method);
  // Views of the wire's bytes.
  const data: Uint8Array[] = [];
  for (const item of [...reader.push(wire), ...reader.finish()]) {
    if (item.kind === "head") ({ headers } = item);
    else if (item.kind === "body" && item.data.length > 0) data.push(item.data);
    else if (item.kind === "trailers") {
      const said = fromLatin1(item.bytes);
      const clean = maskedHead(said);
      if (clean === said) continue;
      hasMasked = true;
      item.bytes.set(toLatin1(clean));
    }
  }
  // Data first: the half of a key in one chunk may have the shape of one, and what was masked would hide the other half.
  const masked = await maskedPieces(data, headers);
  if (masked !== data) {
    hasMasked = true;
    for (const [number, piece] of data.entries()) piece.set(masked[number] ?? piece);
  }
  // Frames have checksums: what is masked behind their back makes them unreadable.
  if (isEventStream(headers)) return [wire, hasMasked];
  const clean = await maskedInSteps(wire, maskKeysInPlace);
  return [clean, hasMasked || clean !== wire];
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
