/** What a provider's folder has to give: one API, from its paths to its errors. */
import type { Provider } from "@faultwire/fault-engine";
import { requestProvider } from "@faultwire/fault-engine/internal";
import type { Header } from "@faultwire/http1";
import type { ApiRequest, Call, Route, TokenUse, WholeAnswer } from "./api.ts";
import type { ApiError } from "./api-error.ts";
import type { LlmMockLimits } from "./limits.ts";
import type { Mind } from "./model/speak.ts";

/** What all providers of one mock have in common. */
export interface World {
  readonly seed: number;
  readonly mind: Mind;
  readonly limits: LlmMockLimits;
  /** How long a batch is worked on, in milliseconds by the mock's clock. */
  readonly batchMs: number;
}

/** One API. */
export interface MockProvider {
  readonly name: string;
  /** Whether a request is for this API: by its path first, then by its host and headers. */
  readonly claims: (request: ApiRequest, path: string) => boolean;
  /** The id of a response, from how many came before it. */
  readonly requestId: (count: number) => string;
  /** What every response's head has. */
  readonly headers: (requestId: string) => readonly Header[];
  readonly routes: readonly Route[];
  /** What is asked of every call before its handler is: a key, a version. */
  readonly refuse?: (call: Call) => ApiError | undefined;
  /** An error that the server itself has: no such path, no such method, too large, broken. */
  readonly failure: (status: number, message: string) => ApiError;
  /** An error as it goes out. */
  readonly errorAnswer: (error: ApiError, call: Pick<Call, "requestId">) => WholeAnswer;
  /** Counts an answer, and gives the headers that say what is left. */
  readonly rateLimit?: (nowMs: number, use: TokenUse) => readonly Header[];
}

/** Makes one API for a mock. */
export type ProviderMaker = (world: World) => MockProvider;

/** A header of a request, the first where there are several. */
export function headerOf(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** The host of a request in lower case, without its port. */
export const hostOf = (request: ApiRequest): string =>
  (headerOf(request, "host") ?? headerOf(request, ":authority") ?? "").toLowerCase().replace(/:\d+$/, "");

/** Whose request it is as rules know it: by its host, its path, its headers. */
export function ruledProvider(request: ApiRequest): Provider | undefined {
  const headers = Object.entries(request.headers).flatMap(([name, value]): Header[] =>
    (typeof value === "object" ? value : value === undefined ? [] : [value]).map((one) => [name, one]),
  );
  return requestProvider({ target: request.path, headers });
}

/** What every API asks for that takes a bearer token; `refuse` gives its error. */
export const hasBearer = (request: ApiRequest): boolean =>
  /^bearer \S/i.test(headerOf(request, "authorization") ?? "");
