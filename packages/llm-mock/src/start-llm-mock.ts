import type { AddressInfo, Server, Socket } from "node:net";
import type { SecureContext, TlsOptions } from "node:tls";
import { callbackify } from "node:util";
import { createHttpServer } from "./http-server.ts";
import { type LlmMockLimits, limitsWith } from "./limits.ts";
import { LlmMockError } from "./llm-mock-error.ts";
import type { Reply } from "./model/speak.ts";
import { providersOf } from "./providers.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { Script } from "./script/script.ts";
import { serveRequests } from "./serve-requests.ts";

/**
 * The certificates of a mock that speaks HTTPS: one pair for every name, or a context for each name that a client asks
 * for. Clients that name no server (those that connect to an IP address) need the pair.
 */
export type LlmMockTls =
  | {
      /** The private key, PEM. */
      readonly key: string | Uint8Array;
      /** The certificate and those that lead to its root, PEM. */
      readonly cert: string | Uint8Array;
    }
  | {
      /** Gives the context for the name that a client asks for. */
      readonly secureContextFor: (serverName: string) => SecureContext | Promise<SecureContext>;
      /** The private key, PEM. */
      readonly key?: string | Uint8Array;
      /** The certificate and those that lead to its root, PEM. */
      readonly cert?: string | Uint8Array;
    };

/** Settings of {@link startLlmMock}. Everything has a default. */
export interface LlmMockOptions {
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Default: HTTP without TLS. */
  readonly tls?: LlmMockTls;
  /** Whether a port with {@link tls} answers in clear, too. Default false. */
  readonly alsoInClear?: boolean;
  /** Whether clients that offer both versions over TLS get HTTP/2. Default: HTTP/1.1. */
  readonly prefersHttp2?: boolean;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** What ids are derived from, besides the request. Default 0. */
  readonly seed?: number;
  /** The pause before each frame of a stream but the first, in milliseconds. Default 0. */
  readonly eventDelayMs?: number;
  /**
   * How many output tokens come a second, in streams and, for as long as they would take, before answers in one piece.
   * Default: as fast as the connection takes them. A script's `pace` comes before it.
   */
  readonly tokensPerSecond?: number;
  /** From the request to the first token, in milliseconds. Default 0. */
  readonly firstTokenMs?: number;
  /** How long a batch is worked on, in milliseconds by the mock's clock. Default 1,000. */
  readonly batchMs?: number;
  /** What to say to a request. Default: an echo of the last user message. */
  readonly reply?: Reply;
  /** Turns that come before `reply`; `parseScript` reads them from a file's text. */
  readonly script?: Script;
  /** Told of each request when its response is over. */
  readonly log?: (request: LoggedRequest) => void;
  /** In place of single ones of the defaults. */
  readonly limits?: Partial<LlmMockLimits>;
}

/** A running mock. */
export interface LlmMock {
  /** Scheme, address and port: what an SDK takes as its base URL. */
  readonly url: string;
  /** The TCP port on 127.0.0.1 that it listens on. */
  readonly port: number;
  /** What was asked so far, oldest first; a live view that holds at most `maxLoggedRequests`. */
  readonly requests: readonly LoggedRequest[];
  /** Stops listening and cuts what is open, streams included; done when all is closed. */
  close(): Promise<void>;
}

/**
 * Starts the APIs of the providers on this machine: Anthropic, OpenAI, Azure OpenAI, Gemini, Vertex AI, Bedrock, Mistral,
 * Cohere, OpenRouter, LiteLLM's gateway, Ollama. A
 * request's path and headers say which one it is for. What an API would refuse gets that API's own error.
 *
 * The same request and the same seed give the same body, byte for byte, where the API's body has no time in it; the ids of
 * responses count on.
 *
 * @throws {@link LlmMockError} `listen-failed`, `invalid-option`.
 * @example
 * ```ts
 * const mock = await startLlmMock();
 * const client = new Anthropic({ baseURL: mock.url, apiKey: "any" });
 * // …
 * await mock.close();
 * ```
 */
export async function startLlmMock(options: LlmMockOptions = {}): Promise<LlmMock> {
  const { host = "127.0.0.1", port = 0, eventDelayMs = 0, seed = 0, batchMs = 1000 } = options;
  const { tokensPerSecond, firstTokenMs = 0, reply, script } = options;
  for (const [name, value] of Object.entries({ eventDelayMs, firstTokenMs, batchMs }))
    if (!(value >= 0)) throw new LlmMockError("invalid-option", `${name} is ${value}; give 0 or more`);
  if (tokensPerSecond !== undefined && !(tokensPerSecond > 0))
    throw new LlmMockError("invalid-option", `tokensPerSecond is ${tokensPerSecond}; give more than 0`);
  if (script && !Array.isArray(script.turns))
    throw new LlmMockError(
      "invalid-option",
      "script has no list of turns; give what parseScript makes of a script's text",
    );
  const limits = limitsWith(options.limits ?? {});
  const requests: LoggedRequest[] = [];
  const listener = serveRequests({
    limits,
    requests,
    eventDelayMs,
    pace: { firstTokenMs, ...(tokensPerSecond !== undefined && { tokensPerSecond }) },
    providers: providersOf({ seed, limits, batchMs, mind: { reply, script } }),
    now: options.now ?? Date.now,
    log: options.log,
  });
  const server = createHttpServer(
    listener,
    limits,
    options.tls && tlsOptions(options.tls),
    options.prefersHttp2 ?? false,
    options.alsoInClear,
  );
  server.maxConnections = limits.maxConnections;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const address = await listen(server, host, port);
  return {
    url: `${options.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** What Node's TLS takes of the certificates. */
function tlsOptions(tls: LlmMockTls): TlsOptions {
  const { key, cert } = tls;
  const pair = { ...(key && { key: asBuffer(key) }), ...(cert && { cert: asBuffer(cert) }) };
  if (!("secureContextFor" in tls)) return pair;
  const { secureContextFor } = tls;
  return { ...pair, SNICallback: callbackify(async (serverName: string) => secureContextFor(serverName)) };
}

const asBuffer = (pem: string | Uint8Array): string | Buffer =>
  typeof pem === "string" ? pem : Buffer.from(pem);

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(
        new LlmMockError(
          "listen-failed",
          `the mock could not listen on ${host}, port ${port}: ${messageOf(cause)}`,
          {
            cause,
          },
        ),
      );
    server.once("error", failed);
    try {
      server.listen({ host, port }, () => {
        server.off("error", failed);
        // From here on it can only be a connection that could not be accepted: its client sees that by itself.
        server.on("error", () => {});
        resolve(server.address() as AddressInfo);
      });
    } catch (error) {
      failed(error);
    }
  });
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
