/** An upstream that the plugin dials by itself, for a host that can't. */
import { connect } from "node:net";
import { type Line, SocketLine } from "@faultwire/lines";
import type { Clock } from "@faultwire/runtime";
import { connectionTimes } from "./connection-times.ts";

/** Opens a connection. Whatever is wrong is told by the line's `failed`. */
export function ownDial(
  { host, port }: { readonly host: string; readonly port: number },
  clock: Clock,
  onBug: (error: unknown) => void,
): Line {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const cancel = clock.after(connectionTimes.connectMs, () =>
    socket.destroy(new Error(`it did not accept within ${connectionTimes.connectMs} ms`)),
  );
  socket.once("connect", cancel);
  socket.once("close", cancel);
  return new SocketLine(socket, clock, onBug);
}
