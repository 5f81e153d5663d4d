import type { IncomingMessage, RequestOptions } from "node:http";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline, type Readable } from "node:stream";
import * as zlib from "node:zlib";
import type { HostContext } from "../host-context.ts";
import { resolveAddress, upstreamAt } from "../upstream-address.ts";
import { fieldValue, type HeaderList, pairsOf, without } from "./header-list.ts";

/**
 * The longest request or response body that forward mode collects. The binary has no limit and fills its memory;
 * a test that gets here by mistake should fail instead.
 */
export const MAX_BODY_BYTES: number = 256 * 1024 * 1024;

/** A request on its way to the upstream. */
export interface ForwardRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** An upstream's response; the body is what is left of it when its content encoding is undone. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Readable;
}

/** Methods whose requests are sent without a body when nothing declares one. */
const BODILESS = new Set(["GET", "HEAD", "CONNECT"]);

/**
 * Sends a request as the host's HTTP client does: over a connection of its own, with its default fields added, the
 * body chunked when no length is declared.
 *
 * @param bodyLengthKnown whether the client knows the body's length (it does not once a request has met plugins)
 * @throws Error when the upstream can't be reached or breaks off before its head is complete
 */
export async function sendUpstream(
  context: HostContext,
  request: ForwardRequest,
  bodyLengthKnown: boolean,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  const upstream = upstreamAt(request.url);
  if (!upstream) throw new Error(`${request.url.protocol} has no port`);
  const address = await resolveAddress(upstream, context.resolve);
  const options: RequestOptions = {
    ...address,
    method: request.method,
    path: `${request.url.pathname}${request.url.search}`,
    headers: grouped(framedHeaders(request, bodyLengthKnown)),
    setHost: false,
    agent: false,
    signal,
  };
  const secure = request.url.protocol === "https:";
  const sent = secure
    ? requestHttps({
        ...options,
        servername: upstream.hostname,
        ...(context.upstreamCa.length > 0 && { ca: [...context.upstreamCa] }),
      })
    : requestHttp(options);
  if (fieldValue(request.headers, "connection") === undefined) sent.removeHeader("connection");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", resolve);
    sent.end(request.body);
  });
  // From here on a broken connection is the body's error.
  sent.on("error", () => {});
  return decoded(response);
}

function framedHeaders(request: ForwardRequest, bodyLengthKnown: boolean): HeaderList {
  let { headers } = request;
  const add = (name: string, value: string): void => {
    if (fieldValue(headers, name) === undefined) headers = [...headers, [name, value]];
  };
  add("accept", "*/*");
  if (fieldValue(headers, "range") === undefined) add("accept-encoding", "zstd,gzip,br");
  if (fieldValue(headers, "host") === undefined) add("host", request.url.host);
  const declared = ["content-length", "transfer-encoding"].some(
    (name) => fieldValue(headers, name) !== undefined,
  );
  if (declared) return headers;
  if (bodyLengthKnown && (request.body.length > 0 || !BODILESS.has(request.method)))
    add("content-length", String(request.body.length));
  else if (!BODILESS.has(request.method)) add("transfer-encoding", "chunked");
  return headers;
}

/** Repeated fields under one name: the form in which Node still lets its own fields be removed. */
function grouped(headers: HeaderList): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}

function decoded(response: IncomingMessage): UpstreamResponse {
  const status = response.statusCode ?? 0;
  const headers = pairsOf(response.rawHeaders);
  const decoder = decoderOf(fieldValue(headers, "content-encoding"));
  if (!decoder) return { status, headers, body: response };
  pipeline(response, decoder, () => {});
  return { status, headers: without(without(headers, "content-encoding"), "content-length"), body: decoder };
}

function decoderOf(encoding: string | undefined): (NodeJS.ReadWriteStream & Readable) | undefined {
  if (encoding === "gzip") return zlib.createGunzip();
  return encoding === "br" ? zlib.createBrotliDecompress() : undefined;
}

/**
 * The whole of a body.
 *
 * @throws Error when it is longer than {@link MAX_BODY_BYTES} or breaks off
 */
export async function collectBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error(`the body is longer than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
