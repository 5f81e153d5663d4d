import type { WebSocketFault } from "../faults/websocket-faults.ts";
import { MessageFilterMachine } from "./message-filter-machine.ts";
import { MessagePaceMachine } from "./message-pace-machine.ts";
import { WebSocketPointMachine } from "./point-machine.ts";
import type { WebSocketContext, WebSocketMachine } from "./websocket-machine.ts";

/**
 * The machine that carries `fault` out on an open WebSocket.
 *
 * @example
 * ```ts
 * const machine = createWebSocketMachine(fault, { startMs: now, random: decision.random });
 * for (const action of machine.push("server", reader.push(chunk), now)) perform(action);
 * ```
 */
export function createWebSocketMachine(fault: WebSocketFault, context: WebSocketContext): WebSocketMachine {
  switch (fault.kind) {
    case "websocket.close":
    case "websocket.cut":
    case "websocket.stall":
    case "websocket.garbage":
      return new WebSocketPointMachine(fault, context);
    case "websocket.pace":
      return new MessagePaceMachine(fault, context);
    case "websocket.drop":
    case "websocket.duplicate":
    case "websocket.no-pong":
      return new MessageFilterMachine(fault, context);
    default:
      return fault satisfies never;
  }
}
