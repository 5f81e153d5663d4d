/** What goes out and when: what there is to take, in which order streams share, what the caller hears of it. */
import {
  ErrorCode,
  HpackEncoder,
  type Http2Connection,
  type Http2Stream,
  sectionOf,
  writeRstStream,
  type writeSettings,
  writeWindowUpdate,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { framesOf, greeted, requestOn } from "../support/peer.ts";

const ok = sectionOf([[":status", "200"]]);
const request = sectionOf([[":method", "GET"]]);
const bytes = (count: number): Uint8Array => new Uint8Array(count);

/** A server that has begun to answer these many requests, and whose first words have been taken. */
function answering(
  streams: number,
  settings: Parameters<typeof writeSettings>[0] = [],
): {
  readonly connection: Http2Connection<string>;
  readonly asked: Http2Stream<string>[];
  readonly drained: number[];
} {
  const drained: number[] = [];
  const connection = greeted("server", { drained: ({ id }) => drained.push(id) }, settings);
  const encoder = new HpackEncoder();
  for (let id = 1; id < streams * 2; id += 2) connection.push(requestOn(id, encoder));
  const asked = Array.from({ length: streams }, (_, index) => connection.find(index * 2 + 1)!);
  for (const stream of asked) connection.respond(stream, ok, false);
  connection.take();
  return { connection, asked, drained };
}

describe("whether there is something to take", () => {
  it("nothing where nothing was given", () => {
    const { connection } = answering(1);
    expect([connection.hasOutput(true), connection.hasOutput(false)]).toEqual([false, false]);
    expect(connection.take().length).toBe(0);
  });

  it("what keeps a connection alive, with and without room", () => {
    const { connection } = answering(1);
    connection.ping(bytes(8));
    expect([connection.hasOutput(true), connection.hasOutput(false)]).toEqual([true, true]);
    expect(framesOf(connection.take(false))).toEqual(["PING 0 0 8"]);
    expect(connection.hasOutput(true)).toBe(false);
  });

  it("data, with room alone", () => {
    const { connection, asked } = answering(1);
    connection.data(asked[0]!, bytes(5));
    expect([connection.hasOutput(true), connection.hasOutput(false)]).toEqual([true, false]);
    expect(connection.take(false).length).toBe(0);
    expect(framesOf(connection.take())).toEqual(["DATA 1 0 5"]);
    expect(connection.hasOutput(true)).toBe(false);
  });

  it.each([
    ["an end", { kind: "end" }, "DATA 1 1 0"],
    ["trailers", { kind: "trailers", section: sectionOf([["x-a", "1"]]) }, "HEADERS 1 5 7"],
    ["a reset", { kind: "reset", code: ErrorCode.CANCEL }, "RST_STREAM 1 0 4"],
  ] as const)("%s without data, which needs no window", (_what, ending, frame) => {
    const { connection, asked, drained } = answering(1, [[4, 0]]);
    connection.end(asked[0]!, ending);
    expect([connection.hasOutput(true), connection.hasOutput(false)]).toEqual([true, false]);
    expect(framesOf(connection.take())).toEqual([frame]);
    expect([connection.hasOutput(true), drained, connection.streams]).toEqual([false, [1], 0]);
  });

  it("data without a window of the stream's is nothing, until there is one", () => {
    const { connection, asked } = answering(2, [[4, 0]]);
    connection.data(asked[0]!, bytes(5));
    connection.end(asked[0]!);
    expect(connection.hasOutput(true)).toBe(false);
    expect(connection.take().length).toBe(0);
    connection.push(writeWindowUpdate(3, 5));
    expect(connection.hasOutput(true)).toBe(false);
    connection.push(writeWindowUpdate(1, 5));
    expect(connection.hasOutput(true)).toBe(true);
    expect(framesOf(connection.take())).toEqual(["DATA 1 1 5"]);
  });

  it("data without a window of the connection's is nothing, but an end of another stream is something", () => {
    const { connection, asked } = answering(2, [[4, 100_000]]);
    connection.data(asked[0]!, bytes(65_536));
    while (connection.take().length > 0);
    expect([connection.hasOutput(true), connection.heldBytes]).toEqual([false, 1]);
    connection.end(asked[1]!);
    expect(connection.hasOutput(true)).toBe(true);
    expect(framesOf(connection.take())).toEqual(["DATA 3 1 0"]);
    expect(connection.hasOutput(true)).toBe(false);
    connection.push(writeWindowUpdate(0, 1));
    expect(connection.hasOutput(true)).toBe(true);
    expect(framesOf(connection.take())).toEqual(["DATA 1 0 1"]);
  });
});

describe("order", () => {
  it("streams have their turns, a frame each, and one take ends behind 64 KiB", () => {
    const { connection, asked } = answering(2, [[4, 1_000_000]]);
    connection.push(writeWindowUpdate(0, 1_000_000));
    for (const stream of asked) connection.data(stream, bytes(50_000));
    const full = [1, 3, 1, 3].map((id) => `DATA ${id} 0 16384`);
    expect(framesOf(connection.take())).toEqual(full);
    expect(framesOf(connection.take())).toEqual([
      "DATA 1 0 16384",
      "DATA 3 0 16384",
      "DATA 1 0 848",
      "DATA 3 0 848",
    ]);
    expect(connection.take().length).toBe(0);
  });

  it("the end goes with the last data, and trailers and resets go behind it", () => {
    const { connection, asked, drained } = answering(3);
    for (const stream of asked) connection.data(stream, bytes(3));
    connection.end(asked[0]!);
    connection.end(asked[1]!, { kind: "trailers", section: sectionOf([["x-a", "1"]]) });
    connection.end(asked[2]!, { kind: "reset", code: 0x0b });
    expect(framesOf(connection.take())).toEqual([
      "DATA 1 1 3",
      "DATA 3 0 3",
      "DATA 5 0 3",
      "HEADERS 3 5 7",
      "RST_STREAM 5 0 4",
    ]);
    // Of those whose ending is a frame of its own, once behind the data and once behind that.
    expect(drained).toEqual([1, 3, 5, 3, 5]);
  });

  it("each chunk is a frame, and what does not fit into the window goes later", () => {
    const { connection, asked, drained } = answering(1, [[4, 4]]);
    connection.data(asked[0]!, Uint8Array.of(1, 2, 3));
    connection.data(asked[0]!, Uint8Array.of(4, 5, 6));
    expect(connection.heldBytes).toBe(6);
    expect(Buffer.from(connection.take()).toString("hex")).toBe(
      "000003000000000001010203" + "00000100000000000104",
    );
    expect([connection.heldBytes, drained]).toEqual([2, []]);
    connection.push(writeWindowUpdate(1, 9));
    expect(Buffer.from(connection.take()).toString("hex")).toBe("0000020000000000010506");
    expect([connection.heldBytes, drained]).toEqual([0, [1]]);
  });
});

describe("behind an end", () => {
  it("no data, no head, no other end is taken", () => {
    const { connection, asked } = answering(1);
    const [stream] = asked;
    connection.data(stream!, bytes(0));
    expect(connection.hasOutput(true)).toBe(false);
    connection.end(stream!);
    connection.data(stream!, bytes(5));
    connection.respond(stream!, ok, false);
    connection.end(stream!, { kind: "reset", code: 1 });
    expect(framesOf(connection.take())).toEqual(["DATA 1 1 0"]);
    connection.data(stream!, bytes(5));
    connection.end(stream!);
    connection.respond(stream!, ok, true);
    connection.reset(stream!, 1);
    expect([connection.hasOutput(true), connection.heldBytes, connection.streams]).toEqual([false, 0, 0]);
  });

  it("what waits on a stream that is reset is dropped, whoever resets it", () => {
    const { connection, asked } = answering(2);
    for (const stream of asked) connection.data(stream, bytes(100));
    connection.reset(asked[0]!, ErrorCode.CANCEL);
    connection.push(writeRstStream(3, ErrorCode.CANCEL));
    expect([connection.heldBytes, connection.streams]).toEqual([13, 0]);
    expect(framesOf(connection.take())).toEqual(["RST_STREAM 1 0 4"]);
    expect(connection.hasOutput(true)).toBe(false);
  });
});

describe("a stream is over once both have ended it", () => {
  it.each([
    { what: "the answer last", last: "answer" },
    { what: "the request's data last", last: "data" },
    { what: "the request's trailers last", last: "trailers" },
  ] as const)("$what", ({ last }) => {
    const connection = greeted("server");
    const encoder = new HpackEncoder();
    connection.push(requestOn(1, encoder, false));
    const stream = connection.find(1)!;
    const answer = (): void => {
      connection.respond(stream, ok, false);
      connection.data(stream, bytes(1));
      connection.end(stream);
      connection.take();
    };
    const endRequest = (): void =>
      connection.push(
        last === "trailers"
          ? frame("HEADERS", 5, encoder.encode([["x-a", "1"]]))
          : frame("DATA", 1, Uint8Array.of(7)),
      );
    if (last === "answer") endRequest();
    else answer();
    expect([connection.streams, stream.isClosed]).toEqual([1, false]);
    if (last === "answer") answer();
    else endRequest();
    expect([connection.streams, stream.isClosed, connection.find(1)]).toEqual([0, true, undefined]);
  });

  it("the place of a request that is over goes to one that waits", () => {
    const connection = greeted("client", {}, [[3, 1]]);
    const first = connection.request(request, true);
    const second = connection.request(request, true);
    expect([first.id, second.id, connection.streams]).toEqual([1, 0, 2]);
    connection.push(frame("HEADERS", 4, new HpackEncoder().encode([[":status", "200"]])));
    expect(second.id).toBe(0);
    connection.push(frame("DATA", 1, bytes(1)));
    expect([first.isClosed, second.id, connection.streams]).toEqual([true, 3, 1]);
  });

  it("one that waits and is given up takes no place, and is not sent", () => {
    const connection = greeted("client", {}, [[3, 1]]);
    const [first, second, third, fourth] = Array.from({ length: 4 }, () =>
      connection.request(request, false),
    );
    connection.data(second!, bytes(10));
    connection.data(fourth!, bytes(20));
    connection.end(second!, { kind: "reset", code: ErrorCode.CANCEL });
    connection.reset(third!, ErrorCode.CANCEL);
    expect([connection.streams, connection.heldBytes >= 20]).toEqual([2, true]);
    connection.take();
    connection.reset(first!, ErrorCode.CANCEL);
    expect(framesOf(connection.take()).map((each) => each.replace(/ \d+$/, ""))).toEqual([
      "RST_STREAM 1 0",
      "HEADERS 3 4",
      "DATA 3 0",
    ]);
    expect([second!.id, third!.id, fourth!.id]).toEqual([0, 0, 3]);
  });
});

/** A frame of stream 1. */
function frame(type: "DATA" | "HEADERS", flags: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0, 0, payload.length, type === "DATA" ? 0 : 1, flags, 0, 0, 0, 1),
    payload,
  ]);
}
