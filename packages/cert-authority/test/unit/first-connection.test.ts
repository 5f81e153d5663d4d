import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";

describe("a server with our leaf", () => {
  it("is believed by Node for the name that it was asked for", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["api.anthropic.com"] });
    const server = createServer({ SNICallback: ca.sniCallback }, (socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const client: TLSSocket = connect({
      host: "127.0.0.1",
      port,
      servername: "api.anthropic.com",
      ca: ca.certificatePem,
    });
    const [data] = await once(client, "data");
    expect(client.authorized).toBe(true);
    expect(String(data)).toBe("hello");
    client.destroy();
    server.close();
  });
});
