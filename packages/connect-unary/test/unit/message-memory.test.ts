import { once } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvelopeReader, encodeEnvelope } from "../../src/envelope.ts";
import { type MessageHolder, MessageMemory, type UnreadMessage, unaryFastPath } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { answerOf, enveloped, open, paths, RawServer, textOf } from "../support/raw-client.ts";
import { cancelFrame, dataFrame, headersFrame, preface } from "../support/raw-frames.ts";

describe("the memory of messages", () => {
  function memoryOf(maxBytes: number): { memory: MessageMemory; gone: string[]; told: number[] } {
    const gone: string[] = [];
    const told: number[] = [];
    return { memory: new MessageMemory({ maxBytes, onGivesWay: (bytes) => told.push(bytes) }), gone, told };
  }
  const holder = (name: string, gone: string[]): MessageHolder => ({ giveWay: () => gone.push(name) });

  it("has the one give way that has grown least recently, until there is room", () => {
    const { memory, gone, told } = memoryOf(100);
    const [a, b, c] = [holder("a", gone), holder("b", gone), holder("c", gone)];
    memory.hold(a, 40);
    memory.hold(b, 40);
    memory.hold(a, 50);
    expect([gone, memory.heldBytes]).toEqual([[], 90]);
    memory.hold(c, 40);
    expect([gone, told, memory.heldBytes]).toEqual([["b"], [40], 90]);
    memory.hold(c, 100);
    expect([gone, memory.heldBytes]).toEqual([["b", "a"], 100]);
  });

  it("has the one itself give way that is too large for all of it", () => {
    const { memory, gone } = memoryOf(100);
    memory.hold(holder("a", gone), 101);
    expect([gone, memory.heldBytes]).toEqual([["a"], 0]);
  });

  it("is free again when a call keeps nothing more, and for one that it does not know stays as it is", () => {
    const { memory, gone } = memoryOf(100);
    const a = holder("a", gone);
    memory.hold(a, 60);
    memory.release(holder("b", gone));
    expect(memory.heldBytes).toBe(60);
    memory.release(a);
    memory.release(a);
    expect(memory.heldBytes).toBe(0);
  });
});

describe("what is kept of a message", () => {
  it("does not keep the block from which it was read", () => {
    const reader = new EnvelopeReader(100_000);
    const block = new Uint8Array(65_536);
    block.set(encodeEnvelope(new Uint8Array(1000)), 5000);
    reader.push(block.subarray(5000, 5010));
    expect(reader.heldBytes).toBeLessThan(100);
    expect(reader.pendingBytes).toBe(10);
  });

  it("is no more than what has come, whatever is declared, and not twice that", () => {
    const reader = new EnvelopeReader(4_194_304);
    const message = encodeEnvelope(new Uint8Array(4_194_304));
    for (let at = 0; at < 1_000_000; at += 1000) {
      reader.push(message.subarray(at, at + 1000));
      expect(reader.heldBytes).toBeLessThanOrEqual(2 * (at + 1000));
    }
  });

  it("can be looked at before it is whole", () => {
    const reader = new EnvelopeReader(100);
    const envelope = encodeEnvelope(Uint8Array.of(1, 2, 3));
    expect([...reader.part, reader.declaredBytes]).toEqual([undefined]);
    reader.push(envelope.subarray(0, 7));
    expect([...reader.part, reader.declaredBytes]).toEqual([1, 2, 3]);
    reader.push(envelope.subarray(7));
    expect([...reader.part]).toEqual([1, 2, 3]);
  });
});

describe("calls that share a memory", () => {
  let server: RawServer;
  let unread: UnreadMessage[];
  let abandoned: Uint8Array[];
  let gaveWay: number;
  const memory = new MessageMemory({ maxBytes: 1000, onGivesWay: () => gaveWay++ });

  beforeEach(() => {
    gaveWay = 0;
    unread = [];
    abandoned = [];
    const handler = unaryFastPath({
      service: EchoService,
      maxMessageBytes: 800,
      memory,
      methods: { echo: (request) => request, answer: (request) => request },
      unread: {
        echo: (why) => {
          unread.push(why);
          return create(BytesValueSchema, { value: new TextEncoder().encode("unread") });
        },
      },
      abandoned: { echo: (part) => abandoned.push(Uint8Array.from(part)) },
    });
    server = RawServer.create(() => {}, handler);
  });
  afterEach(() => server.close());

  it("answer a message that is too long at its end, without it", async () => {
    const stream = open(await server.client(), paths.echo);
    const message = enveloped(new Uint8Array(5000));
    stream.write(message.subarray(0, 3000));
    stream.end(message.subarray(3000));
    const answer = await soon(answerOf(stream), "the answer");
    expect(textOf(answer)).toBe("unread");
    expect(unread).toEqual([{ reason: "too-long", messageBytes: message.length - 5 }]);
    expect(memory.heldBytes).toBe(0);
  });

  it("hold nothing of it while the rest of it comes, though a part of its prefix was held", async () => {
    const opened = once(server.server, "stream") as Promise<[ServerHttp2Stream]>;
    const stream = open(await server.client(), paths.echo);
    const [theirs] = await soon(opened, "the stream");
    let came = 0;
    theirs.on("data", (chunk: Buffer) => {
      came += chunk.length;
    });
    const message = enveloped(new Uint8Array(5000));
    stream.write(message.subarray(0, 3));
    await expect.poll(() => came).toBe(3);
    expect(memory.heldBytes).toBeGreaterThan(0);
    stream.write(message.subarray(3, 2000));
    await expect.poll(() => came).toBe(2000);
    expect([memory.heldBytes, gaveWay, unread]).toEqual([0, 0, []]);
    stream.end(message.subarray(2000));
    expect(textOf(await soon(answerOf(stream), "the answer"))).toBe("unread");
  });

  it("refuse it where nothing answers in its place", async () => {
    const stream = open(await server.client(), paths.answer);
    stream.end(enveloped(new Uint8Array(5000)));
    const { trailers } = await soon(answerOf(stream), "the answer");
    expect(trailers["grpc-status"]).toBe(String(Code.ResourceExhausted));
  });

  it("answer one that gave way at its end, and refuse it where nothing answers in its place", async () => {
    const client = await server.client();
    const message = enveloped(new Uint8Array(500));
    const [first, second] = [open(client, paths.echo), open(client, paths.answer)];
    const [told, refused] = [answerOf(first), answerOf(second)];
    for (const stream of [first, second]) stream.write(message.subarray(0, 450));
    await expect.poll(() => memory.heldBytes).toBeGreaterThan(800);
    // Two more: the two before them give way.
    const [third, fourth] = [open(client, paths.echo), open(client, paths.echo)];
    for (const stream of [third, fourth]) stream.write(message.subarray(0, 470));
    await expect.poll(() => gaveWay).toBe(2);
    expect(memory.heldBytes).toBeLessThanOrEqual(1000);
    for (const stream of [first, second]) stream.end(message.subarray(450));
    for (const stream of [third, fourth]) stream.end(message.subarray(470));
    expect(textOf(await soon(told, "the answer"))).toBe("unread");
    expect(unread[0]).toEqual({ reason: "gave-way", messageBytes: message.length - 5 });
    const { trailers } = await soon(refused, "the answer");
    expect(trailers["grpc-status"]).toBe(String(Code.ResourceExhausted));
    await expect.poll(() => memory.heldBytes).toBe(0);
  });

  it("tell of one that is cancelled before its method has got it, with what had come", async () => {
    await server.client();
    const message = enveloped("some text");
    const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const frames = [headersFrame(1, paths.echo), dataFrame(1, message.subarray(0, 9)), cancelFrame(1)];
    socket.write(Buffer.concat([preface, ...frames]));
    await expect.poll(() => abandoned).toEqual([Uint8Array.from(message.subarray(5, 9))]);
    expect(memory.heldBytes).toBe(0);
    socket.destroy();
  });

  it("tell nothing of one that was answered", async () => {
    const stream = open(await server.client(), paths.echo);
    stream.end(enveloped("some text"));
    expect(textOf(await soon(answerOf(stream), "the answer"))).toBe("some text");
    expect(abandoned).toEqual([]);
    expect(memory.heldBytes).toBe(0);
  });
});
