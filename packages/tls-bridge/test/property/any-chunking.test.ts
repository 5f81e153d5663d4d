import type { SecureVersion } from "node:tls";
import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BridgeSide, SecureContextCache } from "../../src/index.ts";
import { bridged } from "../support/bridged.ts";
import { MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge chunking");
const HOST = "origin.test";
const contexts = new SecureContextCache();
const upstream = { caPem: [authority.caPem] };
const sides: readonly BridgeSide[] = ["client", "server"];

it("however bytes are cut, and in whatever order the two directions come, the same is said", async () => {
  const messages = fc.array(
    fc.record({
      from: fc.constantFrom(...sides),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 5_000, size: "max" }),
    }),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<SecureVersion>("TLSv1.2", "TLSv1.3"),
      fc.boolean(),
      fc.integer(),
      fc.integer({ min: 1, max: 2_000 }),
      messages,
      async (version, retry, seed, size, exchange) => {
        const random = seededRandom(seed);
        const client = MemoryPeer.client({
          servername: HOST,
          ca: authority.caPem,
          ecdhCurve: "X25519:P-384:P-256",
        });
        const server = MemoryPeer.server({
          ...authority.issue(HOST),
          maxVersion: version,
          ...(retry && { ecdhCurve: "P-256" }),
        });
        const peers: Record<BridgeSide, MemoryPeer> = { client, server };
        const { bridge, told } = bridged(authority, { contexts, upstream });
        const wire: Record<BridgeSide, Uint8Array[]> = { client: [], server: [] };
        const run = async (): Promise<void> => {
          for (;;) {
            for (const from of sides)
              wire[from].push(...randomChunks(await peers[from].take(), 1, size, random));
            if (wire.client.length + wire.server.length === 0) return;
            while (wire.client.length + wire.server.length > 0) {
              const from = sides[Math.floor(random() * 2)]!;
              const chunk = wire[from].shift();
              if (chunk !== undefined) bridge.push(from, chunk);
              // Not always: the two directions must not depend on each other's rest.
              if (random() < 0.5) await bridge.idle();
            }
            await bridge.idle();
            for (const to of sides) peers[to].give(bridge.take(to));
          }
        };
        await run();
        expect(told.events).toEqual(["established"]);
        for (const { from, bytes } of exchange) {
          peers[from].socket.write(bytes);
          if (random() < 0.5) await run();
        }
        await run();
        for (const from of sides) {
          const said = Buffer.concat(
            exchange.filter((message) => message.from === from).map(({ bytes }) => bytes),
          );
          expect(Buffer.concat(told.clear[from]).equals(said)).toBe(true);
          const other = from === "client" ? server : client;
          expect(Buffer.concat(other.received).equals(said)).toBe(true);
        }
        expect([client.error, server.error, told.failure]).toEqual([undefined, undefined, undefined]);
        bridge.end();
      },
    ),
    { numRuns: 60 },
  );
});
