/** The answers of forward mode in the host's protocol, within what the host can bear. */
import { create } from "@bufbuild/protobuf";
import {
  abortRequest,
  continueRequest,
  continueResponse,
  FaultProtocolError,
  type HeaderField,
  type ProcessHttpRequestResponse,
  ProcessHttpRequestResponse_Action,
  ProcessHttpRequestResponseSchema,
  type ProcessHttpResponseResponse,
  ProcessHttpResponseResponse_Action,
  ProcessHttpResponseResponseSchema,
  type RequestParts,
} from "@faultwire/fault-protocol";
import type { Header, HttpResponse as InjectedResponse } from "@faultwire/http1";

/** Headers as the engine has them. */
export function headersOf(message: { readonly headers: readonly HeaderField[] }): Header[] {
  return message.headers.map(({ name, value }) => [name, value]);
}

const fieldsOf = (headers: readonly Header[]): HeaderField[] =>
  headers.map(([name, value]) => ({ name, value }));

/**
 * The request goes on, with another body where one is given, and the query cut from its path: the host sets its URL's
 * path to what it is given, query and all, and keeps the query besides.
 */
export function goOn(request: RequestParts, body?: Uint8Array): ProcessHttpRequestResponse {
  const changed = body === undefined ? request : { ...request, headers: sized(request.headers, body), body };
  return (
    unlessRefused(() => continueRequest(changed)) ??
    create(ProcessHttpRequestResponseSchema, { action: ProcessHttpRequestResponse_Action.CONTINUE })
  );
}

/** The client is answered; undefined where the host could not bear the answer. */
export function answerInstead(response: InjectedResponse): ProcessHttpRequestResponse | undefined {
  const { status, headers, body } = response;
  return unlessRefused(() => abortRequest({ statusCode: status, headers: fieldsOf(headers), body }));
}

/** The response goes back with these headers and this body, and a content-length, without which the host dies. */
export function goBack(
  status: number,
  headers: readonly Header[],
  body: Uint8Array,
): ProcessHttpResponseResponse {
  return (
    unlessRefused(() => continueResponse({ statusCode: status, headers: fieldsOf(headers), body })) ??
    create(ProcessHttpResponseResponseSchema, { action: ProcessHttpResponseResponse_Action.CONTINUE })
  );
}

function sized(headers: readonly HeaderField[], body: Uint8Array): HeaderField[] {
  const others = headers.filter(({ name }) => name.toLowerCase() !== "content-length");
  return [...others, { name: "content-length", value: String(body.length) }];
}

/**
 * What can't be sent back (too large for the host to take, a header that it would die of) goes on as the host's own
 * copy: the body is right then, and what suffers is a query string (its `?` becomes `%3F`) or a response without
 * content-length. An error would be worse: on a response it kills the host's process.
 */
function unlessRefused<T>(answer: () => T): T | undefined {
  try {
    return answer();
  } catch (error) {
    if (error instanceof FaultProtocolError) return undefined;
    throw error;
  }
}
