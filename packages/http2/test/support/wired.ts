/** One of our connections on a socket of loopback. `node:http2` on a stream in memory would be less: Node 20 aborts the process where bytes come while it writes. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Http2Connection, type Http2ConnectionOptions, type Http2Handler } from "@faultwire/http2";
import { soon } from "@faultwire/testkit/soon";

export interface Wired<T> {
  readonly connection: Http2Connection<T>;
  /** Sends what is to be sent; call it behind each act on the connection. */
  readonly flush: () => void;
}

export type WiredOptions<T> = Partial<Omit<Http2ConnectionOptions<T>, "role" | "handler">>;

/** A handler that does nothing, but for what is given. */
export function handlerOf<T>(ears: Partial<Http2Handler<T>>): Http2Handler<T> {
  return { headers() {}, data() {}, reset() {}, failed() {}, ...ears };
}

/** A connection of ours on that socket. */
function onSocket<T>(
  socket: Socket,
  role: "client" | "server",
  ears: Partial<Http2Handler<T>>,
  options: WiredOptions<T>,
): Wired<T> {
  const connection = new Http2Connection<T>({
    role,
    handler: handlerOf(ears),
    now: () => performance.now(),
    ...options,
  });
  const flush = (): void => {
    for (let bytes = connection.take(); bytes.length > 0; bytes = connection.take()) socket.write(bytes);
    if (connection.failure) socket.end();
  };
  socket.on("data", (chunk) => {
    connection.push(new Uint8Array(chunk));
    flush();
  });
  socket.on("error", () => {});
  flush();
  return { connection, flush };
}

/** Listens on loopback, and serves the first client by a connection of ours. */
export async function serveOnce<T>(
  ears: Partial<Http2Handler<T>>,
  options: WiredOptions<T> = {},
): Promise<{ readonly port: number; readonly wired: Promise<Wired<T>>; readonly close: () => void }> {
  const server = createServer({ noDelay: true });
  const sockets: Socket[] = [];
  const client = new Promise<Wired<T>>((resolve) =>
    server.once("connection", (socket) => {
      sockets.push(socket);
      resolve(onSocket<T>(socket, "server", ears, options));
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, wired: client, close };
}

/** A connection of ours, as a client, to a port of loopback. */
export async function connectTo<T>(
  port: number,
  ears: Partial<Http2Handler<T>>,
  options: WiredOptions<T> = {},
): Promise<Wired<T> & { readonly close: () => void }> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await soon(new Promise((resolve) => socket.once("connect", resolve)), "the event connect of socket");
  return { ...onSocket<T>(socket, "client", ears, options), close: () => socket.destroy() };
}
