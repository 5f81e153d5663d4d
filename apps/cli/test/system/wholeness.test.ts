/**
 * Nothing is lost: bytes up and down through the reference host, with both sides registered; and what the host loses
 * with one side, which documents the host.
 */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type FaultHost, startFaultHost } from "@faultwire/fault-host";
import {
  type Origin,
  seededBlocks,
  seededBytes,
  sha256Of,
  startTcpEcho,
} from "@faultwire/testkit/byte-origin";
import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";

const mib = 1024 * 1024;

let echo: Origin;
let faultwire: RunningFaultwire;
let host: FaultHost;

beforeAll(async () => {
  echo = await startTcpEcho();
});
afterAll(() => echo.close());
afterEach(async () => {
  await host.close();
  await faultwire.stop();
});

async function run(...flags: readonly string[]): Promise<void> {
  faultwire = await startFaultwire("serve", "--error-probability", "1", ...flags);
  host = await startFaultHost({ plugins: faultwire.ready.plugins, proxyPort: 0 });
}

interface Received {
  readonly bytes: number;
  readonly sha256: string;
}

/** What comes until the other end's FIN. */
async function receive(socket: Socket): Promise<Received> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function send(socket: Socket, chunks: Iterable<Uint8Array>, gap?: () => number): Promise<void> {
  for (const chunk of chunks) {
    if (!socket.write(chunk)) await new Promise<void>((resolve) => socket.once("drain", resolve));
    const ms = gap?.() ?? 0;
    if (ms > 0) await pause(ms);
  }
  socket.end();
}

/** Sends through a tunnel to the echo and takes what comes back. */
async function exchange(chunks: Iterable<Uint8Array>, gap?: () => number): Promise<Received> {
  const socket = await openTunnel(host.proxyUrl, `127.0.0.1:${echo.port}`, true);
  const [received] = await Promise.all([receive(socket), send(socket, chunks, gap)]);
  return received;
}

describe("with both sides registered", () => {
  it("100 MiB go up and come down bit for bit", { timeout: 400_000 }, async () => {
    await run();
    const length = 100 * mib;
    const received = await exchange(seededBlocks(length, 1));
    expect(received).toEqual({ bytes: length, sha256: sha256Of(seededBlocks(length, 1)) });
  });

  it("100 tunnels at once keep their bytes apart", { timeout: 120_000 }, async () => {
    await run();
    const length = 200_000;
    const exchanges = Array.from({ length: 100 }, (_, seed) => exchange([seededBytes(length, seed)]));
    const received = await Promise.all(exchanges);
    expect(received).toEqual(
      received.map((_, seed) => ({ bytes: length, sha256: sha256Of(seededBytes(length, seed)) })),
    );
  });

  it("uploads in dribbles of 1 to 3,000 bytes at random times arrive whole", {
    timeout: 120_000,
  }, async () => {
    await run();
    const exchanges = Array.from({ length: 20 }, async (_, seed) => {
      const random = seededRandom(seed);
      const bytes = seededBytes(150_000, seed);
      const gap = (): number => (random() < 0.5 ? 0 : random() * 8);
      const received = await exchange(randomChunks(bytes, 1, 3000, random), gap);
      expect(received).toEqual({ bytes: bytes.length, sha256: sha256Of(bytes) });
    });
    await Promise.all(exchanges);
    expect(faultwire.stderr()).not.toContain("mismatch");
  });

  it("a receiver that stops reading for a while gets everything afterwards", {
    timeout: 120_000,
  }, async () => {
    await run();
    const length = 12 * mib;
    const socket = await openTunnel(host.proxyUrl, `127.0.0.1:${echo.port}`, true);
    const sent = send(socket, seededBlocks(length, 3));
    // Long enough for every buffer on the way to fill up: the echo's answers have nowhere to go.
    await pause(1500);
    const [received] = await Promise.all([receive(socket), sent]);
    expect(received).toEqual({ bytes: length, sha256: sha256Of(seededBlocks(length, 3)) });
  });
});

describe("with one side registered, the host loses what comes while a write call is in flight", () => {
  it.each(["server", "client"] as const)(
    "%s side: of dribbled exchanges, some are short, and none is longer",
    { timeout: 180_000 },
    async (side) => {
      await run("--side", side);
      const length = 150_000;
      // The host loses what comes within microseconds, so it takes a number of exchanges to see it once.
      let shortest = length;
      for (let round = 0; round < 15 && shortest === length; round++) {
        const lengths = await Promise.all(
          Array.from({ length: 20 }, async (_, tunnel) => {
            const seed = round * 20 + tunnel;
            const random = seededRandom(seed);
            const chunks = randomChunks(seededBytes(length, seed), 1, 3000, random);
            return (await exchange(chunks, () => (random() < 0.5 ? 0 : random() * 8))).bytes;
          }),
        );
        expect(Math.max(...lengths)).toBeLessThanOrEqual(length);
        shortest = Math.min(...lengths);
      }
      expect(shortest).toBeLessThan(length);
    },
  );
});
