/** The six methods of the plugin protocol, for one endpoint: tunnels and forward mode answer the host's calls. */

import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { UnaryFastPathOptions } from "@faultwire/connect-unary";
import {
  ProcessTunnelDataRequest_Direction as Direction,
  type GetPluginCapabilitiesResponse,
  type GetPluginInfoResponse,
  type HealthCheckResponse,
  healthy,
  type PluginService,
  type ProcessTunnelDataRequest,
  type ProcessTunnelDataResponse,
  pluginCapabilities,
  pluginInfo,
  unhealthy,
  ProcessTunnelDataRequest_Side as WrappedSide,
} from "@faultwire/fault-protocol";
import type { Side } from "@faultwire/fault-session";
import type { TunnelCall, Tunnels } from "@faultwire/tunnel";
import type { Connections } from "./connections/connections.ts";
import type { ForwardMode } from "./forward.ts";

/** What an endpoint's methods need. */
export interface ServiceOptions {
  /** The side that this endpoint announces. */
  readonly side: Side;
  /** Whether this endpoint takes forward mode. Only one of the two may. */
  readonly httpForward: boolean;
  readonly version: string;
  readonly tunnels: Tunnels;
  readonly forward: ForwardMode;
  /** Why the host is not to use the plugin now; undefined while it may. */
  readonly ailment: () => string | undefined;
  /** What the user should do, for the health message; undefined where there is nothing to do. */
  readonly hint: () => string | undefined;
  /** A host asks for health or info, of this side. */
  readonly onPoll: (side: Side, what: "health" | "info") => void;
  /** A connection has given way, or was refused, because there are too many. */
  readonly onFull: () => void;
  /** A chunk has come. */
  readonly onChunk: () => void;
  /** The host has cancelled a chunk's call before it was whole; of this tunnel, where so much had come. */
  readonly onAbandoned: (tunnel: string | undefined) => void;
  /** Whether chunks are answered without connect's pipeline. */
  readonly fastPath: boolean;
  /** Takes streams that carry whole connections. */
  readonly connections: Pick<Connections, "take" | "isCarriedBy">;
}

/** The methods for connect's adapter: for clients that speak something else than gRPC. */
export function pluginService(options: ServiceOptions): ServiceImpl<typeof PluginService> {
  const { forward, tunnels } = options;
  return {
    ...pollAnswers(options),
    processHttpRequest({ request }, { signal }) {
      if (!request) throw missing("ProcessHttpRequestRequest.request");
      return forward.request(request, signal);
    },
    processHttpResponse({ response }, { signal }) {
      if (!response) throw missing("ProcessHttpResponseRequest.response");
      return forward.response(response, signal);
    },
    processTunnelData(request, context) {
      options.onChunk();
      return answerChunk(tunnels, request, context);
    },
  };
}

/** The three methods by which a host gets to know a plugin. */
function pollAnswers(options: ServiceOptions): {
  readonly healthCheck: () => HealthCheckResponse;
  readonly getPluginInfo: () => GetPluginInfoResponse;
  readonly getPluginCapabilities: () => GetPluginCapabilitiesResponse;
} {
  const { side } = options;
  return {
    healthCheck() {
      options.onPoll(side, "health");
      const ailment = options.ailment();
      return ailment === undefined ? healthy(options.hint() ?? "") : unhealthy(ailment);
    },
    getPluginInfo() {
      options.onPoll(side, "info");
      return pluginInfo({
        name: side === "server" ? "faultwire" : "faultwire-client",
        version: options.version,
        author: "Faultwire",
        platform: `node ${process.versions.node}`,
        direction: "both",
        side,
      });
    },
    getPluginCapabilities() {
      return pluginCapabilities({
        httpForward: options.httpForward,
        tunnel: true,
        protocols: ["http", "https"],
      });
    },
  };
}

/** What is answered straight on HTTP/2 streams: {@link UnaryFastPathOptions}, but for limits. */
type UnaryService = Required<
  Pick<UnaryFastPathOptions<typeof PluginService>, "methods" | "unread" | "abandoned">
>;

/**
 * The same methods for gRPC calls, without connect's pipeline: a chunk that is answered at once costs no promise and no
 * signal, and a message that is too long can be passed by.
 */
export function unaryService(options: ServiceOptions): UnaryService {
  const { tunnels, forward, onChunk, onAbandoned } = options;
  const { healthCheck, getPluginInfo, getPluginCapabilities } = pollAnswers(options);
  return {
    methods: {
      healthCheck,
      getPluginInfo,
      getPluginCapabilities,
      processHttpRequest: ({ request }, { signal }) => {
        if (!request) throw missing("ProcessHttpRequestRequest.request");
        return forward.request(request, signal);
      },
      processHttpResponse: ({ response }, { signal }) => {
        if (!response) throw missing("ProcessHttpResponseRequest.response");
        return forward.response(response, signal);
      },
      ...(options.fastPath && {
        processTunnelData(request, call) {
          onChunk();
          call.onCancelled(tunnels.handle(tunnelCall(request), (answer) => call.respond(answer)));
          return undefined;
        },
      }),
    },
    unread: {
      processHttpRequest: (why) => forward.unreadRequest(why),
      processHttpResponse: (why) => forward.unreadResponse(why),
    },
    abandoned: {
      processTunnelData: (part) => {
        const id = tunnelIdOf(part);
        if (id !== undefined) tunnels.cancelled(id);
        onAbandoned(id);
      },
    },
  };
}

/** Answers one chunk, at once or later. When the host cancels the call, the tunnel ends. */
function answerChunk(
  tunnels: Tunnels,
  request: ProcessTunnelDataRequest,
  context: HandlerContext,
): Promise<ProcessTunnelDataResponse> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const cancel = tunnels.handle(tunnelCall(request), (answer) => {
      answered = true;
      resolve(answer);
    });
    if (answered) return;
    const cancelled = (): void => {
      if (answered) return;
      answered = true;
      cancel();
      reject(new ConnectError("the host cancelled the call", Code.Canceled));
    };
    if (context.signal.aborted) cancelled();
    else context.signal.addEventListener("abort", cancelled, { once: true });
  });
}

function tunnelCall(request: ProcessTunnelDataRequest): TunnelCall {
  return {
    id: request.id,
    side: request.side === WrappedSide.CLIENT ? "client" : "server",
    kind: request.direction === Direction.EGRESS ? "write" : "read",
    chunk: ownBytes(request.chunk),
  };
}

/**
 * Bytes that are no small part of other memory. A tunnel counts what it holds by its length: a view of one byte would keep a
 * message with 4 MiB of unknown fields, or 64 KiB that were read with it.
 */
const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.length > 0 && bytes.buffer.byteLength > 2 * bytes.length ? new Uint8Array(bytes) : bytes;

/** The tunnel's id in the beginning of a chunk's message: field 1, which hosts write first (Protocol Buffers, "Encoding"). */
export function tunnelIdOf(part: Uint8Array): string | undefined {
  const [tag, length = 0] = part;
  // An id has less than 128 bytes, so its length is one byte.
  if (tag !== 0x0a || length === 0 || length > 127 || part.length < 2 + length) return undefined;
  return new TextDecoder().decode(part.subarray(2, 2 + length));
}

function missing(field: string): ConnectError {
  return new ConnectError(`${field} is not set; the protocol needs it`, Code.InvalidArgument);
}
