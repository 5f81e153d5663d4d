/** What a provider's folder and the server say to each other: one whole request in, one answer out. */
import type { Header } from "@faultwire/http1";
import type { ApiError } from "./api-error.ts";
import type { Pace } from "./model/speech.ts";

/** A request whose body is all there. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly body: Uint8Array;
}

/** A request on its way to a handler. */
export interface Call {
  readonly request: ApiRequest;
  /** The path without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the groups of the route's expression caught, percent-decoded. */
  readonly params: readonly string[];
  /** Scheme and host that the client asked, for addresses in answers. */
  readonly origin: string;
  /** The id that the response's head has. */
  readonly requestId: string;
  /** Milliseconds since the epoch, by the mock's clock. */
  readonly nowMs: number;
}

/** What an answer costs. */
export interface TokenUse {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What every answer that went well may say of itself, for the log and the rate limits. */
interface AnswerFacts {
  readonly usage?: TokenUse;
  readonly model?: string;
  readonly headers?: readonly Header[];
  /** How fast the model speaks here, where a script says it. */
  readonly pace?: Pace | undefined;
}

/** An answer in one piece. */
export interface WholeAnswer extends AnswerFacts {
  readonly kind: "whole";
  /** Default 200. */
  readonly status?: number;
  /** Default `application/json`. */
  readonly contentType?: string;
  readonly body: string | Uint8Array;
}

/** A part of a stream that is sent at once. */
export interface Frame {
  readonly bytes: string | Uint8Array;
  /** How many tokens the model has said with it: what the pace of a stream goes by. */
  readonly tokens: number;
}

/** An answer frame by frame. */
export interface StreamAnswer extends AnswerFacts {
  readonly kind: "stream";
  readonly contentType: string;
  readonly frames: readonly Frame[];
}

/** What the API says to a request, before ids and rate limits. */
export type ApiAnswer = ApiError | WholeAnswer | StreamAnswer;

/** What answers one method of one path. */
export type Handler = (call: Call) => ApiAnswer;

/** A path with what each of its methods does. */
export interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
}

/** An answer of JSON. */
export const json = (value: unknown, facts: AnswerFacts = {}): WholeAnswer => ({
  kind: "whole",
  body: JSON.stringify(value),
  ...facts,
});

/** A frame; by itself it stands for no token. */
export const frame = (bytes: string | Uint8Array, tokens = 0): Frame => ({ bytes, tokens });

/** A server-sent event without a name: `data: …`. */
export const dataEvent = (data: unknown, tokens = 0): Frame =>
  frame(`data: ${JSON.stringify(data)}\n\n`, tokens);

/** A server-sent event whose name is its `type`, as Anthropic and OpenAI's Responses send them. */
export const typedEvent = (
  data: { readonly type: string; readonly [field: string]: unknown },
  tokens = 0,
): Frame => frame(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`, tokens);

/** The one media type of server-sent events. */
export const EVENT_STREAM = "text/event-stream; charset=utf-8";
