import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type HostContext, isIntercepted } from "./host-context.ts";
import { copyUntilBothEnd, copyUntilOneFails } from "./poll/copy-both-ways.ts";
import type { PollStream } from "./poll/poll.ts";
import { SocketStream } from "./poll/socket-stream.ts";
import { resolveAddress, type Upstream } from "./upstream-address.ts";

/** A connection that is to be carried to an upstream. */
export interface TunnelRequest {
  readonly kind: "connect" | "mapping";
  readonly socket: Socket;
  /** Bytes that were read from the socket already. */
  readonly head?: Uint8Array;
  readonly upstream: Pick<Upstream, "hostname" | "port" | "authority">;
}

/**
 * Carries one connection: the name is resolved, the upstream connected, both streams wrapped, and the bytes copied
 * until the tunnel is over. Never rejects; what goes wrong is an event, and the end of the connection.
 */
export async function carryTunnel(context: HostContext, request: TunnelRequest): Promise<void> {
  const { kind, socket, upstream } = request;
  const id = randomUUID();
  const target = upstream.authority;
  // A mapping's traffic always meets plugins; only the HTTP proxy asks --upstream.
  const intercepted = kind === "mapping" || isIntercepted(context, target);
  const noDelay = kind === "mapping" || context.noDelay;
  const carried = (end: "client" | "upstream", each: Socket, head?: Uint8Array): SocketStream => {
    const sendBuffer = context.sendBuffer?.(end, target);
    return new SocketStream(each, { noDelay, ...(head && { head }), ...(sendBuffer && { sendBuffer }) });
  };
  const client = carried("client", socket, request.head);
  let address: { readonly host: string; readonly port: number };
  try {
    address = await resolveAddress(upstream, context.resolve);
  } catch (error) {
    const reason = `the name ${upstream.hostname} can't be resolved: ${(error as Error).message}`;
    context.crash(target, reason, socket);
    return;
  }
  const upstreamSocket = await connectSocket(address).catch((error: Error) => error);
  if (upstreamSocket instanceof Error) {
    context.emit({ type: "error", where: target, message: upstreamSocket.message });
    client.drop();
    return;
  }
  context.track(upstreamSocket);
  const server = carried("upstream", upstreamSocket);
  let streams: readonly [PollStream, PollStream] = [client, server];
  if (intercepted) {
    const { plugins } = context;
    streams = [await plugins.wrap(client, "client", id), await plugins.wrap(server, "server", id)];
  }
  context.emit({ type: "tunnel-opened", id, target, intercepted });
  const copy =
    kind === "connect"
      ? copyUntilBothEnd(...streams, context.dropsConnections)
      : copyUntilOneFails(...streams);
  context.copies.add(copy);
  const outcome = await copy.finished;
  context.copies.delete(copy);
  context.emit({
    type: "tunnel-closed",
    id,
    target,
    ...(outcome.kind === "failed" && { error: outcome.reason }),
  });
}

function connectSocket(address: { readonly host: string; readonly port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
