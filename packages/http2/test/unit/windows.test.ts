/** Windows of both directions: what counts, when room is given back, how far data goes (RFC 9113 section 6.9). */
import {
  ErrorCode,
  FrameFlag,
  HpackEncoder,
  sectionOf,
  writeData,
  writeFrame,
  writeHeaders,
  writeWindowUpdate,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { framesOf, greeted, peerOf, requestOn } from "../support/peer.ts";

const { FLOW_CONTROL_ERROR, CANCEL } = ErrorCode;
const bytes = (count: number): Uint8Array => new Uint8Array(count);

describe("windows", () => {
  const { PADDED, END_STREAM } = FrameFlag;

  it("of a stream: what fills it is taken, one byte more ends the stream", () => {
    const at = (count: number): ReturnType<typeof peerOf> => {
      const peer = peerOf("server", { streamWindowBytes: 10 });
      peer.connection.consumed = () => {};
      peer.say(requestOn(1, new HpackEncoder(), false), writeData(1, bytes(count)));
      return peer;
    };
    expect(at(10).told.resets.size).toBe(0);
    const over = at(11);
    expect([over.told.resets.get(1), over.connection.failure]).toEqual([FLOW_CONTROL_ERROR, undefined]);
  });

  it("of the connection: padding counts, what goes to streams that are over counts, and a quarter of it is given back", () => {
    const connection = greeted("server", {}, [], {
      connectionWindowBytes: 65_536,
      streamWindowBytes: 200_000,
    });
    const encoder = new HpackEncoder();
    connection.push(requestOn(1, encoder, false));
    connection.push(requestOn(3, encoder, false));
    connection.reset(connection.find(3)!, CANCEL);
    connection.take();
    connection.push(writeFrame({ type: 0, flags: PADDED, streamId: 1, payload: bytes(1_000) }));
    connection.push(writeFrame({ type: 0, streamId: 3, payload: bytes(15_383) }));
    expect(connection.take().length).toBe(0);
    connection.push(writeData(1, bytes(1)));
    expect(Buffer.from(connection.take()).toString("hex")).toBe("00000408000000000000004000");
    connection.push(writeData(1, bytes(16_383)));
    expect(connection.take().length).toBe(0);
  });

  it("of the connection: one byte more than it ends the connection", () => {
    const failureOf = (more: number): unknown => {
      const connection = greeted("server", {}, [], {
        connectionWindowBytes: 65_535,
        streamWindowBytes: 200_000,
        maxFrameBytes: 100_000,
      });
      connection.push(requestOn(1, new HpackEncoder(), false));
      connection.push(writeData(1, bytes(65_535 + more)));
      return connection.failure;
    };
    expect(failureOf(0)).toBeUndefined();
    expect(failureOf(1)).toEqual({
      code: FLOW_CONTROL_ERROR,
      reason: "more data than the connection's window",
    });
  });

  it.each(["client", "server"] as const)(
    "of a %s: ten times as much as both of them passes, where it is used",
    (role) => {
      const limits = { connectionWindowBytes: 65_536, streamWindowBytes: 65_536 };
      const consumed: number[] = [];
      const connection = greeted(
        role,
        {
          data: (stream, data) => {
            consumed.push(data.length);
            connection.consumed(stream, data.length);
          },
        },
        [],
        limits,
      );
      const encoder = new HpackEncoder();
      if (role === "server") connection.push(requestOn(1, encoder, false));
      else {
        connection.request(sectionOf([[":method", "GET"]]), true);
        connection.push(writeHeaders(1, encoder.encode([[":status", "200"]]), false));
      }
      for (let frames = 0; frames < 40; frames++) connection.push(writeData(1, bytes(16_384)));
      expect([connection.failure, consumed.length, connection.find(1)?.isClosed]).toEqual([
        undefined,
        40,
        false,
      ]);
    },
  );

  it("a stream's window is given back once half of it is used, and padding is used as it comes", () => {
    const connection = greeted("server", {}, [], { streamWindowBytes: 100 });
    connection.push(requestOn(1, new HpackEncoder(), false));
    const stream = connection.find(1)!;
    connection.push(writeData(1, bytes(60)));
    connection.consumed(stream, 49);
    expect([connection.hasOutput(false), stream.receiveWindow]).toEqual([false, 40]);
    connection.push(writeFrame({ type: 0, flags: PADDED, streamId: 1, payload: bytes(1) }));
    expect(framesOf(connection.take())).toEqual(["WINDOW_UPDATE 1 0 4"]);
    expect([stream.receiveWindow, stream.returnableBytes]).toEqual([89, 0]);
    connection.consumed(stream, 49);
    expect(connection.hasOutput(false)).toBe(false);
    connection.consumed(stream, 1);
    expect(Buffer.from(connection.take()).toString("hex")).toBe("00000408000000000100000032");
  });

  it("a peer that was told of a small window gets it back by halves of that", () => {
    const connection = greeted("server", {}, [], { streamWindowBytes: 100 });
    connection.announce([[4, 10]]);
    connection.take();
    connection.push(requestOn(1, new HpackEncoder(), false));
    const stream = connection.find(1)!;
    // It may not have heard of it yet.
    expect(stream.receiveWindow).toBe(100);
    connection.consumed(stream, 4);
    expect(connection.hasOutput(false)).toBe(false);
    connection.consumed(stream, 1);
    expect(Buffer.from(connection.take()).toString("hex")).toBe("00000408000000000100000005");
    connection.announce([[4, 150]]);
    expect(stream.receiveWindow).toBe(155);
    connection.announce([[4, 150]]);
    expect(stream.receiveWindow).toBe(155);
  });

  it("nothing is given back where that is left out on purpose, but by grant", () => {
    const connection = greeted("server", {}, [], { streamWindowBytes: 100 });
    const encoder = new HpackEncoder();
    for (const id of [1, 3]) connection.push(requestOn(id, encoder, false));
    const [first, second] = [connection.find(1)!, connection.find(3)!];
    first.keepsWindow = true;
    connection.consumed(first, 80);
    expect(connection.hasOutput(false)).toBe(false);
    connection.consumed(second, 80);
    expect(framesOf(connection.take())).toEqual(["WINDOW_UPDATE 3 0 4"]);
    connection.keepsWindows = true;
    connection.consumed(second, 80);
    expect([connection.hasOutput(false), first.returnableBytes, second.returnableBytes]).toEqual([
      false,
      80,
      80,
    ]);
    connection.grant(first, 0);
    expect(connection.hasOutput(false)).toBe(false);
    connection.grant(first, 5);
    expect(Buffer.from(connection.take()).toString("hex")).toBe("00000408000000000100000005");
    expect(first.receiveWindow).toBe(105);
  });

  it("a stream whose peer has sent all gets nothing back", () => {
    const connection = greeted("server", {}, [], { streamWindowBytes: 100 });
    connection.push(requestOn(1, new HpackEncoder(), false));
    const stream = connection.find(1)!;
    connection.push(writeFrame({ type: 0, flags: PADDED | END_STREAM, streamId: 1, payload: bytes(90) }));
    connection.consumed(stream, 89);
    expect([connection.hasOutput(false), stream.returnableBytes]).toEqual([false, 0]);
  });

  it("a request that waits gets no room: it has no number yet", () => {
    const connection = greeted("client", {}, [[3, 0]]);
    const waiting = connection.request(sectionOf([[":method", "POST"]]), false);
    connection.grant(waiting, 5);
    expect([connection.hasOutput(true), waiting.receiveWindow]).toEqual([false, 262_144]);
  });

  it("data goes out as far as both windows allow, once there is room again", () => {
    const connection = greeted("client", {}, [[4, 70_000]]);
    const stream = connection.request(sectionOf([[":method", "POST"]]), false);
    connection.data(stream, bytes(80_000));
    const taken = (): number => {
      let sum = 0;
      for (let out = connection.take(); out.length > 0; out = connection.take())
        for (const frame of framesOf(out)) if (frame.startsWith("DATA")) sum += Number(frame.split(" ")[3]);
      return sum;
    };
    expect(taken()).toBe(65_535);
    connection.push(writeWindowUpdate(0, 10_000));
    expect(taken()).toBe(70_000 - 65_535);
    connection.push(writeWindowUpdate(1, 10_000));
    expect(taken()).toBe(10_000 - (70_000 - 65_535));
    connection.push(writeWindowUpdate(0, 1));
    expect(taken()).toBe(1);
  });
});
