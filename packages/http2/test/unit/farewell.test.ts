/** GOAWAY of either end, and PINGs. */
import { ErrorCode, HpackEncoder, readGoaway, sectionOf, writeFrame, writePing } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { framesOf, greeted, requestOn } from "../support/peer.ts";

const bytes = (count: number): Uint8Array => new Uint8Array(count);

describe("a GOAWAY", () => {
  it("of a failure says why in at most 200 bytes, and from which stream on nothing was worked on", () => {
    const connection = greeted("server");
    connection.push(requestOn(7, new HpackEncoder()));
    connection.take();
    connection.fail(ErrorCode.INTERNAL_ERROR, "w".repeat(201));
    connection.fail(ErrorCode.CANCEL, "another");
    const said = connection.take();
    expect(framesOf(said)).toEqual(["GOAWAY 0 0 208"]);
    const { lastStreamId, code, debugData } = readGoaway(said.subarray(9));
    expect([lastStreamId, code, Buffer.from(debugData).toString()]).toEqual([7, 2, "w".repeat(200)]);
    expect([connection.failure?.code, connection.streams]).toEqual([2, 0]);
  });

  it("of ours by hand: what it is given, and the last stream of the peer's where nothing is", () => {
    const connection = greeted("server");
    connection.push(requestOn(5, new HpackEncoder()));
    connection.goaway(0);
    connection.goaway(1, 3, Uint8Array.of(0xca));
    expect(Buffer.from(connection.take()).toString("hex")).toBe(
      "0000080700000000000000000500000000" + "0000090700000000000000000300000001ca",
    );
    expect([connection.failure, connection.streams]).toEqual([undefined, 1]);
  });

  it("of a server gives up what it has not worked on, and what waits; the rest goes on", () => {
    const resets: unknown[] = [];
    const seen: unknown[] = [];
    const connection = greeted(
      "client",
      {
        reset: (stream, code, isOurs, reason) => resets.push([stream.owner, code, isOurs, reason]),
        goaway: ({ lastStreamId, code, debugData }) => seen.push([lastStreamId, code, debugData.length]),
      },
      [[3, 3]],
    );
    const open = ["1", "3", "5", "waits"].map((owner) =>
      connection.request(sectionOf([[":method", "GET"]]), true, owner),
    );
    expect([connection.isGoingAway, connection.streams]).toEqual([false, 4]);
    connection.push(writeFrame({ type: 7, payload: Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 0, 0x7f) }));
    const refused = [ErrorCode.REFUSED_STREAM, false, "the peer takes no more streams"];
    expect(resets).toEqual([
      ["5", ...refused],
      ["waits", ...refused],
    ]);
    expect([seen, connection.isGoingAway, connection.streams]).toEqual([[[3, 0, 1]], true, 2]);
    // A later one may name less, never more (RFC 9113 section 6.8).
    connection.push(writeFrame({ type: 7, payload: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0) }));
    connection.push(writeFrame({ type: 7, payload: Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 0) }));
    expect([resets.length, open.map(({ isClosed }) => isClosed)]).toEqual([3, [false, true, true, true]]);
    const late = connection.request(sectionOf([[":method", "GET"]]), true, "late");
    expect([late.id, connection.streams]).toEqual([0, 2]);
  });

  it("of a client takes nothing from the requests that it has made", () => {
    const resets: number[] = [];
    const connection = greeted("server", { reset: ({ id }) => resets.push(id) });
    connection.push(requestOn(1, new HpackEncoder()));
    connection.push(writeFrame({ type: 7, payload: bytes(8) }));
    expect([resets, connection.streams]).toEqual([[], 1]);
  });
});

describe("PINGs", () => {
  it("are answered with what they said, and told; answers to ours are told, too", () => {
    const told: unknown[] = [];
    const connection = greeted("server", {
      ping: (isAnswered) => told.push(isAnswered),
      pong: (opaque) => told.push(Buffer.from(opaque).toString()),
    });
    connection.push(writePing(Buffer.from("12345678")));
    expect(Buffer.from(connection.take(false)).toString("latin1", 9)).toBe("12345678");
    connection.answersPings = false;
    connection.push(writePing(Buffer.from("12345678")));
    expect(connection.take().length).toBe(0);
    connection.ping(Buffer.from("abcdefgh"));
    expect(framesOf(connection.take())).toEqual(["PING 0 0 8"]);
    connection.push(writePing(Buffer.from("abcdefgh"), true));
    expect([told, connection.hasOutput(true)]).toEqual([[true, false, "abcdefgh"], false]);
  });
});
