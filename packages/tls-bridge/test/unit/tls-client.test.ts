/** TLS toward an upstream alone: whom it trusts, what comes through, and how each end is told. */
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type SecureVersion,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { type BridgeFailure, TlsClient, type TlsClientOptions } from "../../src/index.ts";

const authority = new TestAuthority("upstreams of a client");
const stranger = new TestAuthority("somebody else");
const HOST = "origin.test";

interface Told {
  text: string;
  established: number;
  closeNotify: number;
  truncated: number;
  failure: BridgeFailure | undefined;
}

/** A client on a socket to that port. */
function clientOf(
  port: number,
  options: Partial<TlsClientOptions> = {},
  chunkBytes = 65_536,
): { client: TlsClient; socket: Socket; told: Told } {
  const told: Told = { text: "", established: 0, closeNotify: 0, truncated: 0, failure: undefined };
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const client = new TlsClient({
    host: HOST,
    trust: { caPem: [authority.caPem] },
    ...options,
    handler: {
      send: (bytes) => socket.write(bytes),
      established: () => told.established++,
      data: (plaintext) => {
        told.text += Buffer.from(plaintext).toString("latin1");
      },
      closeNotify: () => told.closeNotify++,
      truncated: () => told.truncated++,
      failed: (failure) => {
        told.failure = failure;
      },
    },
  });
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += chunkBytes) client.push(chunk.subarray(at, at + chunkBytes));
  });
  socket.on("end", () => client.pushEnd());
  return { client, socket, told };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

/** A TLS server, and its connections. */
async function tlsServer(options: TlsOptions): Promise<{ port: number; accepted: Promise<TLSSocket> }> {
  let take = (_socket: TLSSocket): void => {};
  const accepted = new Promise<TLSSocket>((resolve) => {
    take = resolve;
  });
  const server = createTlsServer({ ALPNProtocols: ["h2", "http/1.1"], ...options }, (socket) => {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    take(socket);
  });
  server.on("tlsClientError", () => {});
  return { port: await listening(server), accepted };
}

const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

describe.each(versions)("a server of %s", (version) => {
  const only = { minVersion: version, maxVersion: version };

  it.each([1, 65_536])(
    "gets what was said before the handshake was done, in chunks of %i",
    async (chunkBytes) => {
      const { port, accepted } = await tlsServer({ ...authority.issue(HOST), ...only });
      const { client, told } = clientOf(port, {}, chunkBytes);
      client.write(Buffer.from("question"));
      expect(client.waitingBytes).toBe(8);
      const socket = await accepted;
      expect([socket.getProtocol(), socket.alpnProtocol, socket.servername]).toEqual([
        version,
        "http/1.1",
        HOST,
      ]);
      socket.once("data", (data: Buffer) => socket.write(`${data.toString()}? answer`));
      await expect.poll(() => told.text).toBe("question? answer");
      expect(client.waitingBytes).toBe(0);
      expect(told).toMatchObject({ established: 1, closeNotify: 0, truncated: 0, failure: undefined });
    },
  );

  it("tells a proper end from one that cuts off", async () => {
    const proper = await tlsServer({ ...authority.issue(HOST), ...only });
    const one = clientOf(proper.port);
    const said = await proper.accepted;
    said.write("all");
    await expect.poll(() => one.told.text).toBe("all");
    // Behind words of the same moment Node's server sends no close_notify in TLS 1.3.
    said.end();
    await expect.poll(() => one.told).toMatchObject({ text: "all", closeNotify: 1 });
    await expect.poll(() => one.socket.readableEnded).toBe(true);
    expect(one.told.truncated).toBe(0);

    // A relay that ends the client's connection, without the server.
    const other = await tlsServer({ ...authority.issue(HOST), ...only });
    const relayed: Socket[] = [];
    const relay = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect(other.port, "127.0.0.1");
      for (const socket of [client, upstream]) socket.on("error", () => {});
      client.pipe(upstream);
      upstream.pipe(client, { end: false });
      relayed.push(client, upstream);
    });
    const two = clientOf(await listening(relay));
    onTestFinished(() => {
      for (const socket of relayed) socket.destroy();
    });
    (await other.accepted).write("half");
    await expect.poll(() => two.told.text).toBe("half");
    relayed[0]?.end();
    await expect.poll(() => two.told).toMatchObject({ truncated: 1, closeNotify: 0 });
    expect(two.told.failure).toBeUndefined();
  });

  it("hears close_notify behind what was said, also where that was before the handshake", async () => {
    const { port, accepted } = await tlsServer({ ...authority.issue(HOST), ...only });
    const { client } = clientOf(port);
    client.write(Buffer.from("all"));
    client.closeNotify();
    client.write(Buffer.from("too late"));
    const socket = await accepted;
    let text = "";
    socket.on("data", (data: Buffer) => (text += data.toString()));
    await soon(new Promise((resolve) => socket.once("end", resolve)), "the event end of socket");
    expect(text).toBe("all");
  });

  const untrusted = [
    ["whose issuer nobody trusts", () => stranger.issue(HOST), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["whose certificate has expired", () => authority.issue(HOST, "ecdsa-p256", -1), "CERT_HAS_EXPIRED"],
    ["that is somebody else", () => authority.issue("other.test"), "ERR_TLS_CERT_ALTNAME_INVALID"],
  ] as const;
  it.each(untrusted)("%s hears nothing of what was to be said", async (_what, identity, reason) => {
    const { port, accepted } = await tlsServer({ ...identity(), ...only });
    let heard = "";
    void accepted.then((socket) => socket.on("data", (data: Buffer) => (heard += data.toString())));
    const { client, told } = clientOf(port);
    client.write(Buffer.from("secret"));
    await expect.poll(() => told.failure).toMatchObject({ code: "upstream-untrusted", reason, host: HOST });
    expect(told.established).toBe(0);
    expect(heard).toBe("");
  });

  it("is taken unseen only where that is asked for", async () => {
    const { port } = await tlsServer({ ...stranger.issue(HOST), ...only });
    const { told } = clientOf(port, { trust: { insecure: true } });
    await expect.poll(() => told.established).toBe(1);
  });
});

describe("a server that is no proper one", () => {
  it.each([
    ["that speaks something else", "HTTP/1.1 400 Bad Request\r\n\r\n", "record"],
    ["that ends at once", "", "connection-lost"],
    ["that refuses by an alert", "\x15\x03\x03\x00\x02\x02\x28", "upstream-alert"],
  ])("%s is told as a failure, once", async (_what, said, code) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(Buffer.from(said, "latin1")));
    });
    const { told } = clientOf(await listening(server));
    await expect.poll(() => told.failure?.code).toBe(code);
  });

  it("is an address: its certificate has to name it, and there is no SNI", async () => {
    const { port, accepted } = await tlsServer({ ...authority.issue("127.0.0.1") });
    const { told } = clientOf(port, { host: "127.0.0.1" });
    expect((await accepted).servername).toBe(false);
    await expect.poll(() => told.established).toBe(1);
  });
});
