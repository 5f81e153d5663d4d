/** What each end says of itself, literally, and what it makes of each setting of the other (RFC 9113 section 6.5). */
import {
  CONNECTION_PREFACE,
  ErrorCode,
  FrameReader,
  FrameType,
  HpackEncoder,
  Http2Connection,
  type Http2Limits,
  PeerSettings,
  readSettings,
  readUint32,
  type Setting,
  sectionOf,
  writeSettings,
  writeWindowUpdate,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { peerOf, requestOn } from "../support/peer.ts";
import { handlerOf } from "../support/wired.ts";

/** What a connection says before it has heard anything: its settings, and by how much it widens its window. */
function firstWords(
  role: "client" | "server",
  limits: Partial<Http2Limits> = {},
  settings?: readonly Setting[],
): { readonly settings: readonly Setting[]; readonly widened: readonly number[] } {
  const connection = new Http2Connection({
    role,
    limits,
    now: () => 0,
    handler: handlerOf({}),
    ...(settings && { settings }),
  });
  const said = Buffer.from(connection.take());
  const preface = role === "client" ? CONNECTION_PREFACE.length : 0;
  expect(said.toString("latin1", 0, preface)).toBe(preface ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "");
  const [first, ...others] = new FrameReader().push(said.subarray(preface));
  expect([first?.type, first?.flags, first?.streamId]).toEqual([FrameType.SETTINGS, 0, 0]);
  expect(others.every(({ type, streamId }) => type === FrameType.WINDOW_UPDATE && streamId === 0)).toBe(true);
  return {
    settings: readSettings(first!.payload),
    widened: others.map(({ payload }) => readUint32(payload, 0)),
  };
}

describe("what we announce", () => {
  it("as a client: no push; a server's limit of streams is not said", () => {
    expect(firstWords("client")).toEqual({
      settings: [
        [2, 0],
        [4, 262_144],
        [6, 262_144],
      ],
      widened: [33_554_432 - 65_535],
    });
  });

  it("as a server: how many streams", () => {
    expect(firstWords("server").settings).toEqual([
      [3, 100],
      [4, 262_144],
      [6, 262_144],
    ]);
  });

  it("each limit that a peer has to know", () => {
    const limits = { maxFrameBytes: 20_000, maxHeaderListBytes: 7, maxStreams: 8, streamWindowBytes: 9 };
    const common = [
      [4, 9],
      [5, 20_000],
      [6, 7],
    ];
    expect(firstWords("client", limits).settings).toEqual([[2, 0], ...common]);
    expect(firstWords("server", limits).settings).toEqual([[3, 8], ...common]);
  });

  it("given settings in place of ours, and besides them", () => {
    const given: Setting[] = [
      [4, 5],
      [8, 1],
    ];
    expect(firstWords("server", {}, given).settings).toEqual([
      [3, 100],
      [4, 5],
      [6, 262_144],
      [8, 1],
    ]);
  });

  it("a window of the connection that is the first one is not widened", () => {
    expect(firstWords("client", { connectionWindowBytes: 65_535 }).widened).toEqual([]);
    expect(firstWords("client", { connectionWindowBytes: 65_536 }).widened).toEqual([1]);
  });
});

describe("limits", () => {
  const refusal = (message: string): unknown =>
    expect.objectContaining({ name: "Http2Error", code: "invalid-argument", message });

  it.each([
    ["maxFrameBytes", 16_384, 16_777_215, "6.5.2"],
    ["maxHeaderListBytes", 1, 4_294_967_295, "6.5.2"],
    ["maxStreams", 1, 4_294_967_295, "6.5.2"],
    ["streamWindowBytes", 1, 2_147_483_647, "6.9.2"],
    ["connectionWindowBytes", 65_535, 2_147_483_647, "6.9.2"],
  ] as const)("%s is what a peer can be told: %i to %i", (name, least, most, section) => {
    for (const value of [least, most]) expect(firstWords("server", { [name]: value }).settings).toBeTruthy();
    for (const value of [least - 1, most + 1].filter((each) => each > 0))
      expect(() => firstWords("server", { [name]: value })).toThrow(
        refusal(`${name} is ${value}; ${least} to ${most} expected (RFC 9113 section ${section})`),
      );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("none is %d", (value) => {
    expect(() => firstWords("client", { maxPingsPerSecond: value })).toThrow(
      refusal(`maxPingsPerSecond is ${value}; a positive integer expected`),
    );
  });
});

describe("what a peer announces", () => {
  it("holds from its first value to its last", () => {
    const peer = new PeerSettings();
    expect(Object.fromEntries(Object.entries(peer))).toEqual({
      headerTableSize: 4096,
      enablePush: true,
      maxConcurrentStreams: Number.POSITIVE_INFINITY,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: Number.POSITIVE_INFINITY,
    });
    const most: Setting[] = [
      [1, 4_294_967_295],
      [2, 1],
      [3, 4_294_967_295],
      [4, 2_147_483_647],
      [5, 16_777_215],
      [6, 4_294_967_295],
    ];
    for (const setting of most) expect(peer.apply(setting)).toBeUndefined();
    expect(Object.values(peer)).toEqual([
      4_294_967_295,
      true,
      4_294_967_295,
      2_147_483_647,
      16_777_215,
      4_294_967_295,
    ]);
    for (const setting of [1, 2, 3, 4].map((id): Setting => [id, 0]))
      expect(peer.apply(setting)).toBeUndefined();
    expect(peer.apply([5, 16_384])).toBeUndefined();
    expect(peer.apply([6, 0])).toBeUndefined();
    expect(Object.values(peer)).toEqual([0, false, 0, 0, 16_384, 0]);
    // One that nobody knows is no error and changes nothing (RFC 9113 section 6.5.2).
    expect(peer.apply([0xffff, 5])).toBeUndefined();
    expect(Object.values(peer)).toEqual([0, false, 0, 0, 16_384, 0]);
  });

  it.each([
    [2, 2, ErrorCode.PROTOCOL_ERROR, "SETTINGS ENABLE_PUSH is 2; 0 or 1 expected"],
    [
      4,
      2_147_483_648,
      ErrorCode.FLOW_CONTROL_ERROR,
      "SETTINGS INITIAL_WINDOW_SIZE is 2147483648; 2147483647 at the most expected",
    ],
    [5, 16_383, ErrorCode.PROTOCOL_ERROR, "SETTINGS MAX_FRAME_SIZE is 16383; 16384 to 16777215 expected"],
    [
      5,
      16_777_216,
      ErrorCode.PROTOCOL_ERROR,
      "SETTINGS MAX_FRAME_SIZE is 16777216; 16384 to 16777215 expected",
    ],
  ])("setting %i with %i ends the connection, and says why", (id, value, code, reason) => {
    expect(new PeerSettings().apply([id, value])).toEqual({ code, reason });
    const { connection, say } = peerOf("server");
    expect(say(writeSettings([[id, value]])).goaway).toBe(code);
    expect(connection.failure).toEqual({ code, reason });
  });

  it("a server that enables push is an error; one that says it does not is none, nor is a client that does", () => {
    expect(peerOf("client").say(writeSettings([[2, 1]])).goaway).toBe(ErrorCode.PROTOCOL_ERROR);
    expect(peerOf("client").say(writeSettings([[2, 0]])).goaway).toBeUndefined();
    expect(peerOf("server").say(writeSettings([[2, 1]])).goaway).toBeUndefined();
  });

  it("a larger window for new streams that makes one that is open too large ends the connection", () => {
    const { connection, say } = peerOf("server");
    say(requestOn(1, new HpackEncoder()), writeWindowUpdate(1, 0x7fff_ffff - 65_535));
    expect(connection.find(1)?.sendWindow).toBe(0x7fff_ffff);
    say(writeSettings([[4, 65_535]]));
    expect(connection.failure).toBeUndefined();
    expect(say(writeSettings([[4, 65_536]])).goaway).toBe(ErrorCode.FLOW_CONTROL_ERROR);
    expect(connection.failure?.reason).toBe("SETTINGS that make a window too large");
  });

  it("frames of ours are no larger than it says", () => {
    const { connection, say, told } = peerOf("client");
    say(writeSettings([[5, 16_385]]), writeWindowUpdate(0, 1_000_000));
    const stream = connection.request(sectionOf([["x-long", "\0".repeat(16_400)]]), false);
    say(writeWindowUpdate(stream.id, 1_000_000));
    connection.data(stream, new Uint8Array(16_386));
    const before = told.frames.length;
    say();
    expect(told.frames.slice(before).map(({ type, payload }) => [type, payload.length])).toEqual([
      [FrameType.DATA, 16_385],
      [FrameType.DATA, 1],
    ]);
    const sizes = told.frames
      .filter(({ type }) => type === FrameType.HEADERS || type === FrameType.CONTINUATION)
      .map(({ payload }) => payload.length);
    expect([sizes.length, sizes[0]]).toEqual([2, 16_385]);
  });

  it("the handler hears of settings once they hold, and the peer has its acknowledgement", () => {
    const seen: number[] = [];
    const connection = new Http2Connection({
      role: "server",
      now: () => 0,
      handler: handlerOf({ settings: ({ initialWindowSize }) => seen.push(initialWindowSize) }),
    });
    connection.push(Buffer.concat([CONNECTION_PREFACE, writeSettings([[4, 7]])]));
    expect(seen).toEqual([7]);
    expect(Buffer.from(connection.take()).toString("hex").endsWith("000000040100000000")).toBe(true);
  });
});
