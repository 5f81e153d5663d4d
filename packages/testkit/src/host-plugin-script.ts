/** What a scripted plugin announces and answers, and how that is written on the wire. */
import type { IncomingHttpHeaders } from "node:http2";
import { concatBytes } from "./chunkers.ts";
import {
  bytesField,
  bytesOf,
  encodeHttpRequest,
  encodeHttpResponse,
  numberField,
  numberOf,
  presentField,
  readFields,
  stringOf,
  type WireHttpRequest,
  type WireHttpResponse,
} from "./host-wire.ts";

const INFO_SIDES = { client: 0, server: 1, any: 2 } as const;
const DIRECTIONS = { ingress: 0, egress: 1, both: 2 } as const;

/** Ends a call the wrong way: a gRPC status, a reset stream, an HTTP status instead of gRPC, or raw bytes. */
export type BrokenAnswer =
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "reset"; readonly code: number }
  | { readonly kind: "http"; readonly status: number }
  | { readonly kind: "raw"; readonly message: Uint8Array }
  | { readonly kind: "no-message" };

/** What becomes of a chunk. `none` is a response without an action. */
export type TunnelAnswer =
  | { readonly kind: "pass"; readonly chunk?: Uint8Array }
  | { readonly kind: "replace"; readonly chunk: Uint8Array }
  | { readonly kind: "buffer"; readonly ms: number }
  | { readonly kind: "close"; readonly reason: string }
  | { readonly kind: "none" }
  | BrokenAnswer;

/** What becomes of a whole request (forward mode). */
export type RequestAnswer =
  | { readonly kind: "continue"; readonly modified?: WireHttpRequest }
  | { readonly kind: "abort"; readonly response?: WireHttpResponse }
  | BrokenAnswer;

/** What becomes of a whole response (forward mode). */
export type ResponseAnswer =
  | {
      readonly kind: "continue" | "abort";
      readonly modified?: WireHttpResponse;
      readonly abortResponse?: WireHttpResponse;
    }
  | BrokenAnswer;

/** The answer to a health check. */
export type HealthAnswer = { readonly kind: "healthy" } | { readonly kind: "unhealthy" } | BrokenAnswer;

/** One recorded call. */
export interface PluginCall {
  /** The method's name without its service. */
  readonly method: string;
  /** When it came, on `performance.now()`'s clock, in ms. */
  readonly at: number;
  /** The request as it came on the wire. */
  readonly message: Uint8Array;
  readonly headers: IncomingHttpHeaders;
  /** Whether the host has given the call up (RST_STREAM) or its connection has died before the answer. */
  cancelled: boolean;
  /** Whether the answer has left. */
  answered: boolean;
}

/** A recorded ProcessTunnelData call. */
export interface TunnelCall extends PluginCall {
  readonly id: string;
  readonly side: "client" | "server";
  readonly direction: "ingress" | "egress";
  readonly chunk: Uint8Array;
}

/** What a handler gives: the answer, or the promise of one, which holds the call. */
export type Answer<T> = T | Promise<T>;

/** How the plugin announces itself and answers; all but the handlers can be changed while it runs. */
export interface PluginScript {
  /** Default `scripted`. */
  name?: string;
  /** The side that it announces; default `server`. */
  side?: keyof typeof INFO_SIDES;
  /** Announced only; default `both`. */
  direction?: keyof typeof DIRECTIONS;
  /** `can_handle_http_forward`; default false. */
  forward?: boolean;
  /** `can_handle_tunnel`; default true. */
  tunnelCapable?: boolean;
  /** Default: healthy. */
  health?: (call: PluginCall) => Answer<HealthAnswer>;
  /** In place of the info that the fields above give. */
  info?: (call: PluginCall) => Answer<BrokenAnswer | undefined>;
  /** In place of the capabilities that the fields above give. */
  capabilities?: (call: PluginCall) => Answer<BrokenAnswer | undefined>;
  /** Default: an empty PassThrough for writes, the same bytes for reads. */
  tunnel?: (call: TunnelCall) => Answer<TunnelAnswer>;
  /** Default: continue, query cut from the path. */
  request?: (request: WireHttpRequest, call: PluginCall) => Answer<RequestAnswer>;
  /** Default: continue with the same response and a content-length. */
  response?: (response: WireHttpResponse, call: PluginCall) => Answer<ResponseAnswer>;
}

/** The answer that changes nothing: the bytes themselves on reads, the empty PassThrough on writes. */
export function passThroughAnswer(call: TunnelCall): TunnelAnswer {
  return call.direction === "ingress" ? { kind: "pass", chunk: call.chunk } : { kind: "pass" };
}

/** The request without the query in its path, as a careful plugin returns it. */
export function withoutQuery(request: WireHttpRequest): WireHttpRequest {
  return { ...request, path: request.path.split("?")[0] ?? "" };
}

/** The response with a content-length, as a careful plugin returns it. */
export function withContentLength(response: WireHttpResponse): WireHttpResponse {
  const headers = response.headers.filter(([name]) => name.toLowerCase() !== "content-length");
  return { ...response, headers: [...headers, ["content-length", String(response.body.length)]] };
}

/** The bytes of a `plugin.ProcessTunnelDataResponse`. */
export function encodeTunnelAnswer(answer: Exclude<TunnelAnswer, BrokenAnswer>): Uint8Array {
  switch (answer.kind) {
    case "pass":
      return presentField(1, bytesField(1, answer.chunk ?? new Uint8Array(0)));
    case "replace":
      return presentField(2, bytesField(1, answer.chunk));
    case "buffer":
      return presentField(3, numberField(1, answer.ms));
    case "close":
      return presentField(4, bytesField(1, answer.reason));
    case "none":
      return new Uint8Array(0);
  }
}

/** Whether an answer ends the call the wrong way. */
export const isBroken: (answer: { readonly kind: string }) => answer is BrokenAnswer = (answer: {
  readonly kind: string;
}): answer is BrokenAnswer => ["error", "reset", "http", "raw", "no-message"].includes(answer.kind);

/** Reads a `plugin.ProcessTunnelDataRequest` into its call. */
export function readTunnelCall(call: PluginCall): TunnelCall {
  const fields = readFields(call.message);
  return Object.assign(call, {
    id: stringOf(fields, 1),
    side: numberOf(fields, 2) === 0 ? ("client" as const) : ("server" as const),
    direction: numberOf(fields, 3) === 0 ? ("ingress" as const) : ("egress" as const),
    chunk: bytesOf(fields, 4),
  });
}

/** The bytes of a `plugin.GetPluginInfoResponse`. */
export function encodeInfo(script: PluginScript): Uint8Array {
  return concatBytes([
    bytesField(1, script.name ?? "scripted"),
    bytesField(2, "0.0.1"),
    bytesField(3, "testkit"),
    numberField(6, DIRECTIONS[script.direction ?? "both"]),
    numberField(7, INFO_SIDES[script.side ?? "server"]),
  ]);
}

/** The bytes of a `plugin.ProcessHttpRequestResponse`. */
export function encodeRequestAnswer(answer: Exclude<RequestAnswer, BrokenAnswer>): Uint8Array {
  if (answer.kind === "continue")
    return answer.modified ? presentField(2, encodeHttpRequest(answer.modified)) : new Uint8Array(0);
  return concatBytes([
    numberField(1, 1),
    answer.response ? presentField(3, encodeHttpResponse(answer.response)) : new Uint8Array(0),
  ]);
}

/** The bytes of a `plugin.ProcessHttpResponseResponse`. */
export function encodeResponseAnswer(answer: Exclude<ResponseAnswer, BrokenAnswer>): Uint8Array {
  return concatBytes([
    numberField(1, answer.kind === "abort"),
    answer.modified ? presentField(2, encodeHttpResponse(answer.modified)) : new Uint8Array(0),
    answer.abortResponse ? presentField(3, encodeHttpResponse(answer.abortResponse)) : new Uint8Array(0),
  ]);
}
