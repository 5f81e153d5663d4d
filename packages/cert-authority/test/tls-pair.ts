import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ConnectionOptions, connect, createServer, type TlsOptions } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { onTestFinished } from "vitest";

/** A TLS server on a free port of 127.0.0.1 that answers every HTTP request with "hello"; closed after the test. */
export async function startServer(options: TlsOptions): Promise<number> {
  const server = createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () =>
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Node's verdict on a server: "OK", or the code of the error that ended the handshake. */
export async function nodeVerdict(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, ...options });
  try {
    await soon(once(socket, "secureConnect"), "the event secureConnect of socket");
    return "OK";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}
