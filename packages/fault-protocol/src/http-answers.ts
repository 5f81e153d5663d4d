/** Answers to `ProcessHttpRequest` and `ProcessHttpResponse`: the host's forward mode, one whole message a call. */
import { create, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { FaultProtocolError } from "./fault-protocol-error.ts";
import {
  type ProcessHttpRequestResponse,
  ProcessHttpRequestResponse_Action,
  ProcessHttpRequestResponseSchema,
  type ProcessHttpResponseResponse,
  ProcessHttpResponseResponse_Action,
  ProcessHttpResponseResponseSchema,
} from "./gen/plugin/plugin_pb.ts";
import { hostLimits } from "./host-limits.ts";

/** A header field as the protocol carries it. A generated `HttpHeader` is one. */
export interface HeaderField {
  /** A token (RFC 9110, section 5.6.2). */
  readonly name: string;
  /** Tab, space and visible ASCII. */
  readonly value: string;
}

/** A whole HTTP request. A generated `HttpRequest` is one. */
export interface RequestParts {
  /** As on the request line. */
  readonly method: string;
  /** The path, with or without the query: the host sends the query along, and wants it left out of the answer. */
  readonly path: string;
  /** Fields in their order, repeated names included. */
  readonly headers: readonly HeaderField[];
  /** The whole body. */
  readonly body: Uint8Array;
}

/** A whole HTTP response. A generated `HttpResponse` is one. */
export interface ResponseParts {
  /** Status code. */
  readonly statusCode: number;
  /** Fields in their order, repeated names included. */
  readonly headers: readonly HeaderField[];
  /** The whole body. */
  readonly body: Uint8Array;
}

/**
 * `CONTINUE` with a request: the host sends it to the upstream.
 *
 * Answers to a request call only. The host takes path, headers and body from here. It sets its URL's *path* to what is
 * given and keeps the query that the URL has: a `?` in the path would become `%3F` and the query would be there twice.
 * An answer without a request makes the same mistake with the host's own copy, so this function always sends one, its
 * path cut at the first `?`. The query itself can't be changed in this mode.
 *
 * @param request - As it came (`request.request`), or changed.
 * @throws {@link FaultProtocolError} `invalid-header-name`, `invalid-header-value`, `message-too-large`.
 * @example
 * ```ts
 * if (call.request) return continueRequest(call.request);
 * ```
 */
export function continueRequest(request: RequestParts): ProcessHttpRequestResponse {
  checkHeaders(request.headers, "continueRequest");
  const [path = ""] = request.path.split("?", 1);
  const { method, headers, body } = request;
  return fitting(
    ProcessHttpRequestResponseSchema,
    create(ProcessHttpRequestResponseSchema, {
      action: ProcessHttpRequestResponse_Action.CONTINUE,
      modifiedRequest: { method, path, headers: headers.map(({ name, value }) => ({ name, value })), body },
    }),
    "continueRequest",
  );
}

/**
 * `ABORT` with a response: the client gets it at once and the upstream never hears of the request.
 *
 * Answers to a request call only; the same action on a response call is ignored by the host. Without a response, or
 * with a header or a status that HTTP does not allow, the host's task crashes, so all three are checked here.
 *
 * @param response - What the client is to see; the status from 200 to 999.
 * @throws {@link FaultProtocolError} `invalid-status`, `invalid-header-name`, `invalid-header-value`,
 * `message-too-large`.
 * @example
 * ```ts
 * return abortRequest({ statusCode: 529, headers: [{ name: "content-type", value: "application/json" }], body });
 * ```
 */
export function abortRequest(response: ResponseParts): ProcessHttpRequestResponse {
  const { statusCode, headers, body } = response;
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 999)
    throw new FaultProtocolError(
      "invalid-status",
      `abortRequest: ${statusCode} is no final HTTP status; give a whole number between 200 and 999`,
    );
  checkHeaders(headers, "abortRequest");
  return fitting(
    ProcessHttpRequestResponseSchema,
    create(ProcessHttpRequestResponseSchema, {
      action: ProcessHttpRequestResponse_Action.ABORT,
      abortResponse: { statusCode, headers: headers.map(({ name, value }) => ({ name, value })), body },
    }),
    "abortRequest",
  );
}

/**
 * `CONTINUE` with a response: the host sends its headers and its body to the client.
 *
 * Answers to a response call only. The upstream's **status stays**, whatever `statusCode` says. The host removes
 * `content-length` from the headers that it ends up with and panics where there is none, which every chunked upstream
 * response brings about; so this function adds one where it is missing.
 *
 * @param response - As it came (`request.response`), or with other headers or another body.
 * @throws {@link FaultProtocolError} `invalid-header-name`, `invalid-header-value`, `message-too-large`.
 * @example
 * ```ts
 * if (call.response) return continueResponse(call.response);
 * ```
 */
export function continueResponse(response: ResponseParts): ProcessHttpResponseResponse {
  checkHeaders(response.headers, "continueResponse");
  const { statusCode, body } = response;
  const headers = response.headers.map(({ name, value }) => ({ name, value }));
  if (!headers.some(({ name }) => name.toLowerCase() === "content-length"))
    headers.push({ name: "content-length", value: String(body.length) });
  return fitting(
    ProcessHttpResponseResponseSchema,
    create(ProcessHttpResponseResponseSchema, {
      action: ProcessHttpResponseResponse_Action.CONTINUE,
      modifiedResponse: { statusCode, headers, body },
    }),
    "continueResponse",
  );
}

/** RFC 9110, section 5.6.2: token. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What the host's HTTP library takes as text: visible ASCII, space and tab. */
const fieldText = /^[\t\x20-\x7e]*$/;

function checkHeaders(headers: readonly HeaderField[], what: string): void {
  for (const [index, { name, value }] of headers.entries()) {
    if (!token.test(name))
      throw new FaultProtocolError(
        "invalid-header-name",
        `${what}: the name of header ${index} is no HTTP token; the host would crash on it`,
      );
    if (!fieldText.test(value))
      throw new FaultProtocolError(
        "invalid-header-value",
        `${what}: the value of header ${index} (${name}) holds something else than tab, space and visible ASCII; ` +
          "the host would crash on it",
      );
  }
}

/** The host refuses a longer message, which looks like a plugin that failed; better to say so here. */
function fitting<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
  what: string,
): MessageShape<Schema> {
  const { length } = toBinary(schema, message);
  if (length > hostLimits.maxMessageBytes)
    throw new FaultProtocolError(
      "message-too-large",
      `${what}: the answer is ${length} bytes long, the host takes at most ${hostLimits.maxMessageBytes}; ` +
        "leave such messages to a tunnel",
    );
  return message;
}
