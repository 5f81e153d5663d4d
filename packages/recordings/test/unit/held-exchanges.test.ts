/** The total over all exchanges: who gives way, and what is held then. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { expect, it, onTestFinished } from "vitest";
import {
  HeldExchanges,
  type LeftReason,
  openRecorder,
  type Recorder,
  readRecordings,
} from "../../src/index.ts";
import { bytesOf } from "../support/exchange.ts";

it("the one under way that holds the most gives way, then the next; what is over gives way to none", () => {
  const told: string[] = [];
  const held = new HeldExchanges(10_000);
  const one = (name: string) => ({ heldBytes: 0, giveWay: () => void told.push(name) });
  const [small, large, over, last] = ["small", "large", "over", "last"].map(one);
  held.add(over!, 4000);
  const letGo = held.keep(over!);
  held.add(small!, 1000);
  held.add(large!, 3000);
  expect(held.add(last!, 2000)).toBe(true);
  expect(told).toEqual(["large"]);
  expect(held.add(last!, 9000)).toBe(false);
  expect(told).toEqual(["large", "last"]);
  letGo();
  held.release(small!);
  expect(held.bytes).toBe(0);
});

async function open(maxHeldBytes = 4_194_304): Promise<{
  readonly recorder: Recorder;
  readonly left: LeftReason[];
  readonly folder: string;
}> {
  const folder = await mkdtemp(join(tmpdir(), "faultwire-held-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const left: LeftReason[] = [];
  const recorder = await openRecorder({
    ...{ folder, maxHeldBytes },
    left: (reason) => left.push(reason),
  });
  return { recorder, left, folder };
}

it("200 connections in mid-stream hold no more than the total, by the bytes of the process", async () => {
  const { recorder, left } = await open();
  const piece = new Uint8Array(65_536);
  const before = await usedBytes();
  const taps = Array.from({ length: 200 }, () =>
    recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" }),
  );
  for (const tap of taps) {
    tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
    tap.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\n\r\n"));
  }
  // 100 MiB in all.
  for (let round = 0; round < 8; round++) for (const tap of taps) tap.fromUpstream(piece);
  // Buffers that go are given back beside the program, at the latest when the next collection begins.
  const grown = (await usedBytes()) - before;
  expect(recorder.heldBytes()).toBeLessThanOrEqual(4_194_304);
  expect(grown).toBeLessThan(8_388_608);
  expect(new Set(left)).toEqual(new Set(["too-much"]));
  expect(recorder.left()["too-much"]).toBe(left.length);
  expect(left.length).toBeGreaterThan(100);
  for (const tap of taps) tap.finish();
  await recorder.close();
  expect(recorder.heldBytes()).toBe(0);
});

it("what waits to be written counts until it is, and is written", async () => {
  const { recorder, folder, left } = await open();
  const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
  for (let count = 0; count < 3; count++) {
    tap.toUpstream(bytesOf(`GET /${count} HTTP/1.1\r\nHost: api.test\r\n\r\n`));
    tap.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"));
    tap.fromUpstream(new Uint8Array(1_000_000));
  }
  expect(recorder.heldBytes()).toBeGreaterThan(3_000_000);
  await recorder.close();
  expect(recorder.heldBytes()).toBe(0);
  expect(await readdir(folder)).toHaveLength(3);
  expect(left).toEqual([]);
});

it("a folder that is full is told once, files of others included, and nothing more is written", async () => {
  const { folder } = await open();
  const failed: Error[] = [];
  const record = async (maxFolderBytes: number): Promise<number> => {
    const recorder = await openRecorder({ folder, maxFolderBytes, failed: (error) => failed.push(error) });
    const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
    for (let count = 0; count < 2; count++) {
      tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
      tap.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    }
    await recorder.close();
    return recorder.written();
  };
  expect(await record(1_000_000)).toBe(2);
  expect(await record(900)).toBe(0);
  expect(failed.map(({ message }) => message)).toEqual([
    `${folder} would hold more than the 900 bytes that a replay reads`,
  ]);
});

it("an exchange whose file no replay would read is not written, which is told, and the next one is", async () => {
  const { recorder, folder, left } = await open(268_435_456);
  const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
  for (const length of [30_000_000, 2]) {
    tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
    tap.fromUpstream(bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`));
    // A control character is six in JSON.
    tap.fromUpstream(new Uint8Array(length).fill(1));
  }
  await recorder.close();
  expect(left).toEqual(["too-large"]);
  expect(await readdir(folder)).toHaveLength(1);
  expect((await readRecordings(folder)).size).toBe(1);
});
