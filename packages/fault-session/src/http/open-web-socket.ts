/** What an exchange becomes whose response was the upgrade to a WebSocket. */
import { isWebSocketFault } from "@faultwire/fault-engine/internal";
import type { Header } from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { Exchange } from "./exchange.ts";
import type { ExchangeTeller } from "./exchange-teller.ts";
import { WebSocketTalk } from "./web-socket.ts";

/** What a WebSocket is connected to. */
export interface WebSocketLines {
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: ExchangeTeller;
  readonly send: (to: Side, bytes: Uint8Array) => void;
  /** The client's connection ends. */
  readonly end: (how: EndKind) => void;
  /** Told when what a peer says is no frame, so that nothing more of it is read. */
  readonly unread: (from: Side) => void;
}

/** The WebSocket of an exchange: its fault where that is one of frames; any other is told as undone. */
export function openWebSocket(
  exchange: Exchange,
  headers: readonly Header[],
  { tell, ...lines }: WebSocketLines,
): WebSocketTalk {
  const { decision, plan } = exchange;
  const fault = plan?.kind === "change" && decision ? decision.fault : undefined;
  const isOfFrames = fault !== undefined && isWebSocketFault(fault);
  if (fault && !isOfFrames)
    tell.log?.outcome(exchange, "the connection became a WebSocket: write a fault of that");
  const webSocket: WebSocketTalk = new WebSocketTalk({
    ...lines,
    headers,
    decision: isOfFrames ? decision : null,
    outcome: (reason, by, told) => tell.webSocketOutcome(exchange, reason, by, told),
    unsent: () => tell.webSocketUnsent(exchange),
    over: (how) => {
      exchange.webSocket = webSocket.tally;
      tell.log?.end(exchange, how);
    },
  });
  return webSocket;
}
