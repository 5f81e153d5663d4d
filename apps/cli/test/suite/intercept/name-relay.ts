/**
 * An HTTP proxy between a client and the host that stands for DNS: whatever name a CONNECT is for, it leads to one
 * origin. So clients ask for the API's real name, though the host under test resolves names as it likes.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { openTunnel } from "../../tunnel-client.ts";

/** A running relay. */
export interface NameRelay {
  readonly url: string;
  /** What each CONNECT so far was for, as `host:port`. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

const maxHeadBytes = 8192;

/** Starts a relay to `127.0.0.1:originPort`, through the proxy `via` or, without one, straight to it. */
export async function startNameRelay(originPort: number, via?: string): Promise<NameRelay> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const origin = `127.0.0.1:${originPort}`;
  const reach = async (): Promise<Socket> => {
    if (via !== undefined) return openTunnel(via, origin, true);
    const socket = connect({ port: originPort, host: "127.0.0.1", allowHalfOpen: true });
    await soon(once(socket, "connect"), "the event connect of socket", 45_000);
    return socket;
  };
  async function serve(client: Socket): Promise<void> {
    const authority = await readConnect(client);
    tunnels.push(authority);
    const onward = keep(await reach());
    // A FIN goes on by itself, behind the bytes before it; only what broke has to be broken on the other side.
    client.once("close", (hasFailed) => hasFailed && onward.destroy());
    onward.once("close", (hasFailed) => hasFailed && client.destroy());
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    client.pipe(onward).pipe(client);
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    serve(keep(client)).catch(() => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The authority of a CONNECT; the socket is paused behind its head. */
function readConnect(client: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = "";
    client.once("close", () => reject(new Error("the client went away")));
    client.on("data", function onData(chunk: Buffer) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0 && head.length <= maxHeadBytes) return;
      client.off("data", onData);
      client.pause();
      const authority = /^CONNECT (\S+) HTTP\/1\.[01]\r\n/.exec(head)?.[1];
      if (authority === undefined) reject(new Error(`not a CONNECT: ${head}`));
      else {
        client.unshift(Buffer.from(head.slice(end + 4), "latin1"));
        resolve(authority);
      }
    });
  });
}
