/**
 * What a chunk costs, counted: time would be noise. The host waits for each answer, so whatever is done for every chunk
 * is what every tunnel's speed is made of.
 */
import { createHook } from "node:async_hooks";
import * as protobuf from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { FaultEngine } from "@faultwire/fault-engine";
import {
  ProcessTunnelDataRequestSchema,
  type ProcessTunnelDataResponse,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";
import { carrierRuntime } from "@faultwire/runtime";
import { Tunnels } from "@faultwire/tunnel";
import pino from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type PluginServer, startPluginServer } from "../../src/index.ts";
import { type ChunkCall, chunkCaller } from "../support/chunk-calls.ts";
import { type ChunkWorker, startChunkWorker } from "../support/chunk-worker.ts";

// A module's exports can't be spied on; so that calls of them can be counted, each is wrapped.
vi.mock("@bufbuild/protobuf", async (original) => {
  const real = await original<typeof protobuf>();
  return { ...real, fromBinary: vi.fn(real.fromBinary), toBinary: vi.fn(real.toBinary) };
});

const runtime = carrierRuntime({
  engine: new FaultEngine({ startedAtMs: performance.now() }),
  logger: pino({ level: "silent" }),
});
const chunks = 400;

/** What is created here while work is done, by the names of async_hooks. */
async function created(work: () => Promise<unknown>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const hook = createHook({
    init: (_, type) => {
      counts.set(type, (counts.get(type) ?? 0) + 1);
    },
  }).enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return counts;
}

let server: PluginServer | undefined;
let host: ChunkWorker | undefined;

afterEach(async () => {
  await host?.close();
  await server?.close({ hurry: AbortSignal.abort() });
});

/** A plugin that is answering a host's chunks; nothing is a target. */
async function running(fastPath: boolean): Promise<ChunkWorker> {
  server = await startPluginServer({
    runtime,
    sides: ["server"],
    port: 0,
    fastPath,
  });
  const message = toBinary(
    ProcessTunnelDataRequestSchema,
    create(ProcessTunnelDataRequestSchema, { id: "tunnel", chunk: new Uint8Array(4096).fill(7) }),
  );
  const body = Buffer.concat([Buffer.alloc(5), message]);
  body.writeUInt32BE(message.length, 1);
  host = startChunkWorker(server.endpoints[0]!.url, pluginMethodPaths.processTunnelData, body);
  // What the first calls make once (the session, the tunnel) is not a chunk's.
  await host.calls(20);
  return host;
}

describe("a chunk that passes through, from the connection and back", () => {
  it("makes no promise and no timer", async () => {
    const worker = await running(true);
    const counts = await created(async () => expect(await worker.calls(chunks)).toBe(chunks));
    expect(counts.get("HTTP2STREAM")).toBe(chunks);
    // Less than one each: a few are the test's own, and vitest's.
    expect(counts.get("PROMISE") ?? 0).toBeLessThan(chunks);
    expect(counts.get("Timeout") ?? 0).toBeLessThan(chunks);
  });

  it("would be seen to make some, as connect does", async () => {
    const worker = await running(false);
    const counts = await created(async () => expect(await worker.calls(chunks)).toBe(chunks));
    expect(counts.get("PROMISE") ?? 0).toBeGreaterThan(10 * chunks);
  });

  it("is decoded once and encoded once, and its bytes are not copied in between", async () => {
    const worker = await running(true);
    const decode = vi.mocked(protobuf.fromBinary).mockClear();
    const encode = vi.mocked(protobuf.toBinary).mockClear();
    expect(await worker.calls(chunks)).toBe(chunks);
    expect(decode).toHaveBeenCalledTimes(chunks);
    expect(encode).toHaveBeenCalledTimes(chunks);
    for (const [index, [, received]] of decode.mock.calls.entries()) {
      const { action } = encode.mock.calls[index]![1] as unknown as ProcessTunnelDataResponse;
      const answer = replacement({ answer: action });
      expect(answer.length).toBe(4096);
      expect(answer.buffer).toBe(received.buffer);
      expect(answer.byteOffset + answer.length).toBe(received.byteOffset + received.length);
    }
  });
});

describe("chunks in bulk, carried on both sides", () => {
  it("take a call each, one more for seven of them, and are copied once", () => {
    const clock = 0;
    const tunnels = new Tunnels({
      policy: runtime.policy,
      timers: { now: () => clock, after: () => () => {} },
      userAgent: "test",
      registeredSides: () => ["client", "server"],
    });
    const calls = chunkCaller(tunnels);
    // One record of TLS after the other: each header says how long its record is.
    const record = new Uint8Array(5 + 16_384).fill(7);
    record.set([23, 3, 3, 0x40, 0]);
    const said = Buffer.concat(Array.from({ length: 14 }, () => record));
    const written: Uint8Array[] = [];
    let made = 0;
    let write: ChunkCall | undefined;
    const take = (): void => {
      if (write?.answer === undefined) return;
      written.push(replacement(write));
      write = undefined;
    };
    const reads = Math.floor(said.length / 4096);
    const end = reads * 4096;
    for (let at = 0; at < end; at += 4096) {
      const read = calls.read("tunnel", said.subarray(at, at + 4096));
      const tokens = replacement(read);
      made++;
      take();
      if (tokens.length === 0) continue;
      write = calls.write("tunnel", tokens);
      made++;
      take();
    }
    const got = Buffer.concat(written);
    expect(got.equals(said.subarray(0, got.length))).toBe(true);
    expect(end - got.length).toBeLessThan(28_672);
    expect(made).toBe(reads + Math.ceil(reads / 7));
  });
});

function replacement({ answer }: Pick<ChunkCall, "answer">): Uint8Array {
  if (answer?.case !== "replace") throw new Error(`answered with ${answer?.case}`);
  return answer.value.modifiedChunk;
}
