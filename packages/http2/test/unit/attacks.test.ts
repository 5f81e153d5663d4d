/** The known attacks on HTTP/2, from either side: each is cut, and early. */
import {
  CONNECTION_PREFACE,
  ErrorCode,
  FrameFlag,
  FrameType,
  HpackEncoder,
  Http2Connection,
  SettingId,
  writeFrame,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { peerOf, requestBlock, requestOn } from "../support/peer.ts";

const eight = new Uint8Array(8);

/** How many of these it takes until the connection is ended; `Infinity` where it never is. */
function cutAfter(
  peer: ReturnType<typeof peerOf>,
  frames: (index: number) => readonly Uint8Array[],
  most = 20_000,
): number {
  for (let index = 0; index < most; index++) {
    peer.say(...frames(index));
    if (peer.connection.failure) return index + 1;
  }
  return Number.POSITIVE_INFINITY;
}

describe("floods are cut", () => {
  it("rapid reset: requests that are taken back at once", () => {
    const peer = peerOf("server");
    const encoder = new HpackEncoder();
    const cut = cutAfter(peer, (index) => [
      requestOn(index * 2 + 1, encoder),
      writeRstStream(index * 2 + 1, ErrorCode.CANCEL),
    ]);
    expect(cut).toBe(1_001);
    expect(peer.told.goaway).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    expect(peer.connection.streams).toBe(0);
  });

  it("requests that break their streams, which makes us reset them", () => {
    const peer = peerOf("server");
    const encoder = new HpackEncoder();
    const cut = cutAfter(peer, (index) => [
      requestOn(index * 2 + 1, encoder, true, [["connection", "close"]]),
    ]);
    expect(cut).toBe(1_001);
    expect(peer.told.goaway).toBe(ErrorCode.ENHANCE_YOUR_CALM);
  });

  it("requests above the limit of streams are refused, and too many of them are a flood", () => {
    const peer = peerOf("server");
    const encoder = new HpackEncoder();
    const cut = cutAfter(peer, (index) => [requestOn(index * 2 + 1, encoder, false)]);
    expect(cut).toBe(1_101);
    expect(peer.told.resets.get(201)).toBe(ErrorCode.REFUSED_STREAM);
    expect(peer.told.resets.get(199)).toBeUndefined();
  });

  it.each(["client", "server"] as const)("PING and SETTINGS, as a %s", (role) => {
    expect(cutAfter(peerOf(role), () => [writePing(eight)])).toBe(501);
    expect(cutAfter(peerOf(role), () => [writeSettings([])])).toBe(101);
    expect(cutAfter(peerOf(role), () => [writePing(eight, true)])).toBe(5_001);
  });

  it.each(["client", "server"] as const)("frames that move nothing, as a %s", (role) => {
    const priority = writeFrame({ type: FrameType.PRIORITY, streamId: 3, payload: new Uint8Array(5) });
    expect(cutAfter(peerOf(role), () => [priority])).toBe(5_001);
    expect(cutAfter(peerOf(role), () => [writeFrame({ type: 0xfa, streamId: 1 })])).toBe(5_001);
  });

  it("empty DATA without an end", () => {
    const peer = peerOf("server");
    peer.say(requestOn(1, new HpackEncoder(), false));
    expect(cutAfter(peer, () => [writeFrame({ type: FrameType.DATA, streamId: 1 })])).toBe(5_001);
  });

  it.each(["client", "server"] as const)("CONTINUATION without an end, empty or not, as a %s", (role) => {
    const open = (): ReturnType<typeof peerOf> => {
      const peer = peerOf(role);
      if (role === "client") peer.connection.request({ fields: [], neverIndexed: new Set() }, true);
      peer.say(writeFrame({ type: FrameType.HEADERS, streamId: 1 }));
      return peer;
    };
    const empty = writeFrame({ type: FrameType.CONTINUATION, streamId: 1 });
    expect(cutAfter(open(), () => [empty])).toBe(129);
    const full = writeFrame({ type: FrameType.CONTINUATION, streamId: 1, payload: new Uint8Array(16_384) });
    const peer = open();
    expect(cutAfter(peer, () => [full])).toBe(17);
    expect(peer.connection.heldBytes).toBeLessThan(300_000);
  });

  it("PINGs that come slowly, of a peer that reads nothing", () => {
    let now = 0;
    const connection = new Http2Connection({
      role: "server",
      now: () => now,
      handler: { headers() {}, data() {}, reset() {}, failed() {} },
    });
    connection.push(Buffer.concat([CONNECTION_PREFACE, writeSettings([])]));
    connection.take(true);
    let pings = 0;
    for (; pings < 5_000 && !connection.failure; pings++) {
      now += 100;
      connection.push(writePing(eight));
      connection.take(false);
    }
    expect([pings, connection.failure?.code]).toEqual([1_001, ErrorCode.ENHANCE_YOUR_CALM]);
  });

  it("SETTINGS of ours that a peer never acknowledges", () => {
    const peer = peerOf("server");
    let announced = 1;
    for (; announced < 1_000 && !peer.connection.failure; announced++)
      peer.connection.announce([[SettingId.MAX_CONCURRENT_STREAMS, announced]]);
    expect([announced, peer.connection.failure?.code]).toEqual([101, ErrorCode.SETTINGS_TIMEOUT]);
  });

  it("more streams than were announced are refused, from the acknowledgement on", () => {
    const peer = peerOf("server");
    const encoder = new HpackEncoder();
    peer.connection.announce([[SettingId.MAX_CONCURRENT_STREAMS, 1]]);
    peer.say(requestOn(1, encoder, false), requestOn(3, encoder, false));
    expect(peer.told.resets.size).toBe(0);
    // The first acknowledges the SETTINGS that a connection begins with.
    peer.say(writeSettingsAck(), writeSettingsAck(), requestOn(5, encoder, false));
    expect(peer.told.resets.get(5)).toBe(ErrorCode.REFUSED_STREAM);
  });

  it("what comes slowly enough is no flood", () => {
    const peer = peerOf("server");
    for (let index = 0; index < 3_000; index++) {
      peer.advance(10);
      peer.say(writePing(eight));
    }
    expect(peer.connection.failure).toBeUndefined();
  });
});

describe("bombs", () => {
  it("a block of references to one long field is decoded within the limit, and ends its stream alone", () => {
    const peer = peerOf("server");
    const encoder = new HpackEncoder();
    const long: [string, string] = ["x-long", "v".repeat(1_900)];
    const head = requestBlock(encoder, [long]);
    const again = encoder.encode(Array.from({ length: 4_000 }, () => long));
    expect(again.length).toBeLessThan(5_000);
    const block = new Uint8Array([...head, ...again]);
    const told = peer.say(writeHeaders(1, block, true));
    expect(told.resets.get(1)).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    expect(told.what).toEqual(["reset 1 11 ours"]);
    // The table is as its sender means it: the next request is read.
    expect(peer.say(requestOn(3, encoder, true, [long])).what.at(-1)).toBe("request 3 5 end");
  });

  it("a frame that declares more than we take is refused by its header", () => {
    const peer = peerOf("server");
    const told = peer.say(writeFrame({ type: FrameType.DATA, streamId: 1, declaredBytes: 16_385 }));
    expect(told.goaway).toBe(ErrorCode.FRAME_SIZE_ERROR);
    expect(peer.connection.heldBytes).toBe(0);
  });
});

describe("games with windows", () => {
  it("more data than the stream's window ends the stream, than the connection's the connection", () => {
    const peer = peerOf("server", { streamWindowBytes: 65_535, connectionWindowBytes: 100_000 });
    const encoder = new HpackEncoder();
    // Nobody has used any of it: the handler of this peer gives room back only for what it is told of.
    const full = writeFrame({ type: FrameType.DATA, streamId: 1, payload: new Uint8Array(16_384) });
    peer.say(requestOn(1, encoder, false));
    const consumed = peer.connection.consumed.bind(peer.connection);
    peer.connection.consumed = () => {};
    peer.say(full, full, full, full);
    expect(peer.told.resets.get(1)).toBe(ErrorCode.FLOW_CONTROL_ERROR);
    expect(peer.connection.failure).toBeUndefined();
    peer.connection.consumed = consumed;
  });

  it("windows that grow above 2^31-1", () => {
    const peer = peerOf("server");
    peer.say(requestOn(1, new HpackEncoder(), true));
    peer.say(writeWindowUpdate(1, 0x7fff_ffff));
    expect(peer.told.resets.get(1)).toBe(ErrorCode.FLOW_CONTROL_ERROR);
    peer.say(writeWindowUpdate(0, 0x7fff_ffff));
    expect(peer.told.goaway).toBe(ErrorCode.FLOW_CONTROL_ERROR);
  });

  it("a window that SETTINGS make negative stops data, and one that grows again lets them go on", () => {
    const peer = peerOf("server");
    peer.say(requestOn(1, new HpackEncoder(), true));
    const stream = peer.connection.find(1)!;
    peer.connection.respond(stream, { fields: [[":status", "200"]], neverIndexed: new Set() }, false);
    peer.connection.data(stream, new Uint8Array(100));
    const dataOf = (): number =>
      peer.told.frames
        .filter(({ type }) => type === FrameType.DATA)
        .reduce((sum, { payload }) => sum + payload.length, 0);
    peer.say(writeSettings([[4, 0]]));
    expect(dataOf()).toBe(0);
    peer.say(writeSettings([[4, 60]]));
    expect(dataOf()).toBe(60);
    peer.say(writeSettings([[4, 10]]));
    expect(stream.sendWindow).toBe(-50);
    peer.say(writeWindowUpdate(1, 90));
    expect(dataOf()).toBe(100);
  });

  it("a connection of a peer that never reads keeps no more than was given to it", () => {
    const peer = peerOf("client");
    const stream = peer.connection.request({ fields: [[":method", "POST"]], neverIndexed: new Set() }, false);
    peer.connection.data(stream, new Uint8Array(1_000_000));
    peer.say();
    const sent = peer.told.frames
      .filter(({ type }) => type === FrameType.DATA)
      .reduce((sum, { payload }) => sum + payload.length, 0);
    expect(sent).toBe(65_535);
    expect(peer.connection.heldBytes).toBe(1_000_000 - 65_535);
  });
});

describe("what RFC 9113 calls an error", () => {
  const headers = (encoder = new HpackEncoder()): Uint8Array => requestOn(1, encoder, false);
  it.each([
    ["no preface", () => [new Uint8Array(24)], ErrorCode.PROTOCOL_ERROR, false],
    [
      "another frame before SETTINGS",
      () => [Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), writePing(eight)],
      ErrorCode.PROTOCOL_ERROR,
      false,
    ],
    ["DATA on stream 0", () => [writeFrame({ type: FrameType.DATA })], ErrorCode.PROTOCOL_ERROR, true],
    [
      "SETTINGS on a stream",
      () => [writeFrame({ type: FrameType.SETTINGS, streamId: 1 })],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "SETTINGS of 5 bytes",
      () => [writeFrame({ type: FrameType.SETTINGS, payload: new Uint8Array(5) })],
      ErrorCode.FRAME_SIZE_ERROR,
      true,
    ],
    [
      "an acknowledgement with a payload",
      () => [writeFrame({ type: FrameType.SETTINGS, flags: FrameFlag.ACK, payload: new Uint8Array(6) })],
      ErrorCode.FRAME_SIZE_ERROR,
      true,
    ],
    [
      "INITIAL_WINDOW_SIZE above 2^31-1",
      () => [writeSettings([[4, 0x8000_0000]])],
      ErrorCode.FLOW_CONTROL_ERROR,
      true,
    ],
    ["MAX_FRAME_SIZE of 1", () => [writeSettings([[5, 1]])], ErrorCode.PROTOCOL_ERROR, true],
    ["ENABLE_PUSH of 2", () => [writeSettings([[2, 2]])], ErrorCode.PROTOCOL_ERROR, true],
    [
      "a PING of 7 bytes",
      () => [writeFrame({ type: FrameType.PING, payload: new Uint8Array(7) })],
      ErrorCode.FRAME_SIZE_ERROR,
      true,
    ],
    [
      "DATA on an idle stream",
      () => [writeFrame({ type: FrameType.DATA, streamId: 5 })],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    ["RST_STREAM on an idle stream", () => [writeRstStream(5, 8)], ErrorCode.PROTOCOL_ERROR, true],
    ["WINDOW_UPDATE by 0", () => [writeWindowUpdate(0, 0)], ErrorCode.PROTOCOL_ERROR, true],
    [
      "a stream with an even number",
      () => [writeHeaders(2, requestBlock(new HpackEncoder()), true)],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "CONTINUATION without HEADERS",
      () => [writeFrame({ type: FrameType.CONTINUATION, streamId: 1 })],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "another frame within a header block",
      () => [writeFrame({ type: FrameType.HEADERS, streamId: 1 }), writePing(eight)],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "PUSH_PROMISE",
      () => [
        headers(),
        writeFrame({ type: FrameType.PUSH_PROMISE, streamId: 1, payload: new Uint8Array(4) }),
      ],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "a block that is no HPACK",
      () => [writeHeaders(1, Uint8Array.of(0x80), true)],
      ErrorCode.COMPRESSION_ERROR,
      true,
    ],
    [
      "more padding than payload",
      () => [
        headers(),
        writeFrame({
          type: FrameType.DATA,
          streamId: 1,
          flags: FrameFlag.PADDED,
          payload: Uint8Array.of(9, 1),
        }),
      ],
      ErrorCode.PROTOCOL_ERROR,
      true,
    ],
    [
      "GOAWAY of 7 bytes",
      () => [writeFrame({ type: FrameType.GOAWAY, payload: new Uint8Array(7) })],
      ErrorCode.FRAME_SIZE_ERROR,
      true,
    ],
  ] as const)("%s ends the connection", (_name, frames, code, isGreeted) => {
    const peer = peerOf("server", {}, isGreeted);
    expect(peer.say(...frames()).goaway).toBe(code);
    expect(peer.told.what.at(-1)).toBe(`failed ${code}`);
    // Nothing more is read, and nothing more comes out.
    const frameCount = peer.told.frames.length;
    peer.say(writePing(eight));
    expect(peer.told.frames.length).toBe(frameCount);
  });

  it("DATA and HEADERS on a stream that its sender had ended", () => {
    const encoder = new HpackEncoder();
    const peer = peerOf("server");
    peer.say(requestOn(1, encoder));
    expect(peer.say(writeFrame({ type: FrameType.DATA, streamId: 1, payload: eight })).goaway).toBe(
      ErrorCode.STREAM_CLOSED,
    );
    const other = peerOf("server");
    const again = new HpackEncoder();
    other.say(requestOn(1, again));
    expect(other.say(requestOn(1, again)).goaway).toBe(ErrorCode.STREAM_CLOSED);
  });

  it("what crosses with our RST_STREAM is no error", () => {
    const encoder = new HpackEncoder();
    const peer = peerOf("server");
    peer.say(requestOn(1, encoder, false));
    peer.connection.reset(peer.connection.find(1)!, ErrorCode.CANCEL);
    const told = peer.say(
      writeFrame({ type: FrameType.DATA, streamId: 1, payload: eight }),
      writeHeaders(1, encoder.encode([["x-trailer", "1"]]), true),
      writeWindowUpdate(1, 5),
      writeRstStream(1, 8),
      requestOn(3, encoder),
    );
    expect(told.goaway).toBeUndefined();
    expect(told.what).toEqual(["request 1 4", "request 3 4 end"]);
  });

  it.each([
    ["an uppercase name", [["X-A", "1"]]],
    ["connection", [["connection", "close"]]],
    ["te other than trailers", [["te", "gzip"]]],
    ["a line end in a value", [["x-a", "1\r\nx-b: 2"]]],
    ["a space before a value", [["x-a", " 1"]]],
    [
      "a pseudo-header field behind others",
      [
        ["x-a", "1"],
        [":path", "/b"],
      ],
    ],
    [":status in a request", [[":status", "200"]]],
    [":path twice", [[":path", "/b"]]],
  ] as [string, [string, string][]][])("a request with %s ends its stream alone", (_name, fields) => {
    const peer = peerOf("server");
    const told = peer.say(requestOn(1, new HpackEncoder(), true, fields));
    expect(told.resets.get(1)).toBe(ErrorCode.PROTOCOL_ERROR);
    expect(told.goaway).toBeUndefined();
    expect(told.what).toEqual(["reset 1 1 ours"]);
  });

  it("responses: without :status, with an interim one that ends, with data before the head", () => {
    const ask = (): ReturnType<typeof peerOf> => {
      const peer = peerOf("client");
      peer.connection.request({ fields: [[":method", "GET"]], neverIndexed: new Set() }, true);
      peer.say();
      return peer;
    };
    const encoder = (): HpackEncoder => new HpackEncoder();
    expect(
      ask()
        .say(writeHeaders(1, encoder().encode([["x-a", "1"]]), true))
        .resets.get(1),
    ).toBe(1);
    expect(
      ask()
        .say(writeHeaders(1, encoder().encode([[":status", "100"]]), true))
        .resets.get(1),
    ).toBe(1);
    expect(
      ask()
        .say(writeFrame({ type: FrameType.DATA, streamId: 1, payload: eight }))
        .resets.get(1),
    ).toBe(1);
    expect(ask().say(writeHeaders(1, encoder().encode([[":status", "200"]]), true)).resets.size).toBe(0);
  });
});
