import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { GrpcChannel, type GrpcResult, MAX_RESPONSE_MESSAGE_BYTES } from "../../src/grpc/grpc-channel.ts";
import { GRPC_STATUS, statusOfHttp } from "../../src/grpc/grpc-status.ts";

/** Makes one call to a server that answers every stream by hand. */
async function callTo(answer: (stream: ServerHttp2Stream) => void): Promise<GrpcResult> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const channel = new GrpcChannel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    channel.close();
    server.close();
  });
  return new Promise((resolve) => channel.call("/plugin.PluginService/X", new Uint8Array(3), resolve));
}

const GRPC = { ":status": 200, "content-type": "application/grpc" };

describe("the gRPC channel", () => {
  it("gives up on a message over 4 MiB when it is declared, not when it has come", async () => {
    const result = await callTo((stream) => {
      stream.respond(GRPC);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(MAX_RESPONSE_MESSAGE_BYTES + 1, 1);
      stream.write(prefix);
    });
    expect(result).toMatchObject({ kind: "failure", failure: { code: GRPC_STATUS.outOfRange } });
  });

  it("refuses a compressed message", async () => {
    const result = await callTo((stream) => {
      stream.respond(GRPC);
      stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
    });
    expect(result.kind).toBe("failure");
  });

  it("reads the status from a response that is trailers only, its message decoded", async () => {
    const result = await callTo((stream) => {
      stream.respond(
        { ...GRPC, "grpc-status": "9", "grpc-message": "not%20yet: 50% done" },
        { endStream: true },
      );
    });
    expect(result).toEqual({ kind: "failure", failure: { code: 9, message: "not%20yet: 50% done" } });
    const decoded = await callTo((stream) => {
      stream.respond({ ...GRPC, "grpc-status": "9", "grpc-message": "not%20yet" }, { endStream: true });
    });
    expect(decoded).toEqual({ kind: "failure", failure: { code: 9, message: "not yet" } });
  });

  it("may be closed in the moment in which its connection has come to be", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const channel = new GrpcChannel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const nextTick = process.nextTick.bind(process);
    let isClosed = false;
    // Node tells of a session's connection by a tick, of which this is the turn before.
    const ticks = vi.spyOn(process, "nextTick").mockImplementation((callback, ...args) => {
      if (args[1] === "connect" && "alpnProtocol" in (args[0] as object)) {
        isClosed = true;
        channel.close();
      }
      nextTick(callback, ...args);
    });
    onTestFinished(() => {
      ticks.mockRestore();
      server.close();
    });
    const result = await new Promise<GrpcResult>((resolve) =>
      channel.call("/plugin.PluginService/X", new Uint8Array(3), resolve),
    );
    expect(isClosed).toBe(true);
    expect(result.kind).toBe("failure");
    // An error of that tick would end the process.
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("calls an answer without a status unknown, and an unreachable plugin unavailable", async () => {
    const silent = await callTo((stream) => stream.respond(GRPC, { endStream: true }));
    expect(silent).toMatchObject({ failure: { code: GRPC_STATUS.unknown } });
    const channel = new GrpcChannel("http://127.0.0.1:1");
    onTestFinished(() => channel.close());
    const result = await new Promise<GrpcResult>((resolve) => channel.call("/x", new Uint8Array(0), resolve));
    expect(result).toMatchObject({ failure: { code: GRPC_STATUS.unavailable } });
  });

  it("maps HTTP statuses as gRPC says", () => {
    expect([400, 401, 403, 404, 429, 502, 503, 504, 418].map(statusOfHttp)).toEqual([
      13, 16, 7, 12, 14, 14, 14, 14, 2,
    ]);
  });
});
