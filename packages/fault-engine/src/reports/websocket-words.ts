import type { WebSocketTally } from "../events/event.ts";
import { writeCount } from "../write-count.ts";

const messages = (count: number): string => writeCount(count, "message");

const closers = { client: "the client", server: "the server", fault: "a fault" } as const;

/** What went over a WebSocket, in words: `3 messages out, 12 back, closed with 1013 by the server`. */
export function writeWebSocket({ client, server, close }: WebSocketTally): string {
  const went = `${messages(client.messages)} out, ${server.messages} back`;
  if (close === null) return `${went}, no close frame`;
  return `${went}, closed ${close.code === null ? "without a code" : `with ${close.code}`} by ${closers[close.by]}`;
}
