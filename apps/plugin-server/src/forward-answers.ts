/** The answers of forward mode in the host's protocol. The host fails on some answers; those are never given. */
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
  type ResponseParts,
} from "@faultwire/fault-protocol";
import type { Header, HttpResponse as InjectedResponse } from "@faultwire/http1";

/** A message's headers in the engine's form. */
export function headersOf(message: { readonly headers: readonly HeaderField[] }): Header[] {
  return message.headers.map(({ name, value }) => [name, value]);
}

const fieldsOf = (headers: readonly Header[]): HeaderField[] =>
  headers.map(([name, value]) => ({ name, value }));

/** An answer. `isChanged`: it holds the given message. Otherwise the host goes on with its own copy. */
export interface Sendable<T> {
  readonly answer: T;
  readonly isChanged: boolean;
}

/** Parts of a message in place of those that came. */
interface Changes {
  readonly headers?: readonly Header[];
  readonly body?: Uint8Array;
}

/**
 * The request goes on, perhaps with other headers or another body, and with the query cut from its path: the host sets
 * its URL's path to what it is given, query and all, and keeps the query besides.
 */
export function goOn(request: RequestParts, changes: Changes = {}): Sendable<ProcessHttpRequestResponse> {
  const { body = request.body } = changes;
  const headers = changes.headers ? fieldsOf(changes.headers) : request.headers;
  // Without a content-length the host would send another body chunked.
  const sent = changes.body === undefined ? headers : sized(headers, body);
  const { method, path } = request;
  return unlessRefused(() => continueRequest({ method, path, headers: sent, body }), passRequest);
}

/** The client gets this response; undefined if the host would fail on it. */
export function answerInstead(response: InjectedResponse): ProcessHttpRequestResponse | undefined {
  const { status, headers, body } = response;
  return unlessRefused(
    () => abortRequest({ statusCode: status, headers: fieldsOf(headers), body }),
    () => undefined,
  ).answer;
}

/** The response goes back, perhaps changed, with a content-length, without which the host dies. */
export function goBack(
  response: ResponseParts,
  changes: Changes = {},
): Sendable<ProcessHttpResponseResponse> {
  const { statusCode } = response;
  const headers = changes.headers ? fieldsOf(changes.headers) : response.headers;
  return unlessRefused(
    () => continueResponse({ statusCode, headers, body: changes.body ?? response.body }),
    passResponse,
  );
}

/** The request goes on as the host has it. */
export function passRequest(): ProcessHttpRequestResponse {
  return create(ProcessHttpRequestResponseSchema, { action: ProcessHttpRequestResponse_Action.CONTINUE });
}

/** The response goes back as the host has it. */
export function passResponse(): ProcessHttpResponseResponse {
  return create(ProcessHttpResponseResponseSchema, { action: ProcessHttpResponseResponse_Action.CONTINUE });
}

function sized(headers: readonly HeaderField[], body: Uint8Array): HeaderField[] {
  const others = headers.filter(({ name }) => name.toLowerCase() !== "content-length");
  return [...others, { name: "content-length", value: String(body.length) }];
}

/**
 * The host refuses a message that is too large, and fails on some headers. Such a message goes on as the host's own copy.
 * Its body is right, but the host breaks a query string (`?` becomes `%3F`), and a response without content-length kills it.
 * An error would be worse: on any response it kills the host.
 */
function unlessRefused<T>(answer: () => T, otherwise: () => T): Sendable<T> {
  try {
    return { answer: answer(), isChanged: true };
  } catch (error) {
    if (error instanceof FaultProtocolError) return { answer: otherwise(), isChanged: false };
    throw error;
  }
}
