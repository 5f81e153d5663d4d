import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { DescMessage, DescService, MessageShape } from "@bufbuild/protobuf";
import type { MessageMemory } from "./message-memory.ts";
import { runCall, type UnaryCall, type UnaryRoute, type UnreadMessage } from "./unary-call.ts";
import { UnaryFastPathError } from "./unary-fast-path-error.ts";

/** Limits of a call, each against somebody who can reach the port. */
export const unaryLimits = {
  /**
   * The longest message that is taken unless `maxMessageBytes` says otherwise, in bytes: gRPC's customary 4 MiB. Without a
   * `memory` every stream can have this much buffered, so what a connection may cost is this times the server's
   * `maxConcurrentStreams`.
   */
  defaultMaxMessageBytes: 4_194_304,
  /** The most that `maxMessageBytes` may be: the prefix has four bytes for the length. */
  maxMessageBytes: 4_294_967_295,
} as const;

/**
 * Answers one method. It may return the response, a promise of it, or `undefined` when it has called, or will call,
 * {@link UnaryCall.respond} or {@link UnaryCall.fail}: that way costs no promise. What it throws, and what its promise
 * rejects with, is the call's status: a `ConnectError` as it is, anything else `internal error`.
 *
 * The `bytes` fields of `request` are views of what was read from the connection. Copy what is to stay for long, or
 * up to 64 KiB stay with it.
 */
export type UnaryMethod<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: UnaryCall<MessageShape<O>>,
) => MessageShape<O> | Promise<MessageShape<O>> | undefined;

/** Implementations by the local names (`processTunnelData`) of a service's unary methods; any of them, not all. */
export type UnaryMethods<S extends DescService> = {
  readonly [Name in keyof S["method"]]?: S["method"][Name] extends {
    readonly methodKind: "unary";
    readonly input: infer I extends DescMessage;
    readonly output: infer O extends DescMessage;
  }
    ? UnaryMethod<I, O>
    : never;
};

/** What {@link unaryFastPath} is to answer. */
export interface UnaryFastPathOptions<S extends DescService> {
  /** The generated service. */
  readonly service: S;
  /** What answers each method, by its name; calls of other methods are not taken. */
  readonly methods: UnaryMethods<S>;
  /** The longest request message that is taken, in bytes. Default {@link unaryLimits}' 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Counts the memory of messages that are still coming. Several paths may share one. Left out, each call has its own limit. */
  readonly memory?: MessageMemory;
  /**
   * Answers calls whose message is too long, or had to give way, at their end and without the message, whose bytes are dropped
   * as they come. Left out for a method, such a call is `ResourceExhausted` at once.
   */
  readonly unread?: {
    readonly [Name in keyof UnaryMethods<S>]?: (
      why: UnreadMessage,
    ) => MessageShape<S["method"][Name & keyof S["method"]]["output"]>;
  };
  /**
   * Told of a call that is cancelled before its method has got it, with the bytes of the message that had come: the method will
   * not hear of it.
   */
  readonly abandoned?: { readonly [Name in keyof UnaryMethods<S>]?: (part: Uint8Array) => void };
}

/** Takes a stream, or leaves it: `false` means that it is untouched and somebody else's to answer. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/**
 * A handler that answers unary gRPC calls on core streams of `node:http2`, without connect's pipeline. It takes
 * `POST /package.Service/Method` with content type `application/grpc` or `application/grpc+proto` for the methods given;
 * gRPC-Web, Connect, JSON, other methods and other paths are left (see `takeStreamsFirst`).
 *
 * Every way in which a call can fail is its gRPC status: deadline (`grpc-timeout`), size (checked on the prefix, before
 * anything is buffered), compression (none is supported), messages missing, cut short, repeated or undecodable.
 *
 * @throws {@link UnaryFastPathError} `unknown-method`, `invalid-limit`
 * @example
 * const takes = unaryFastPath({ service: EchoService, methods: { echo: (request) => request } });
 */
export function unaryFastPath<S extends DescService>(options: UnaryFastPathOptions<S>): StreamHandler {
  const routes = routesOf(options);
  return (stream, headers) => {
    const route = routes.get(headers[":path"] ?? "");
    if (route === undefined || headers[":method"] !== "POST" || !isGrpc(headers["content-type"]))
      return false;
    runCall(route, stream, headers);
    return true;
  };
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType === "application/grpc" || contentType === "application/grpc+proto";
}

function routesOf<S extends DescService>(options: UnaryFastPathOptions<S>): Map<string, UnaryRoute> {
  const { service, maxMessageBytes = unaryLimits.defaultMaxMessageBytes } = options;
  if (
    !Number.isInteger(maxMessageBytes) ||
    maxMessageBytes < 1 ||
    maxMessageBytes > unaryLimits.maxMessageBytes
  )
    throw new UnaryFastPathError(
      "invalid-limit",
      `maxMessageBytes is ${maxMessageBytes}; give a whole number from 1 to ${unaryLimits.maxMessageBytes}`,
    );
  const routes = new Map<string, UnaryRoute>();
  for (const [name, answer] of Object.entries(options.methods)) {
    if (answer === undefined) continue;
    const method = service.methods.find((each) => each.localName === name);
    if (method?.methodKind !== "unary")
      throw new UnaryFastPathError("unknown-method", `${service.typeName} has no unary method ${name}`);
    routes.set(`/${service.typeName}/${method.name}`, {
      input: method.input,
      output: method.output,
      maxMessageBytes,
      answer: answer as UnaryRoute["answer"],
      unread: options.unread?.[name as keyof UnaryMethods<S>] as UnaryRoute["unread"],
      abandoned: options.abandoned?.[name as keyof UnaryMethods<S>],
      memory: options.memory,
    });
  }
  return routes;
}
