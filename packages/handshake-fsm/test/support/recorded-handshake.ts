import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import type { Side } from "../../src/index.ts";

/** Bytes of one side, in the order in which both sides' bytes went by. */
export interface Sent {
  readonly by: Side;
  readonly chunk: Uint8Array;
}

/** A key and a certificate that signs itself, made by openssl. */
export function selfSigned(name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-fsm-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  try {
    execFileSync(
      "openssl",
      ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "7", ...subject],
      {
        stdio: "pipe",
      },
    );
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A TLS server on a free port of the loopback that says `pong` to each connection's first data. */
export async function openServer(options: TlsOptions, prepare?: (server: Server) => void): Promise<Server> {
  const server = createTlsServer(options, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write("pong"));
  });
  // What goes wrong in a handshake is what some tests want to see.
  server.on("tlsClientError", () => {});
  prepare?.(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Opens a relay to the server, lets `visit` come by it, and gives what went by. All is closed when this resolves. */
export async function recordVisit(server: Server, visit: (port: number) => Promise<void>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const relay = createTcpServer((client) => {
    const upstream = connectTcp((server.address() as AddressInfo).port, "127.0.0.1");
    pass(client, upstream, (chunk) => sent.push({ by: "client", chunk }));
    pass(upstream, client, (chunk) => sent.push({ by: "server", chunk }));
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  await visit((relay.address() as AddressInfo).port);
  await new Promise<void>((resolve) => relay.close(() => resolve()));
  return sent;
}

/** What goes by when Node's client connects and then does `talk`; also when the handshake fails. */
export function record(
  server: Server,
  options: ConnectionOptions,
  talk: (client: TLSSocket) => Promise<void>,
): Promise<Sent[]> {
  return recordVisit(server, async (port) => {
    const client = connectTls({ host: "127.0.0.1", port, ...options });
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.on("error", () => {});
    client.once("secureConnect", () => {
      talk(client).then(
        () => client.end(),
        (error: Error) => client.destroy(error),
      );
    });
    await closed;
  });
}

/** What goes by when curl asks for a page and trusts nobody who is not in `cacert`, a file. */
export function recordCurl(server: Server, cacert: string, args: readonly string[] = []): Promise<Sent[]> {
  return recordVisit(server, (port) => {
    const url = `https://127.0.0.1:${port}/`;
    const command = ["--silent", "--noproxy", "*", "--max-time", "15", "--cacert", cacert, ...args, url];
    // curl ends with an error, as it should: whether it answered with an alert is seen in the recording.
    return new Promise((resolve) => execFile("curl", command, () => resolve()));
  });
}

function pass(from: Socket, to: Socket, seen: (chunk: Uint8Array) => void): void {
  from.on("data", (chunk: Uint8Array) => {
    seen(chunk);
    to.write(chunk);
  });
  from.on("error", () => to.destroy());
  from.on("end", () => to.end());
  from.on("close", () => to.destroy());
}

/** Says `ping` and waits for the answer. */
export async function pingPong(client: TLSSocket): Promise<void> {
  client.write("ping");
  await soon(once(client, "data"), "the event data of client");
}
