import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { expect, it } from "vitest";
import { SecureContextCache, TlsBridge } from "../../src/index.ts";
import { otherSide } from "../support/bridged.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge memory");
const HOST = "origin.test";
const SESSIONS = 60;
const MAX_BYTES = 16_384;

const contexts = new SecureContextCache();
const caPem = [authority.caPem];

async function quietSession(version: SecureVersion): Promise<TlsBridge> {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, maxVersion: version });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const bridge: TlsBridge = new TlsBridge({
    identityFor: async ({ serverName, keyType }) => authority.issue(serverName, keyType),
    upstream: { caPem },
    contexts,
    handler: {
      established() {},
      data: (from, plaintext) => bridge.write(otherSide(from), plaintext),
      closeNotify() {},
      alert() {},
      failed() {},
    },
  });
  await carry(client, bridge, server);
  // In pieces that are large, and of which a view must not stay behind.
  client.socket.write(Buffer.alloc(60_000));
  await carry(client, bridge, server);
  server.socket.write(Buffer.alloc(60_000));
  await carry(client, bridge, server);
  expect([bridge.state, server.received.length > 0, client.received.length > 0]).toEqual([
    "established",
    true,
    true,
  ]);
  client.socket.destroy();
  server.socket.destroy();
  return bridge;
}

it.each<SecureVersion>(["TLSv1.2", "TLSv1.3"])("a quiet session of %s keeps little", async (version) => {
  const bridges = [];
  for (let count = 0; count < 10; count++) bridges.push(await quietSession(version));
  const before = await usedBytes();
  for (let count = 0; count < SESSIONS; count++) bridges.push(await quietSession(version));
  const each = ((await usedBytes()) - before) / SESSIONS;
  expect(bridges.every(({ state }) => state === "established")).toBe(true);
  expect(each).toBeLessThan(MAX_BYTES);
});
