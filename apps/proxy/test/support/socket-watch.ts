/**
 * Knows the sockets of this process, the proxy's included, and when nothing is under way between two of them: tests wait for
 * that and not for a time.
 */
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

const sockets = new Set<Socket>();
let isSubscribed = false;

/** Sees every socket that is made from now on, and looks no more at those that an earlier test left while they connect. */
export function watchSockets(): void {
  for (const socket of sockets) if (socket.connecting) sockets.delete(socket);
  if (isSubscribed) return;
  isSubscribed = true;
  for (const channel of ["net.client.socket", "net.server.socket"])
    subscribe(channel, (message) => {
      const { socket } = message as { readonly socket: Socket };
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
}

/** The socket at the other end of this one, where it is in this process and was not closed. */
export function otherEnd(socket: Socket): Socket | undefined {
  const known = otherEnds.get(socket);
  if (known && sockets.has(known)) return known;
  for (const each of sockets)
    if (each.localPort === socket.remotePort && each.remotePort === socket.localPort) {
      if (socket.remotePort !== undefined) otherEnds.set(socket, each);
      return each;
    }
  return undefined;
}

/** Found once: a socket has one other end as long as it lives, and tests ask for it at every turn of the loop. */
const otherEnds = new WeakMap<Socket, Socket>();

/** Whether a socket that is being opened is there. */
export const isAnyConnecting = (): boolean => [...sockets].some(({ connecting }) => connecting);

/** Whether something that `from` has said or done has not come to `to`, which reads. */
export function isUnderWay(from: Socket, to: Socket): boolean {
  if (to.destroyed || to.isPaused()) return false;
  if (from.destroyed) return !to.readableEnded;
  if (from.bytesWritten !== to.bytesRead) return true;
  return from.writableFinished && !to.readableEnded;
}

/** Sockets of this process that have connected to that port of this machine. */
export const socketsTo = (port: number): Socket[] =>
  [...sockets].filter(({ remotePort }) => remotePort === port);
