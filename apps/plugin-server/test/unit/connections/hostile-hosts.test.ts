/** Hosts that keep the rules of a stream's messages and never end it, never end a message, or send it in crumbs. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { MessageMemory } from "@faultwire/connect-unary";
import {
  connectionLimits,
  OpenSchema,
  type PluginStream,
  ProcessConnectionRequestSchema,
} from "@faultwire/connection-protocol";
import { silentEars } from "@faultwire/lines";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { Connections } from "../../../src/connections/connections.ts";
import { StreamLine } from "../../../src/connections/stream-line.ts";

/** The `open` of a connection, behind its prefix. */
function open(host: string): Buffer {
  const value = create(OpenSchema, {
    id: "test-1",
    minVersion: 1,
    maxVersion: 1,
    host,
    port: 80,
    abilities: { reset: true, halfClose: true, dial: true },
    creditBytes: connectionLimits.creditBytes,
  });
  const message = toBinary(
    ProcessConnectionRequestSchema,
    create(ProcessConnectionRequestSchema, { message: { case: "open", value } }),
  );
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A table of connections on a port, with a clock of its own, and streams to it that nothing ends by itself. */
async function table(memory?: MessageMemory) {
  let now = 0;
  const runtime = await openRuntime({
    rules: { single: { targetHosts: ["api.test"], errorProbability: 1, statusCode: 529, seed: 1 } },
    logger: pino({ level: "silent" }),
    clock: { now: () => now, after: () => () => {} },
  });
  onTestFinished(async () => void (await runtime.close()));
  const connections = new Connections({
    runtime,
    policy: runtime.policy,
    mayDial: true,
    ...(memory && { memory }),
  });
  onTestFinished(() => connections.close());
  const server = createServer().on("stream", connections.take).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await expect.poll(() => server.listening).toBe(true);
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => session.destroy());
  const begin = (): ClientHttp2Stream => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/faultwire.connection.v1.ConnectionService/ProcessConnection",
      "content-type": "application/grpc+proto",
      te: "trailers",
    });
    stream.on("error", () => {});
    stream.resume();
    return stream;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { connections, begin, pass };
}

describe("a host that", () => {
  it("does not end its half of a stream that is over keeps no place in the table", async () => {
    const { connections, begin, pass } = await table();
    const stream = begin();
    const statuses: unknown[] = [];
    stream.on("trailers", (fields) => statuses.push(fields["grpc-status"]));
    stream.write(open("elsewhere.test"));
    await expect.poll(() => statuses).toEqual(["0"]);
    pass(connectionLimits.endMs - 1);
    connections.look();
    expect(connections.size).toBe(1);
    pass(1);
    connections.look();
    await expect.poll(() => connections.size).toBe(0);
    await expect.poll(() => stream.closed).toBe(true);
  });

  it("never ends its messages shares one memory with all others: what has grown least recently gives way", async () => {
    const memory = new MessageMemory({ maxBytes: 150_000 });
    const { connections, begin } = await table(memory);
    const unfinished = Buffer.alloc(60_000);
    unfinished.writeUInt32BE(connectionLimits.maxMessageBytes, 1);
    const streams = [begin(), begin()];
    for (const [at, stream] of streams.entries()) {
      stream.write(unfinished);
      await expect.poll(() => memory.heldBytes).toBeGreaterThanOrEqual((at + 1) * unfinished.length);
    }
    const ended: string[] = [];
    streams[0]?.on("trailers", (fields) =>
      ended.push(`${String(fields["grpc-status"])} ${decodeURIComponent(String(fields["grpc-message"]))}`),
    );
    const third = begin();
    third.write(unfinished);
    await expect
      .poll(() => ended)
      .toEqual(["8 too many messages are under way at this plugin; this one did not go on"]);
    expect(memory.heldBytes).toBeGreaterThanOrEqual(120_000);
    expect(memory.heldBytes).toBeLessThanOrEqual(150_000);
    await expect.poll(() => connections.size).toBe(2);
    for (const stream of [streams[1], third]) stream?.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => memory.heldBytes).toBe(0);
  });

  it("sends a byte at a time to a peer that is not heard has them put together", () => {
    const stream = { send() {}, sendBytes() {} } satisfies Pick<PluginStream, "send" | "sendBytes">;
    const line = new StreamLine({
      peer: 0,
      stream,
      watches: { add: () => 1 },
      hostCreditBytes: connectionLimits.creditBytes,
      onClosed() {},
    });
    const heard: Buffer[] = [];
    line.listen({ ...silentEars, data: (bytes) => void heard.push(Buffer.from(bytes)) });
    const all = Buffer.from(Array.from({ length: 50_000 }, (_, at) => at & 0xff));
    const pieces = [all.subarray(0, 1), all.subarray(1, 10_000)];
    for (const piece of pieces) line.receive(piece);
    for (let at = 10_000; at < all.length; at++) line.receive(all.subarray(at, at + 1));
    expect(line.heldBytes).toBe(all.length);
    line.setPaused(false);
    expect(Buffer.concat(heard).equals(all)).toBe(true);
    expect(heard.length).toBeLessThan(10);
    expect(line.heldBytes).toBe(0);
  });
});
