import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import {
  CertificateAuthority,
  exportCertificate,
  invalidLeafKinds,
  type Leaf,
} from "@faultwire/cert-authority";

/** The name that every verifier asks for. */
export const host = "api.example.com";

/** One server for each kind of leaf, each with the file that holds its chain. */
export type Server = { readonly kind: string; readonly port: number; readonly chainPath: string };

/** Everything that the verifiers are given. */
export type Field = {
  readonly ca: CertificateAuthority;
  readonly folder: string;
  readonly rootPath: string;
  readonly trustStorePath: string;
  readonly servers: readonly Server[];
  /** A proxy that takes every CONNECT to 127.0.0.1, for a program that can't be told where a name is. */
  readonly proxyPort: number;
  readonly close: () => Promise<void>;
};

async function listen(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

const serverFor = (leaf: Leaf): NetServer =>
  createServer(
    {
      cert: leaf.certificateChainPem,
      key: leaf.privateKeyPem(),
      ...(leaf.ciphers !== undefined && { ciphers: leaf.ciphers }),
    },
    (socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end(answer));
    },
  );

function connectProxy(): NetServer {
  const proxy = createHttpServer();
  proxy.on("connect", (request, client) => {
    const target = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(target).pipe(client);
    });
    target.on("error", () => client.destroy());
    client.on("error", () => target.destroy());
  });
  return proxy;
}

/** Starts a server for a good leaf with each key type and for every bad one. */
export async function openField(): Promise<Field> {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-certificates-"));
  const ca = await CertificateAuthority.ephemeral({ targets: [host] });
  const [rootPath, trustStorePath] = [join(folder, "root.pem"), join(folder, "root.p12")];
  await exportCertificate(ca, rootPath);
  await exportCertificate(ca, trustStorePath, "p12");
  const leaves: [string, Leaf][] = [
    ["good", await ca.forHost(host)],
    ["good-rsa", await ca.forHost(host, { keyType: "rsa-2048" })],
  ];
  for (const kind of Object.keys(invalidLeafKinds) as (keyof typeof invalidLeafKinds)[])
    leaves.push([kind, await ca.issueInvalid(kind, host)]);
  const open: NetServer[] = [];
  const servers: Server[] = [];
  for (const [kind, leaf] of leaves) {
    const chainPath = join(folder, `${kind}.pem`);
    writeFileSync(chainPath, leaf.certificateChainPem);
    const server = serverFor(leaf);
    open.push(server);
    servers.push({ kind, port: await listen(server), chainPath });
  }
  const proxy = connectProxy();
  open.push(proxy);
  const proxyPort = await listen(proxy);
  const close = async (): Promise<void> => {
    await Promise.all(open.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(folder, { recursive: true, force: true });
  };
  return { ca, folder, rootPath, trustStorePath, servers, proxyPort, close };
}
