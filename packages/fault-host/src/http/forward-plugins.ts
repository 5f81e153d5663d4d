import { create } from "@bufbuild/protobuf";
import {
  type HttpHeader,
  HttpHeaderSchema,
  type HttpRequest,
  HttpRequestSchema,
  type HttpResponse,
  HttpResponseSchema,
  ProcessHttpRequestResponse_Action as RequestAction,
  ProcessHttpResponseResponse_Action as ResponseAction,
} from "@faultwire/fault-protocol";
import { CallFailed } from "../plugins/plugin-client.ts";
import type { ForwardPlugin } from "../plugins/plugin-registry.ts";
import { fieldValue, type HeaderList, invalidField, shownValue, without } from "./header-list.ts";
import type { ForwardRequest } from "./upstream-request.ts";

/** Where the binary panics, and its process aborts. Never leaves the package. */
export class HostPanic extends Error {
  override readonly name: string = "HostPanic";
}

/** A whole response on its way to the client. */
export interface WholeResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** What has become of a request after the plugins. */
export type RequestOutcome =
  | { readonly kind: "send"; readonly request: ForwardRequest }
  | { readonly kind: "respond"; readonly response: WholeResponse };

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The host's own error response. */
export function errorResponse(status: number, message: string): WholeResponse {
  const body = Buffer.from(JSON.stringify({ error: message }));
  return { status, headers: [["content-type", "application/json"]], body };
}

const shown = (headers: HeaderList): HttpHeader[] =>
  headers.map(([name, value]) => create(HttpHeaderSchema, { name, value: shownValue(value) }));

const given = (headers: readonly HttpHeader[]): HeaderList =>
  headers.map(({ name, value }) => [name.toLowerCase(), Buffer.from(value).toString("latin1")]);

/**
 * Shows a request to the plugins in turn; the first ABORT ends it.
 *
 * @throws HostPanic where the binary does not survive the answer
 */
export async function processRequest(
  plugins: readonly ForwardPlugin[],
  request: ForwardRequest,
  signal: AbortSignal,
): Promise<RequestOutcome> {
  let current = request;
  for (const plugin of plugins) {
    const outcome = await processOne(plugin, current, signal);
    if (outcome.kind === "respond") return outcome;
    current = outcome.request;
  }
  return { kind: "send", request: current };
}

async function processOne(
  plugin: ForwardPlugin,
  request: ForwardRequest,
  signal: AbortSignal,
): Promise<RequestOutcome> {
  const { method, url, headers, body } = request;
  const path = `${url.pathname}${url.search}`;
  const sent = create(HttpRequestSchema, { method, path, headers: shown(headers), body });
  const answer = await plugin.processRequest(sent, signal).catch((error: unknown) => {
    if (error instanceof CallFailed) return error;
    throw error;
  });
  if (answer instanceof CallFailed) {
    const { code, message } = answer.failure;
    const text = `RPC Call Error in plugin '${plugin.name}', method 'ProcessRequest': code: ${code}, message: ${JSON.stringify(message)}`;
    return { kind: "respond", response: errorResponse(400, text) };
  }
  if (answer.action === RequestAction.ABORT) return abort(answer.abortResponse);
  const modified = (answer.action === RequestAction.CONTINUE && answer.modifiedRequest) || sent;
  return rebuild(url, modified);
}

function abort(response: HttpResponse | undefined): RequestOutcome {
  if (!response) throw new HostPanic("ABORT without abort_response");
  // The host keeps sixteen bits of it before it looks.
  const status = response.statusCode & 0xffff;
  if (status < 100 || status > 999) throw new HostPanic(`ABORT with status ${status}`);
  const headers = given(response.headers);
  const invalid = invalidField(headers);
  if (invalid) return { kind: "respond", response: invalidHeader(invalid) };
  return { kind: "respond", response: { status, headers, body: response.body } };
}

function rebuild(before: URL, modified: HttpRequest): RequestOutcome {
  if (!METHOD.test(modified.method)) throw new HostPanic(`the method ${JSON.stringify(modified.method)}`);
  const headers = given(modified.headers);
  const invalid = invalidField(headers);
  if (invalid) return { kind: "respond", response: invalidHeader(invalid) };
  const url = new URL(before);
  // Not a path and query: what is set is the path alone, and a question mark in it is a character of the path.
  url.pathname = modified.path;
  return { kind: "send", request: { method: modified.method, url, headers, body: modified.body } };
}

const invalidHeader = (part: "name" | "value"): WholeResponse =>
  errorResponse(
    500,
    `Invalid HTTP header ${part}: ${part === "name" ? "invalid HTTP header name" : "failed to parse header value"}`,
  );

/**
 * Shows a response to the plugins in turn.
 *
 * @throws HostPanic where the binary does not survive the answer
 */
export async function processResponse(
  plugins: readonly ForwardPlugin[],
  response: WholeResponse,
  signal: AbortSignal,
): Promise<WholeResponse> {
  let current = response;
  for (const plugin of plugins) {
    const { status, headers, body } = current;
    const sent = create(HttpResponseSchema, { statusCode: status, headers: shown(headers), body });
    const answer = await plugin.processResponse(sent, signal).catch((error: unknown) => {
      if (error instanceof CallFailed && !signal.aborted)
        throw new HostPanic(`ProcessHttpResponse failed: ${error.message}`);
      throw error;
    });
    const used = (answer.action === ResponseAction.CONTINUE && answer.modifiedResponse) || sent;
    const fields = given(used.headers);
    const invalid = invalidField(fields);
    if (invalid) throw new HostPanic(`a response header with an invalid ${invalid}`);
    if (fieldValue(fields, "content-length") === undefined)
      throw new HostPanic("a response without content-length");
    current = { status, headers: without(fields, "content-length"), body: used.body };
  }
  return current;
}
