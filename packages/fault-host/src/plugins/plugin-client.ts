import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type GetPluginCapabilitiesResponse,
  type GetPluginInfoResponse,
  type HttpRequest,
  type HttpResponse,
  PluginService,
  type ProcessHttpRequestResponse,
  type ProcessHttpResponseResponse,
  type ProcessTunnelDataRequest,
  ProcessTunnelDataRequestSchema,
  type ProcessTunnelDataResponse,
  ProcessTunnelDataResponseSchema,
} from "@faultwire/fault-protocol";
import { GrpcChannel, type GrpcResult } from "../grpc/grpc-channel.ts";
import { GRPC_STATUS, type GrpcFailure } from "../grpc/grpc-status.ts";
import type { ChunkCall } from "../poll/plugin-stream.ts";
import { PENDING, type Pending, StreamError, type Waker } from "../poll/poll.ts";

/** A unary call that failed. Never leaves the package. */
export class CallFailed extends Error {
  override readonly name: string = "CallFailed";
  readonly failure: GrpcFailure;

  constructor(failure: GrpcFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Told of every call's end: how it is watched from outside. */
export type OnCall = (method: string, failure: GrpcFailure | undefined) => void;

const pathOf = (method: string): string => `/${PluginService.typeName}/${method}`;
const TUNNEL_PATH = pathOf(PluginService.method.processTunnelData.name);

/** The six methods of a plugin, over one connection. */
export class PluginClient {
  readonly #channel: GrpcChannel;
  readonly #onCall: OnCall | undefined;

  constructor(url: string, onCall?: OnCall) {
    this.#channel = new GrpcChannel(url);
    this.#onCall = onCall;
  }

  async isHealthy(): Promise<boolean> {
    const response = await this.#unary(PluginService.method.healthCheck, {});
    return response.healthy;
  }

  info(): Promise<GetPluginInfoResponse> {
    return this.#unary(PluginService.method.getPluginInfo, {});
  }

  capabilities(): Promise<GetPluginCapabilitiesResponse> {
    return this.#unary(PluginService.method.getPluginCapabilities, {});
  }

  processRequest(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse> {
    return this.#unary(PluginService.method.processHttpRequest, { request }, signal);
  }

  processResponse(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse> {
    return this.#unary(PluginService.method.processHttpResponse, { response }, signal);
  }

  /** Prepares a ProcessTunnelData call; it is made when polled. */
  processChunk(request: Omit<ProcessTunnelDataRequest, "$typeName" | "$unknown">): ChunkCall {
    return new PolledChunkCall(this.#channel, request, this.#onCall);
  }

  close(): void {
    this.#channel.close();
  }

  #unary<I extends DescMessage, O extends DescMessage>(
    method: { readonly name: string; readonly input: I; readonly output: O },
    init: Parameters<typeof create<I>>[1],
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      const message = toBinary(method.input, create(method.input, init));
      const call = this.#channel.call(pathOf(method.name), message, (result) => {
        signal?.removeEventListener("abort", abort);
        const decoded = decode(method.output, result);
        this.#onCall?.(method.name, decoded.kind === "failure" ? decoded.failure : undefined);
        if (decoded.kind === "failure") reject(new CallFailed(decoded.failure));
        else resolve(decoded.message);
      });
      const abort = (): void => {
        call.cancel();
        reject(new CallFailed({ code: GRPC_STATUS.cancelled, message: "the client is gone" }));
      };
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }
}

type Decoded<O extends DescMessage> =
  | { readonly kind: "message"; readonly message: MessageShape<O> }
  | { readonly kind: "failure"; readonly failure: GrpcFailure };

function decode<O extends DescMessage>(schema: O, result: GrpcResult): Decoded<O> {
  if (result.kind === "failure") return result;
  try {
    return { kind: "message", message: fromBinary(schema, result.message) };
  } catch (error) {
    const message = `the plugin's answer can't be decoded: ${(error as Error).message}`;
    return { kind: "failure", failure: { code: GRPC_STATUS.internal, message } };
  }
}

class PolledChunkCall implements ChunkCall {
  readonly #channel: GrpcChannel;
  readonly #request: Omit<ProcessTunnelDataRequest, "$typeName" | "$unknown">;
  readonly #onCall: OnCall | undefined;
  #waker: Waker | undefined;
  #result: Decoded<typeof ProcessTunnelDataResponseSchema> | undefined;
  #call: { cancel(): void } | undefined;

  constructor(
    channel: GrpcChannel,
    request: Omit<ProcessTunnelDataRequest, "$typeName" | "$unknown">,
    onCall: OnCall | undefined,
  ) {
    this.#channel = channel;
    this.#request = request;
    this.#onCall = onCall;
  }

  poll(waker: Waker): ProcessTunnelDataResponse | Pending {
    if (this.#result?.kind === "message") return this.#result.message;
    if (this.#result) throw new StreamError(this.#result.failure.message);
    this.#waker = waker;
    this.#call ??= this.#make();
    return PENDING;
  }

  cancel(): void {
    this.#call?.cancel();
  }

  #make(): { cancel(): void } {
    const message = toBinary(
      ProcessTunnelDataRequestSchema,
      create(ProcessTunnelDataRequestSchema, this.#request),
    );
    return this.#channel.call(TUNNEL_PATH, message, (result) => {
      this.#result = decode(ProcessTunnelDataResponseSchema, result);
      this.#onCall?.(
        PluginService.method.processTunnelData.name,
        this.#result.kind === "failure" ? this.#result.failure : undefined,
      );
      this.#waker?.wake();
    });
  }
}
