import { randomBytes } from "node:crypto";
import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it } from "vitest";
import { bridged } from "../support/bridged.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge pairs");
const HOST = "origin.test";

const range = (minVersion: SecureVersion, maxVersion: SecureVersion) => ({ minVersion, maxVersion });
const speaks = {
  "TLS 1.2 alone": range("TLSv1.2", "TLSv1.2"),
  "TLS 1.3 alone": range("TLSv1.3", "TLSv1.3"),
  both: range("TLSv1.2", "TLSv1.3"),
};
const names = Object.keys(speaks) as (keyof typeof speaks)[];
const pairs = names.flatMap((client) =>
  names.flatMap((server) => {
    const versions = [speaks[client], speaks[server]];
    const highest = versions.every(({ maxVersion }) => maxVersion === "TLSv1.3") ? "TLSv1.3" : "TLSv1.2";
    const isPossible = versions.every(({ minVersion }) => minVersion <= highest);
    return isPossible ? [{ client, server, version: highest }] : [];
  }),
);

describe.each(pairs)("a client that speaks $client and an upstream that speaks $server", (pair) => {
  it.each([1, 2, 3, 5, 17, 1400, 4096])("talk through a bridge in chunks of %i bytes", async (chunkBytes) => {
    const client = MemoryPeer.client({
      ...speaks[pair.client],
      servername: HOST,
      ca: authority.caPem,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    const server = MemoryPeer.server(
      { ...authority.issue(HOST, "rsa-2048"), ...speaks[pair.server] },
      { ALPNProtocols: ["h2", "http/1.1"] },
    );
    const { bridge, told } = bridged(authority);
    await carry(client, bridge, server, { chunkBytes });
    expect([told.failure, server.error, client.error]).toEqual([undefined, undefined, undefined]);
    expect(bridge.state).toBe("established");
    expect(client.socket.getProtocol()).toBe(pair.version);
    expect(server.socket.getProtocol()).toBe(pair.version);
    expect(client.socket.authorized).toBe(true);
    expect([client.socket.alpnProtocol, server.socket.alpnProtocol]).toEqual(["http/1.1", "http/1.1"]);
    const [question, answer] = [randomBytes(3_000), randomBytes(5_000)];
    client.socket.write(question);
    await carry(client, bridge, server, { chunkBytes });
    server.socket.write(answer);
    await carry(client, bridge, server, { chunkBytes });
    expect(Buffer.concat(server.received).equals(question)).toBe(true);
    expect(Buffer.concat(client.received).equals(answer)).toBe(true);
    client.socket.end();
    server.socket.end();
    await carry(client, bridge, server, { chunkBytes });
    expect(told.events).toEqual(["established", "client closes", "server closes"]);
    expect([client.hasEnded, server.hasEnded, bridge.state]).toEqual([true, true, "closed"]);
    expect([client.error, server.error]).toEqual([undefined, undefined]);
  });
});
