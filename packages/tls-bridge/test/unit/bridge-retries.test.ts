import type { ConnectionOptions } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { AlertDescription, NamedGroup } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { bridged } from "../support/bridged.ts";
import { alertsIn, changedHello } from "../support/flights.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge retries");
const HOST = "origin.test";

const clientOf = (options: ConnectionOptions = {}): MemoryPeer =>
  MemoryPeer.client({ servername: HOST, ca: authority.caPem, minVersion: "TLSv1.3", ...options });

/** Has both say something; the handshake may be over only then. */
async function talk(client: MemoryPeer, server: MemoryPeer, run: () => Promise<unknown>): Promise<void> {
  await run();
  client.socket.write("question");
  await run();
  server.socket.write("answer");
  await run();
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expect([server.text, client.text]).toEqual(["question", "answer"]);
}

describe.each([17, 1400, 4096])("in chunks of %i bytes", (chunkBytes) => {
  it("an upstream that asks for another ClientHello makes us ask for one, too", async () => {
    const client = clientOf({ ecdhCurve: "X25519:P-384:P-256" });
    const server = MemoryPeer.server({ ...authority.issue(HOST), ecdhCurve: "P-256" });
    const { bridge, told } = bridged(authority);
    await talk(client, server, () => carry(client, bridge, server, { chunkBytes }));
    expect(told.events).toEqual(["established"]);
    // The group that the upstream wants is wished from the client, too.
    expect(client.socket.getEphemeralKeyInfo()).toMatchObject({ name: "prime256v1" });
  });

  it("a client that shares only groups that we lack is asked for another ClientHello", async () => {
    const server = MemoryPeer.server({ ...authority.issue(HOST), ecdhCurve: "P-256" });
    const client = clientOf({ ecdhCurve: "ffdhe2048:P-256" });
    const { bridge, told } = bridged(authority);
    await talk(client, server, () => carry(client, bridge, server, { chunkBytes }));
    expect(told.events).toEqual(["established"]);
    expect(client.socket.getEphemeralKeyInfo()).toMatchObject({ name: "prime256v1" });
  });

  it("a client and an upstream that both make the other one try again come together", async () => {
    const server = MemoryPeer.server({ ...authority.issue(HOST), ecdhCurve: "P-384" });
    const client = clientOf({ ecdhCurve: "ffdhe2048:P-256:P-384" });
    const { bridge, told } = bridged(authority);
    await talk(client, server, () => carry(client, bridge, server, { chunkBytes }));
    expect(told.events).toEqual(["established"]);
  });

  it("ALPN that the upstream chooses behind its retry reaches the client, and none where it chooses none", async () => {
    for (const ALPNProtocols of [["http/1.1"], undefined]) {
      const client = clientOf({ ecdhCurve: "X25519:P-256", ALPNProtocols: ["h2", "http/1.1"] });
      const server = MemoryPeer.server(
        { ...authority.issue(HOST), ecdhCurve: "P-256" },
        ALPNProtocols === undefined ? {} : { ALPNProtocols },
      );
      const { bridge } = bridged(authority);
      await talk(client, server, () => carry(client, bridge, server, { chunkBytes }));
      expect(client.socket.alpnProtocol).toBe(ALPNProtocols?.[0] ?? false);
    }
  });
});

it("where bytes may leave at any time, the client is left alone when the upstream wants another ClientHello", async () => {
  const client = clientOf({ ecdhCurve: "X25519:P-256" });
  const server = MemoryPeer.server({ ...authority.issue(HOST), ecdhCurve: "P-256" });
  const { bridge, told } = bridged(authority, { lockstep: false });
  await talk(client, server, () => carry(client, bridge, server, { lockstep: false }));
  expect(told.events).toEqual(["established"]);
  expect(client.socket.getEphemeralKeyInfo()).toMatchObject({ name: "X25519" });
});

it("a client with shares of all its groups can't be made to send again, which fails both handshakes", async () => {
  const client = clientOf({ ecdhCurve: "X25519:P-256" });
  const server = MemoryPeer.server({ ...authority.issue(HOST), ecdhCurve: "P-256" });
  // OpenSSL sends one share, other clients more. Nobody looks into this one.
  const share = { group: NamedGroup.secp256r1, keyExchange: new Uint8Array(65).fill(4) };
  const hello = changedHello(await client.take(), (extension) =>
    extension.kind === "keyShare"
      ? { ...extension, clientShares: [...extension.clientShares, share] }
      : extension,
  );
  const { bridge, told } = bridged(authority);
  bridge.push("client", hello);
  await bridge.idle();
  server.give(bridge.take("server"));
  bridge.push("server", await server.take());
  await bridge.idle();
  expect(told.events).toEqual(["retry-impossible"]);
  expect(alertsIn(bridge.take("client"))).toEqual([AlertDescription.handshakeFailure]);
  expect(alertsIn(bridge.take("server"))).toContain(AlertDescription.handshakeFailure);
});
