/** Calls that a host cancels: while they come, and by the thousand. */
import { once } from "node:events";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { FaultEngine } from "@faultwire/fault-engine";
import { ProcessTunnelDataRequestSchema, pluginMethodPaths } from "@faultwire/fault-protocol";
import { carrierRuntime } from "@faultwire/runtime";
import { soon } from "@faultwire/testkit/soon";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cancelFrame,
  dataFrame,
  framesOf,
  headersFrame,
  lastDataFrame,
  preface,
} from "../../../../packages/connect-unary/test/support/raw-frames.ts";
import { type PluginServer, startPluginServer } from "../../src/index.ts";
import { tunnelIdOf } from "../../src/service.ts";
import { enveloped, GrpcPeer } from "../support/grpc-peer.ts";

const id = "3f2b8f5e-9f0d-4c0e-8a57-0a8d0f0f6c11";
const chunkOf = (tunnel: string): Uint8Array =>
  toBinary(
    ProcessTunnelDataRequestSchema,
    create(ProcessTunnelDataRequestSchema, { id: tunnel, side: 1, chunk: new Uint8Array(4096).fill(7) }),
  );
const path = pluginMethodPaths.processTunnelData;

let server: PluginServer;
let ended: string[];

beforeEach(async () => {
  ended = [];
  server = await startPluginServer({
    runtime: carrierRuntime({
      engine: new FaultEngine({ startedAtMs: 0 }),
      logger: pino({ level: "silent" }),
    }),
    port: 0,
    onEvent: (event) => {
      if (event.type === "closed") ended.push(`${event.tunnel} ${event.why}`);
    },
  });
});
afterEach(() => server.close({ hurry: AbortSignal.abort() }));

describe("a call that is cancelled before it is whole", () => {
  const message = enveloped(chunkOf(id));
  it.each([
    ["half of its message", [dataFrame(3, message.subarray(0, 2000)), cancelFrame(3)]],
    ["all of it but its end", [dataFrame(3, message), cancelFrame(3)]],
    ["no more than the id", [dataFrame(3, message.subarray(0, 5 + 2 + id.length)), cancelFrame(3)]],
  ])("ends its tunnel at once: %s had come", async (_what, frames) => {
    const socket = connect(server.endpoints[0]!.port, "127.0.0.1");
    await soon(once(socket, "connect"), "the event connect of socket");
    socket.resume();
    // The tunnel is known by a call before.
    socket.write(Buffer.concat([preface, headersFrame(1, path), lastDataFrame(1, message)]));
    await expect.poll(() => server.tunnels().count).toBe(1);
    socket.write(Buffer.concat([headersFrame(3, path), ...frames]));
    await expect.poll(() => ended).toEqual([`${id} cancelled`]);
    socket.destroy();
  });

  it("ends no tunnel where its id has not come", async () => {
    const socket = connect(server.endpoints[0]!.port, "127.0.0.1");
    await soon(once(socket, "connect"), "the event connect of socket");
    socket.resume();
    socket.write(Buffer.concat([preface, headersFrame(1, path), lastDataFrame(1, message)]));
    await expect.poll(() => server.tunnels().count).toBe(1);
    const part = message.subarray(0, 5 + 2 + id.length - 1);
    socket.write(Buffer.concat([headersFrame(3, path), dataFrame(3, part), cancelFrame(3)]));
    const another = enveloped(chunkOf("another"));
    socket.write(Buffer.concat([headersFrame(5, path), lastDataFrame(5, another)]));
    await expect.poll(() => server.tunnels().count).toBe(2);
    expect(ended).toEqual([]);
    socket.destroy();
  });
});

describe("the tunnel's id in a part of a message", () => {
  it("is there as soon as all of it has come", () => {
    const message = chunkOf(id);
    for (let at = 0; at < 2 + id.length; at++) expect(tunnelIdOf(message.subarray(0, at))).toBeUndefined();
    expect(tunnelIdOf(message.subarray(0, 2 + id.length))).toBe(id);
    expect(tunnelIdOf(message)).toBe(id);
  });

  it("is not guessed", () => {
    expect(tunnelIdOf(Uint8Array.of(0x12, 1, 65))).toBeUndefined();
    expect(tunnelIdOf(Uint8Array.of(0x0a, 0))).toBeUndefined();
    expect(tunnelIdOf(Uint8Array.of(0x0a, 0x80, 1, ...new Uint8Array(128)))).toBeUndefined();
  });
});

/** Node 22.12 and newer let a server take more cancelled calls than nghttp2 does by itself; Node 20 does not. */
const takesMore = Number(process.versions.node.split(".", 1)) >= 22;

it(`3,000 calls that are cancelled at once ${takesMore ? "leave" : "end"} the connection (Node ${takesMore ? "22 and newer" : "20"})`, async () => {
  const { url, port } = server.endpoints[0]!;
  const socket = connect(port, "127.0.0.1");
  let received = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    received = Buffer.concat([received, data]);
  });
  socket.on("error", () => {});
  await soon(once(socket, "connect"), "the event connect of socket");
  const calls = Array.from({ length: 3000 }, (_, at) => {
    const stream = 2 * at + 1;
    const part = enveloped(chunkOf(`tunnel-${at}`)).subarray(0, 100);
    return [headersFrame(stream, path), dataFrame(stream, part), cancelFrame(stream)];
  });
  socket.write(Buffer.concat([preface, ...calls.flat()]));
  const last = 6001;
  socket.write(
    Buffer.concat([
      headersFrame(last, pluginMethodPaths.healthCheck),
      lastDataFrame(last, enveloped(new Uint8Array(0))),
    ]),
  );
  const goaway = 7;
  const seen = (): string =>
    framesOf(received, 0).some(({ type }) => type === goaway)
      ? "ended"
      : framesOf(received, last).length > 0
        ? "answered"
        : "nothing";
  await expect.poll(seen).toBe(takesMore ? "answered" : "ended");
  socket.destroy();
  // A host connects anew.
  const again = await GrpcPeer.open(url);
  expect((await again.health()).healthy).toBe(true);
  again.close();
});
