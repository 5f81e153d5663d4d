/** The six methods of the plugin protocol, for one endpoint: tunnels and forward mode answer the host's calls. */

import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { UnaryMethods } from "@faultwire/connect-unary";
import {
  ProcessTunnelDataRequest_Direction as Direction,
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
  readonly onPoll: (side: Side) => void;
  /** A chunk has come. */
  readonly onChunk: () => void;
  /** Whether chunks are answered without connect's pipeline. */
  readonly fastPath: boolean;
}

export function pluginService(options: ServiceOptions): ServiceImpl<typeof PluginService> {
  const { side, tunnels, forward } = options;
  return {
    healthCheck() {
      options.onPoll(side);
      const ailment = options.ailment();
      return ailment === undefined ? healthy(options.hint() ?? "") : unhealthy(ailment);
    },
    getPluginInfo() {
      options.onPoll(side);
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

/** The methods of the fast path. A chunk that is answered at once costs no promise and no signal. */
export function chunkMethods({ tunnels, onChunk }: ServiceOptions): UnaryMethods<typeof PluginService> {
  return {
    processTunnelData(request, call) {
      onChunk();
      call.onCancelled(tunnels.handle(tunnelCall(request), (answer) => call.respond(answer)));
      return undefined;
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
    chunk: request.chunk,
  };
}

function missing(field: string): ConnectError {
  return new ConnectError(`${field} is not set; the protocol needs it`, Code.InvalidArgument);
}
