import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { HostContext } from "../host-context.ts";
import {
  errorResponse,
  HostPanic,
  processRequest,
  processResponse,
  type WholeResponse,
} from "./forward-plugins.ts";
import { fieldValue, type HeaderList, lastOfEach, pairsOf, titleCase } from "./header-list.ts";
import { collectBody, type ForwardRequest, sendUpstream, type UpstreamResponse } from "./upstream-request.ts";

/** How a request is to be forwarded. */
export interface ForwardTarget {
  readonly url: URL;
  /** The Host header that the upstream gets. */
  readonly host: string;
  readonly intercepted: boolean;
  /** Whether an event stream is handed on as it comes, past the plugins; else it is collected whole first. */
  readonly streamsEvents: boolean;
}

/** A response that goes to the client as it comes. */
interface StreamedResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly stream: Readable;
}

/**
 * Forwards one request and answers it. Never rejects: what goes wrong is a response of the host's, or the end of
 * the connection, as with the binary.
 */
export async function forwardExchange(
  context: HostContext,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: ForwardTarget,
): Promise<void> {
  const gone = new AbortController();
  // The client's connection took the whole exchange with it.
  outgoing.once("close", () => gone.abort());
  try {
    const response = await exchange(context, incoming, target, gone.signal);
    context.emit({
      type: "request",
      url: target.url.href,
      status: response.status,
      intercepted: target.intercepted,
    });
    respond(incoming, outgoing, response);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof HostPanic) context.crash(target.url.host, error.message, incoming.socket);
    else {
      context.emit({ type: "error", where: target.url.host, message: (error as Error).message });
      incoming.socket.destroy();
    }
  }
}

async function exchange(
  context: HostContext,
  incoming: IncomingMessage,
  target: ForwardTarget,
  signal: AbortSignal,
): Promise<WholeResponse | StreamedResponse> {
  const request: ForwardRequest = {
    method: incoming.method ?? "GET",
    url: target.url,
    headers: lastOfEach([...pairsOf(incoming.rawHeaders), ["host", target.host]]),
    body: await collectBody(incoming),
  };
  if (!target.intercepted) {
    const response = await sendUpstream(context, request, true, signal).catch((error: Error) => error);
    if (response instanceof Error) {
      context.emit({ type: "error", where: target.url.host, message: response.message });
      return oops();
    }
    return {
      status: response.status,
      headers: lastOfEach(response.headers),
      body: await collectBody(response.body),
    };
  }
  const outcome = await context.plugins.forward((plugins) => processRequest(plugins, request, signal));
  if (outcome.kind === "respond") return outcome.response;
  let response: UpstreamResponse;
  try {
    response = await sendUpstream(context, outcome.request, false, signal);
  } catch (error) {
    return internalError(context, target, "Failed to execute reqwest request", error);
  }
  const type = fieldValue(response.headers, "content-type")?.toLowerCase() ?? "";
  if (target.streamsEvents && type.includes("text/event-stream"))
    return { status: response.status, headers: response.headers, stream: response.body };
  let body: Uint8Array;
  try {
    body = await collectBody(response.body);
  } catch (error) {
    return internalError(context, target, "Failed to read response body", error);
  }
  const whole = { status: response.status, headers: lastOfEach(response.headers), body };
  return await context.plugins.forward((plugins) => processResponse(plugins, whole, signal));
}

/** The host's answer where the upstream failed: a 500, which its client can't tell from one of the upstream. */
function internalError(
  context: HostContext,
  target: ForwardTarget,
  what: string,
  error: unknown,
): WholeResponse {
  const { message } = error as Error;
  context.emit({ type: "error", where: target.url.host, message });
  return errorResponse(500, `Internal Server Error: ${what}: ${message}`);
}

const oops = (): WholeResponse => ({
  status: 500,
  headers: [["content-type", "text/plain; charset=utf-8"]],
  body: Buffer.from("Oops, something went wrong"),
});

function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: WholeResponse | StreamedResponse,
): void {
  const fields = response.headers.map(([name, value]) => [titleCase(name), value] as const);
  const has = (name: string): boolean => fieldValue(response.headers, name) !== undefined;
  if (!has("connection")) outgoing.removeHeader("connection");
  if (has("date")) outgoing.sendDate = false;
  if ("stream" in response) {
    outgoing.writeHead(response.status, fields.flat());
    response.stream.on("error", () => outgoing.destroy());
    response.stream.pipe(outgoing);
    return;
  }
  const declared = has("content-length") || has("transfer-encoding");
  const head = incoming.method === "HEAD";
  const length: HeaderList =
    declared || head || response.status === 204 || response.status === 304 || response.status < 200
      ? []
      : [["Content-Length", String(response.body.length)]];
  outgoing.writeHead(response.status, [...fields, ...length].flat());
  outgoing.end(head ? undefined : response.body);
}
