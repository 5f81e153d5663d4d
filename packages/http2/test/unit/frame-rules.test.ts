/** Each type of frame on the stream and in the size that RFC 9113 section 6 asks for, and beside it. */
import {
  CONNECTION_PREFACE,
  ErrorCode,
  HpackEncoder,
  writeFrame,
  writeHeaders,
  writeSettings,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { greeted, peerOf, requestBlock, requestOn } from "../support/peer.ts";

const { PROTOCOL_ERROR, FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED } = ErrorCode;
const onStream = { code: PROTOCOL_ERROR, reason: "a frame of the connection on a stream" };
const onConnection = { code: PROTOCOL_ERROR, reason: "a frame of a stream on stream 0" };
const size = (type: number, bytes: number, expected: number): unknown => ({
  code: FRAME_SIZE_ERROR,
  reason: `a frame of type ${type} with ${bytes} bytes; ${expected} expected`,
});

/** What a server whose client has asked on streams 1 and 3 makes of a frame. */
function failureOf(type: number, streamId: number, bytes: number, flags = 0): unknown {
  const connection = greeted("server");
  const encoder = new HpackEncoder();
  connection.push(requestOn(1, encoder, false));
  connection.push(requestOn(3, encoder, false));
  connection.push(writeFrame({ type, flags, streamId, payload: new Uint8Array(bytes).fill(1) }));
  return connection.failure;
}

it.each([
  ["DATA", 0, 0, 5, onConnection],
  ["DATA", 0, 1, 0, undefined],
  ["HEADERS", 1, 0, 5, onConnection],
  ["PRIORITY", 2, 0, 5, onConnection],
  ["PRIORITY", 2, 1, 5, undefined],
  ["PRIORITY", 2, 9, 5, undefined],
  ["PRIORITY", 2, 1, 4, size(2, 4, 5)],
  ["PRIORITY", 2, 1, 6, size(2, 6, 5)],
  ["RST_STREAM", 3, 0, 4, onConnection],
  ["RST_STREAM", 3, 1, 4, undefined],
  ["RST_STREAM", 3, 1, 3, size(3, 3, 4)],
  ["RST_STREAM", 3, 1, 5, size(3, 5, 4)],
  ["SETTINGS", 4, 1, 0, onStream],
  ["SETTINGS", 4, 0, 0, undefined],
  ["SETTINGS", 4, 0, 12, undefined],
  ["SETTINGS", 4, 0, 7, { code: FRAME_SIZE_ERROR, reason: "SETTINGS with 7 bytes" }],
  ["PUSH_PROMISE", 5, 0, 4, onConnection],
  ["PUSH_PROMISE", 5, 1, 4, { code: PROTOCOL_ERROR, reason: "PUSH_PROMISE, which was turned off" }],
  ["PING", 6, 1, 8, onStream],
  ["PING", 6, 0, 8, undefined],
  ["PING", 6, 0, 7, size(6, 7, 8)],
  ["PING", 6, 0, 9, size(6, 9, 8)],
  ["GOAWAY", 7, 1, 8, onStream],
  ["GOAWAY", 7, 0, 8, undefined],
  ["GOAWAY", 7, 0, 20, undefined],
  ["GOAWAY", 7, 0, 7, { code: FRAME_SIZE_ERROR, reason: "GOAWAY with 7 bytes" }],
  ["WINDOW_UPDATE", 8, 0, 4, undefined],
  ["WINDOW_UPDATE", 8, 1, 4, undefined],
  ["WINDOW_UPDATE", 8, 0, 3, size(8, 3, 4)],
  ["WINDOW_UPDATE", 8, 1, 5, size(8, 5, 4)],
  ["CONTINUATION", 9, 1, 4, { code: PROTOCOL_ERROR, reason: "CONTINUATION without HEADERS" }],
  ["a type that nobody knows", 0xfa, 0, 3, undefined],
  ["a type that nobody knows", 0xfa, 1, 3, undefined],
] as const)("%s (%i) on stream %i with %i bytes", (_name, type, streamId, bytes, expected) => {
  expect(failureOf(type, streamId, bytes)).toEqual(expected);
});

it("an acknowledgement of SETTINGS, and of PING", () => {
  expect(failureOf(4, 0, 0, 1)).toBeUndefined();
  expect(failureOf(4, 0, 6, 1)).toEqual({ code: FRAME_SIZE_ERROR, reason: "SETTINGS with 6 bytes" });
  expect(failureOf(6, 0, 8, 1)).toBeUndefined();
});

describe("order", () => {
  const firstFrame = { code: PROTOCOL_ERROR, reason: "the first frame is not SETTINGS" };
  it.each([
    ["SETTINGS", writeSettings([]), undefined],
    ["an acknowledgement of SETTINGS", writeFrame({ type: 4, flags: 1 }), firstFrame],
    ["a PING", writeFrame({ type: 6, payload: new Uint8Array(8) }), firstFrame],
    ["a request", requestOn(1, new HpackEncoder()), firstFrame],
  ])("the first frame is %s", (_what, frame, expected) => {
    const { connection } = peerOf("server", {}, false);
    connection.push(CONNECTION_PREFACE);
    connection.push(frame);
    expect(connection.failure).toEqual(expected);
  });

  it("the preface is read in any chunks, and a wrong byte is told at once", () => {
    for (let at = 1; at < CONNECTION_PREFACE.length; at++) {
      const { connection } = peerOf("server", {}, false);
      connection.push(CONNECTION_PREFACE.subarray(0, at));
      connection.push(Buffer.concat([CONNECTION_PREFACE.subarray(at), writeSettings([])]));
      expect(connection.failure).toBeUndefined();
      const wrong = peerOf("server", {}, false).connection;
      wrong.push(CONNECTION_PREFACE.subarray(0, at));
      wrong.push(Uint8Array.of(CONNECTION_PREFACE[at]! ^ 1));
      expect(wrong.failure).toEqual({
        code: PROTOCOL_ERROR,
        reason: "the client does not begin with the preface of HTTP/2",
      });
    }
  });

  const within = { code: PROTOCOL_ERROR, reason: "another frame within a header block" };
  it.each([
    ["its CONTINUATION", 9, 5, undefined],
    ["the CONTINUATION of another stream", 9, 3, within],
    ["DATA of its stream", 0, 5, within],
    ["a type that nobody knows", 0xfa, 5, within],
  ] as const)("a header block goes on with %s", (_what, type, streamId, expected) => {
    const connection = greeted("server");
    const block = requestBlock(new HpackEncoder());
    connection.push(writeFrame({ type: 1, streamId: 5, payload: block.subarray(0, 3) }));
    expect(connection.heldBytes).toBe(3);
    connection.push(writeFrame({ type, flags: 4, streamId, payload: block.subarray(3) }));
    expect(connection.failure).toEqual(expected);
    if (!expected) expect([connection.heldBytes, connection.find(5)?.id]).toEqual([0, 5]);
  });
});

describe("streams", () => {
  const opened = (streamId: number): unknown => ({
    code: PROTOCOL_ERROR,
    reason: `HEADERS on stream ${streamId}, which is not the peer's to open`,
  });
  const idle = (what: string, streamId: number): unknown => ({
    code: PROTOCOL_ERROR,
    reason: `${what} on stream ${streamId}, which nobody has opened`,
  });

  it.each([
    ["DATA", 0, 5],
    ["DATA", 0, 2],
    ["RST_STREAM", 3, 5],
    ["RST_STREAM", 3, 2],
    ["WINDOW_UPDATE", 8, 5],
    ["WINDOW_UPDATE", 8, 2],
  ])("%s (%i) on stream %i, to a server", (what, type, streamId) => {
    expect(failureOf(type, streamId, 4)).toEqual(idle(what, streamId));
  });

  it("HEADERS on a stream that is not the peer's to open, by role", () => {
    const block = (): Uint8Array => new HpackEncoder().encode([[":status", "200"]]);
    const server = greeted("server");
    server.push(writeHeaders(2, block(), true));
    expect(server.failure).toEqual(opened(2));
    for (const streamId of [1, 2]) {
      const client = greeted("client");
      client.push(writeHeaders(streamId, block(), true));
      expect(client.failure).toEqual(opened(streamId));
    }
  });

  it("a client hears of streams that it has opened, and of no others", () => {
    for (const [type, what] of [
      [0, "DATA"],
      [3, "RST_STREAM"],
      [8, "WINDOW_UPDATE"],
    ] as const) {
      const client = greeted("client");
      client.request({ fields: [[":method", "GET"]], neverIndexed: new Set() }, false);
      client.push(writeFrame({ type, streamId: 1, payload: Uint8Array.of(0, 0, 0, 1) }));
      expect(client.failure).toBeUndefined();
      client.push(writeFrame({ type, streamId: 3, payload: Uint8Array.of(0, 0, 0, 1) }));
      expect(client.failure).toEqual(idle(what, 3));
    }
  });

  it.each([
    ["DATA", 0],
    ["HEADERS", 1],
  ] as const)("%s on a stream that the client has ended ends the connection", (what, type) => {
    const connection = greeted("server");
    const encoder = new HpackEncoder();
    connection.push(requestOn(1, encoder));
    const payload = type === 0 ? Uint8Array.of(1) : encoder.encode([["x-a", "1"]]);
    connection.push(writeFrame({ type, flags: 5, streamId: 1, payload }));
    expect(connection.failure).toEqual({
      code: STREAM_CLOSED,
      reason: `${what} on stream 1, which its sender had ended`,
    });
  });

  it("a stream that depends on itself is an error: of its stream in PRIORITY, of the connection in HEADERS", () => {
    const own = Uint8Array.of(0, 0, 0, 1, 0);
    const peer = peerOf("server");
    peer.say(requestOn(1, new HpackEncoder(), false));
    peer.say(writeFrame({ type: 2, streamId: 3, payload: own }));
    expect([peer.told.resets.size, peer.connection.failure]).toEqual([0, undefined]);
    expect(peer.say(writeFrame({ type: 2, streamId: 1, payload: own })).resets.get(1)).toBe(PROTOCOL_ERROR);
    expect(peer.connection.failure).toBeUndefined();
    for (const [flags, before] of [
      [0x25, []],
      [0x2d, [0]],
    ] as const) {
      const ask = (streamId: number): unknown => {
        const { connection, say } = peerOf("server");
        const payload = Buffer.concat([Uint8Array.of(...before), own, requestBlock(new HpackEncoder())]);
        say(writeFrame({ type: 1, flags, streamId, payload }));
        return connection.failure ?? connection.find(streamId)?.id;
      };
      expect(ask(1)).toEqual({ code: PROTOCOL_ERROR, reason: "a stream that depends on itself" });
      expect(ask(3)).toBe(3);
    }
  });

  it("a window of a stream that grows by 0 ends the stream, and the connection's the connection", () => {
    const zero = new Uint8Array(4);
    const peer = peerOf("server");
    peer.say(requestOn(1, new HpackEncoder(), false));
    expect(peer.say(writeFrame({ type: 8, streamId: 1, payload: zero })).resets.get(1)).toBe(PROTOCOL_ERROR);
    expect(peer.connection.failure).toBeUndefined();
    peer.say(writeFrame({ type: 8, payload: zero }));
    expect(peer.connection.failure).toEqual({ code: PROTOCOL_ERROR, reason: "WINDOW_UPDATE by 0" });
  });

  it("windows may be as large as 2^31-1, and no larger", () => {
    const grow = (streamId: number, payload: readonly number[]): ReturnType<typeof peerOf> => {
      const peer = peerOf("server");
      peer.say(requestOn(1, new HpackEncoder(), false));
      peer.say(writeFrame({ type: 8, streamId, payload: Uint8Array.from(payload) }));
      return peer;
    };
    const most = [0x7f, 0xff, 0, 0];
    const more = [0x7f, 0xff, 0, 1];
    expect(grow(0, most).connection.failure).toBeUndefined();
    expect(grow(0, more).connection.failure).toEqual({
      code: FLOW_CONTROL_ERROR,
      reason: "a window of the connection above 2^31-1",
    });
    expect(grow(1, most).told.resets.size).toBe(0);
    const wide = grow(1, more);
    expect([wide.told.resets.get(1), wide.connection.failure]).toEqual([FLOW_CONTROL_ERROR, undefined]);
  });
});
