import type { Header } from "@faultwire/http1";
import { headerTokens, headerValue } from "@faultwire/http1";
import { drawKey } from "../draw.ts";
import { jsonMember } from "../json-value.ts";
import type { PathRequest } from "../providers/request-profile.ts";

import { PROVIDER_NAMES, type Provider, REQUESTS } from "../providers/request-table.ts";
import { fromUtf8 } from "../text.ts";

/**
 * How a connection's traffic can be read.
 *
 * - `opaque`: HTTPS that stays closed; there are no requests to be seen
 * - `decrypted`: HTTPS that is opened on its way
 * - `plain`: HTTP in clear
 */
export const TRAFFIC_WAYS = ["opaque", "decrypted", "plain"] as const;
/** One of {@link TRAFFIC_WAYS}. */
export type TrafficWay = (typeof TRAFFIC_WAYS)[number];

/** What is known of a connection. Fields that can't be known are left out; rules that ask for them don't match. */
export interface ConnectionFacts {
  /**
   * Names the connection in counts and draws. For decisions that are the same in every run it has to be, too: an
   * ordinal of its client, not a random id.
   */
  readonly connection: string;
  /** Names the client, for `per: client`: its address, or whatever tells clients apart. A request's user agent outranks it. */
  readonly client?: string;
  /** How its traffic can be read. */
  readonly way?: TrafficWay;
  /** In lower case, without a port. */
  readonly host?: string;
  /** Port that it goes to. */
  readonly port?: number;
  /** Server name of its ClientHello, in lower case. */
  readonly sni?: string;
  /** Application protocol that was negotiated, such as `h2`. */
  readonly alpn?: string;
  /** JA4 fingerprint of its ClientHello. */
  readonly ja4?: string;
}

/** What is known of a request, on top of its connection. */
export interface RequestFacts extends ConnectionFacts {
  /** As on the request line. */
  readonly method: string;
  /** As on the request line; the query is not matched. */
  readonly target: string;
  /** Headers in their order. */
  readonly headers: readonly Header[];
  /**
   * The whole body. Left out: it is not there yet. `null`: it will not be there, because it is too large or passes
   * unread; rules that ask for it don't match.
   */
  readonly body?: Uint8Array | null;
}

/**
 * The path of a request target, without query; `*` and authority forms as they are. Bytes from 0x80 on are written as a
 * URL writes them (`%C3%BC`), so that a rule finds a path that its client has not encoded.
 */
export function targetPath(target: string): string {
  return rawPath(target).replaceAll(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function rawPath(target: string): string {
  const end = target.search(/[?#]/);
  const bare = end === -1 ? target : target.slice(0, end);
  if (bare.startsWith("/")) return bare;
  const host = bare.indexOf("://");
  if (host === -1) return bare;
  const slash = bare.indexOf("/", host + 3);
  return slash === -1 ? "/" : bare.slice(slash);
}

/**
 * Which API a request is for, told by its host, else by its path and, where the path is shared, by headers: so that it also
 * works through gateways and mocks that have other host names.
 */
export function requestProvider(request: ProviderTraits): Provider | undefined {
  const { target, headers } = request;
  const host = request.host ?? hostOfHeaders(headers);
  const traits = { host: host?.toLowerCase() ?? null, path: targetPath(target), headers };
  return (
    PROVIDER_NAMES.find((provider) => REQUESTS[provider].isAt?.(traits)) ??
    PROVIDER_NAMES.find((provider) => REQUESTS[provider].isFor(traits))
  );
}

/** What tells whose request it is. Without a host, the `Host` header counts. */
export type ProviderTraits = Pick<RequestFacts, "target" | "headers" | "host">;

function hostOfHeaders(headers: readonly Header[]): string | undefined {
  const name = headerValue(headers, "host") ?? headerValue(headers, ":authority");
  return name?.replace(/:\d+$/, "");
}

/** Every header that holds an API key, each once. */
const KEY_HEADERS: ReadonlySet<string> = new Set(
  Object.values(REQUESTS).flatMap(({ keyHeaders }) => keyHeaders),
);

/**
 * A text that stands for the API key of a request; empty without a key. It is the same for the same key at several APIs. A signature is
 * none: it differs from request to request. Whoever has the text can try keys against it, so it is not for a log.
 */
export function keyScope(headers: readonly Header[]): string {
  for (const name of KEY_HEADERS) {
    const key = headerValue(headers, name);
    // Parameters (RFC 9110 section 11.4), as signatures have them; a key or a token holds no comma.
    if (key === undefined || key.includes(",")) continue;
    const { high, low } = drawKey("api-key", key);
    return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  }
  return "";
}

/** Whether a request asks for a WebSocket (RFC 6455 section 4.1). */
export function asksForWebSocket({ method, headers }: Pick<RequestFacts, "method" | "headers">): boolean {
  return method === "GET" && headerTokens(headers, "upgrade").includes("websocket");
}

/** Characters of a user agent that tell clients apart: a client may send one of many kilobytes, and each is remembered. */
const MAX_CLIENT_LENGTH = 256;

/** A request's facts with what costs something to find out, found out once and only when asked for. */
export class KnownRequest {
  readonly facts: RequestFacts;
  /** Without the query. */
  readonly path: string;
  #key: string | undefined;
  #json: { readonly value: unknown } | undefined;
  #inPath: { readonly value: PathRequest | undefined } | undefined;
  #model: { readonly value: string | undefined } | undefined;

  constructor(facts: RequestFacts) {
    this.facts = facts;
    this.path = targetPath(facts.target);
  }

  /** True while rules that ask for the body can't be judged. */
  get lacksBody(): boolean {
    return this.facts.body === undefined;
  }

  get key(): string {
    this.#key ??= keyScope(this.facts.headers);
    return this.#key;
  }

  /** The client, for `per: client`: its user agent, else the client of its connection. */
  get client(): string {
    return (
      headerValue(this.facts.headers, "user-agent")?.slice(0, MAX_CLIENT_LENGTH) || (this.facts.client ?? "")
    );
  }

  /** The body as JSON; `undefined` where it is none. */
  get json(): unknown {
    if (this.#json === undefined) {
      const { body } = this.facts;
      try {
        this.#json = { value: body ? JSON.parse(fromUtf8(body)) : undefined };
      } catch {
        this.#json = { value: undefined };
      }
    }
    return this.#json.value;
  }

  /** What the path says of model and stream; `undefined` where the body says it. */
  get inPath(): PathRequest | undefined {
    this.#inPath ??= { value: readPath(this.path) };
    return this.#inPath.value;
  }

  get model(): string | undefined {
    if (this.#model === undefined) {
      const model = this.inPath?.model ?? jsonMember(this.json, "model");
      this.#model = { value: typeof model === "string" ? model : undefined };
    }
    return this.#model.value;
  }

  get isStream(): boolean {
    return this.inPath?.stream ?? jsonMember(this.json, "stream") === true;
  }
}

function readPath(path: string): PathRequest | undefined {
  for (const profile of Object.values(REQUESTS)) {
    const found = profile.readPath(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a request asks for, as events and budgets need it. */
export interface RequestSummary {
  /** Without the query. */
  readonly path: string;
  /** Whose API it is for; `null` for none that is known. */
  readonly provider: Provider | null;
  /** Model that it asks for; `null` where it names none. */
  readonly model: string | null;
  /** Whether it asks for a stream. */
  readonly stream: boolean;
  /** Stands for the API key without giving it away; empty without one. */
  readonly key: string;
  /** Messages that the body holds; `null` where it holds no list of them that can be read. */
  readonly messages: number | null;
}

/** Members of a body that are its list of messages, in the APIs of all providers. */
const messageLists = ["messages", "contents", "input"] as const;

function countMessages(json: unknown): number | null {
  for (const name of messageLists) {
    const list = jsonMember(json, name);
    if (Array.isArray(list)) return list.length;
  }
  return null;
}

/**
 * Sums a request up, the body as far as it is there.
 *
 * @example
 * ```ts
 * const { model, stream } = summarizeRequest(facts);
 * ```
 */
export function summarizeRequest(facts: RequestFacts): RequestSummary {
  const request = new KnownRequest(facts);
  return {
    path: request.path,
    provider: requestProvider(facts) ?? null,
    model: request.model ?? null,
    stream: request.isStream,
    key: request.key,
    messages: countMessages(request.json),
  };
}
