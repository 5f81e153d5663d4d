/** The client's end of a CONNECT tunnel, for tests. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";

/** Opens a tunnel; its socket is paused. With `halfOpen` each direction ends by itself. */
export function openTunnel(proxyUrl: string, authority: string, halfOpen = false): Promise<Socket> {
  const { hostname, port } = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: halfOpen });
    let head = "";
    const onData = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", onData);
      socket.pause();
      if (!head.startsWith("HTTP/1.1 200")) reject(new Error(`CONNECT answered with ${head.slice(0, end)}`));
      else resolve(socket);
    };
    socket.once("error", reject);
    socket.on("data", onData);
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  });
}

export interface TlsAttempt {
  readonly servername: string;
  readonly ca: string;
  readonly version?: SecureVersion;
  /** What is sent once the handshake is done. */
  readonly request?: string;
}

export interface TlsOutcome {
  /** Whether the handshake ended well on the client's side. */
  readonly secured: boolean;
  /** What came, decrypted. */
  readonly received: string;
  /** The error that the client saw, if any. */
  readonly errorCode: string | undefined;
  /** From the first byte to the end of the connection, in ms. */
  readonly ms: number;
}

/** Speaks TLS through a tunnel until the connection is over. */
export async function attemptTls(
  proxyUrl: string,
  authority: string,
  attempt: TlsAttempt,
): Promise<TlsOutcome> {
  const socket = await openTunnel(proxyUrl, authority);
  const start = performance.now();
  return new Promise((resolve) => {
    let secured = false;
    let received = "";
    let errorCode: string | undefined;
    const version = attempt.version ? { minVersion: attempt.version, maxVersion: attempt.version } : {};
    const client: TLSSocket = connectTls({
      socket,
      servername: attempt.servername,
      ca: attempt.ca,
      ...version,
    });
    client.once("secureConnect", () => {
      secured = true;
      client.write(
        attempt.request ??
          `POST /echo HTTP/1.1\r\nHost: ${attempt.servername}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`,
      );
    });
    client.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    client.once("error", (error: NodeJS.ErrnoException) => {
      errorCode = error.code ?? error.message;
    });
    client.once("close", () => {
      socket.destroy();
      resolve({ secured, received, errorCode, ms: performance.now() - start });
    });
  });
}
