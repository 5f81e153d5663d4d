/** Each limit exactly at it and one past it, with what is told. */
import {
  ErrorCode,
  FrameFlag,
  HpackEncoder,
  Http2Connection,
  type Http2Limits,
  sectionOf,
  writeData,
  writeFrame,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { greeted, peerOf, requestBlock, requestOn } from "../support/peer.ts";
import { handlerOf } from "../support/wired.ts";

const { ENHANCE_YOUR_CALM, REFUSED_STREAM, CANCEL } = ErrorCode;
const bytes = (count: number): Uint8Array => new Uint8Array(count);
const block = (fields: readonly [string, string][] = []): Uint8Array =>
  requestBlock(new HpackEncoder(), fields);

describe("header blocks", () => {
  it("of so many bytes on the wire, over any frames", () => {
    const whole = block();
    const failureOf = (limits: Partial<Http2Limits>, cut = whole.length): unknown => {
      const connection = greeted("server", {}, [], limits);
      connection.push(writeFrame({ type: 1, flags: 1, streamId: 1, payload: whole.subarray(0, cut) }));
      connection.push(writeFrame({ type: 9, flags: 4, streamId: 1, payload: whole.subarray(cut) }));
      return connection.failure ?? connection.find(1)?.id;
    };
    for (const cut of [0, 1, whole.length]) {
      expect(failureOf({ maxHeaderBlockBytes: whole.length }, cut)).toBe(1);
      expect(failureOf({ maxHeaderBlockBytes: whole.length - 1 }, cut)).toEqual({
        code: ENHANCE_YOUR_CALM,
        reason: `a header block of more than ${whole.length - 1} bytes`,
      });
    }
  });

  it("of so many CONTINUATION frames", () => {
    const failureOf = (continuations: number): unknown => {
      const connection = greeted("server", {}, [], { maxContinuations: 3 });
      connection.push(writeFrame({ type: 1, flags: 1, streamId: 1, payload: block() }));
      for (let index = 1; index <= continuations; index++)
        connection.push(writeFrame({ type: 9, flags: index === continuations ? 4 : 0, streamId: 1 }));
      return connection.failure ?? connection.find(1)?.id;
    };
    expect(failureOf(3)).toBe(1);
    expect(failureOf(4)).toEqual({
      code: ENHANCE_YOUR_CALM,
      reason: "a flood of CONTINUATION (more than 3 of one block)",
    });
  });

  it("of so many bytes when they are decoded, each field with 32", () => {
    // The four pseudo-header fields: 7+3, 7+5, 10+11 and 5+1 bytes.
    const least = 10 + 12 + 21 + 6 + 4 * 32;
    const told = (maxHeaderListBytes: number): unknown => {
      const { say } = peerOf("server", { maxHeaderListBytes });
      return say(writeHeaders(1, block(), true), writeHeaders(3, block(), true)).what;
    };
    expect(told(least)).toEqual(["request 1 4 end", "request 3 4 end"]);
    expect(told(least - 1)).toEqual(["reset 1 11 ours", "reset 3 11 ours"]);
  });

  it("a response and trailers that are too long end their stream, and say why", () => {
    const reasons: unknown[] = [];
    const connection = greeted(
      "client",
      { reset: (stream, code, isOurs, reason) => reasons.push([stream.id, code, isOurs, reason]) },
      [],
      { maxHeaderListBytes: 50 },
    );
    const encoder = new HpackEncoder();
    for (const _ of [1, 3]) connection.request(sectionOf([[":method", "GET"]]), true);
    const long: [string, string] = ["x-long", "v".repeat(20)];
    connection.push(writeHeaders(1, encoder.encode([[":status", "200"], long]), false));
    connection.push(writeHeaders(3, encoder.encode([[":status", "200"]]), false));
    connection.push(writeHeaders(3, encoder.encode([long]), true));
    const reason = "a header section of more than 50 bytes";
    expect(reasons).toEqual([
      [1, ENHANCE_YOUR_CALM, true, reason],
      [3, ENHANCE_YOUR_CALM, true, reason],
    ]);
    expect(connection.failure).toBeUndefined();
  });
});

describe("streams", () => {
  it("at the same time; one that is refused leaves nothing behind, and its place is not taken", () => {
    const { say, connection } = peerOf("server", { maxStreams: 2 });
    const encoder = new HpackEncoder();
    const ask = (id: number): ReturnType<typeof say> => say(requestOn(id, encoder, false));
    ask(1);
    ask(3);
    expect(ask(5).resets).toEqual(new Map([[5, REFUSED_STREAM]]));
    expect([connection.streams, connection.lastPeerStreamId]).toEqual([2, 5]);
    // What its client sent before it heard of it crosses with it.
    expect(say(writeData(5, bytes(3), true)).goaway).toBeUndefined();
    say(writeRstStream(1, CANCEL));
    expect(ask(7).resets.has(7)).toBe(false);
    expect([connection.streams, connection.find(7)?.id]).toEqual([2, 7]);
  });

  it("an announced limit holds from its own acknowledgement on, ours bounds it, and others say nothing of it", () => {
    const connection = greeted("server", {}, [], { maxStreams: 10 });
    const most = (): number => {
      connection.push(writeSettingsAck());
      return connection.mostPeerStreams;
    };
    connection.announce([[3, 4]]);
    connection.announce([[4, 1000]]);
    connection.announce([
      [3, 1],
      [3, 0],
    ]);
    connection.announce([[3, 11]]);
    expect(connection.mostPeerStreams).toBe(10);
    // The first acknowledges the settings that a connection begins with.
    expect([most(), most(), most(), most(), most()]).toEqual([10, 4, 4, 0, 10]);
    // One too many changes nothing.
    expect(most()).toBe(10);
  });
});

describe("SETTINGS that wait for an acknowledgement", () => {
  it("so many, and one more ends the connection", () => {
    const connection = greeted("server", {}, [], { maxUnacknowledgedSettings: 2 });
    connection.announce([]);
    expect(connection.failure).toBeUndefined();
    connection.push(writeSettingsAck());
    connection.announce([]);
    expect(connection.failure).toBeUndefined();
    connection.announce([]);
    expect(connection.failure).toEqual({
      code: ErrorCode.SETTINGS_TIMEOUT,
      reason: "more than 2 SETTINGS that are not acknowledged",
    });
  });
});

describe("answers that wait for a peer", () => {
  it("so many, and one more ends the connection; room makes them none", () => {
    const connection = greeted("server", {}, [], { maxUnreadReplies: 2 });
    const ping = writePing(bytes(8));
    for (const _ of [1, 2]) {
      connection.push(ping);
      connection.push(writeSettings([]));
      expect(connection.failure).toBeUndefined();
      connection.take(true);
    }
    connection.push(ping);
    connection.push(ping);
    connection.take(false);
    expect(connection.failure).toBeUndefined();
    connection.push(ping);
    expect(connection.failure).toEqual({
      code: ENHANCE_YOUR_CALM,
      reason: "a peer that reads none of its answers",
    });
  });
});

describe("what a peer may do in a second, and five times as much at once", () => {
  /** Frames of one act, which may need streams of its own. */
  interface Act {
    readonly limit: keyof Http2Limits;
    readonly what: string;
    readonly frames: (index: number, encoder: HpackEncoder) => readonly Uint8Array[];
    readonly limits?: Partial<Http2Limits>;
  }
  const acts: readonly Act[] = [
    { limit: "maxPingsPerSecond", what: "PING", frames: () => [writePing(bytes(8))] },
    { limit: "maxSettingsPerSecond", what: "SETTINGS", frames: () => [writeSettings([])] },
    {
      limit: "maxResetsPerSecond",
      what: "RST_STREAM",
      frames: (index, encoder) => [
        requestOn(index * 2 + 1, encoder, false),
        writeRstStream(index * 2 + 1, CANCEL),
      ],
    },
    {
      limit: "maxResetsPerSecond",
      what: "frames that break their streams",
      frames: (index, encoder) => [requestOn(index * 2 + 1, encoder, true, [["upgrade", "x"]])],
    },
    {
      limit: "maxResetsPerSecond",
      what: "requests above the limit of streams",
      limits: { maxStreams: 1 },
      frames: (index, encoder) => [
        ...(index === 0 ? [requestOn(1, encoder, false)] : []),
        requestOn(index * 2 + 3, encoder, false),
      ],
    },
    { limit: "maxIdleFramesPerSecond", what: "frames that move nothing", frames: () => [writeSettingsAck()] },
    {
      limit: "maxIdleFramesPerSecond",
      what: "frames that move nothing",
      frames: () => [writePing(bytes(8), true)],
    },
    {
      limit: "maxIdleFramesPerSecond",
      what: "frames that move nothing",
      frames: (index, encoder) => [
        ...(index === 0 ? [requestOn(1, encoder, false)] : []),
        writeFrame({ type: 0, flags: FrameFlag.PADDED, streamId: 1, payload: bytes(1) }),
      ],
    },
  ];

  it.each(acts)("$limit: $what", ({ limit, what, frames, limits }) => {
    let nowMs = 1_000;
    const connection = new Http2Connection({
      role: "server",
      limits: { ...limits, [limit]: 2 },
      now: () => nowMs,
      handler: handlerOf({}),
    });
    connection.push(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), writeSettings([])]));
    const encoder = new HpackEncoder();
    let index = 0;
    const act = (times: number): void => {
      for (let left = times; left > 0; left--)
        for (const frame of frames(index++, encoder)) connection.push(frame);
    };
    act(10);
    expect(connection.failure).toBeUndefined();
    nowMs += 1_000;
    act(2);
    expect(connection.failure).toBeUndefined();
    // Time that passes counts up to one burst, no more.
    nowMs += 100_000;
    act(10);
    expect(connection.failure).toBeUndefined();
    nowMs += 500;
    act(1);
    expect(connection.failure).toBeUndefined();
    nowMs += 499;
    act(1);
    expect(connection.failure).toEqual({ code: ENHANCE_YOUR_CALM, reason: `a flood of ${what}` });
  });
});
