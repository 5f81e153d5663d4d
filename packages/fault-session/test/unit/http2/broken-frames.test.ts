/** What faults of HTTP/2 put on the wire, in literal bytes (RFC 9113 section 4.1) and literal fields. */
import type { BrokenHeaders } from "@faultwire/fault-engine";
import type { HeaderSection } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import {
  brokenFrame,
  brokenSection,
  lastStreamOf,
  maxOversizedBytes,
  settingsOf,
} from "../../../src/http2/broken-frames.ts";

const hex = (frame: Uint8Array | string): string =>
  typeof frame === "string" ? frame : Buffer.from(frame).toString("hex");

describe("a frame that RFC 9113 does not allow", () => {
  const place = { streamId: 5, lastStreamId: 7, maxFrameBytes: 16_384 };

  it.each([
    ["bad-length", "a PING of seven bytes", `000007060000000000${"00".repeat(7)}`],
    ["wrong-stream", "DATA of the connection", "0000020000000000007b7d"],
    ["closed-stream", "DATA of the request's own stream", "0000020000000000057b7d"],
    ["idle-stream", "DATA of a stream that is far ahead", "0000020000000007d77b7d"],
  ] as const)("%s is %s", (how, _what, wire) => {
    expect(hex(brokenFrame(how, place))).toBe(wire);
  });

  it("idle-stream is never above the highest stream that there can be", () => {
    const frame = brokenFrame("idle-stream", { ...place, lastStreamId: 0x7fff_fffd });
    expect(hex(frame)).toBe("00000200007fffffff7b7d");
  });

  it("oversized is a byte more than the client takes, up to a limit, and told beyond it", () => {
    const frame = brokenFrame("oversized", place);
    expect(frame).toHaveLength(9 + 16_385);
    expect(hex(frame).slice(0, 18)).toBe("004001000000000005");
    const largest = brokenFrame("oversized", { ...place, maxFrameBytes: maxOversizedBytes - 1 });
    expect(largest).toHaveLength(9 + 4_194_305);
    for (const maxFrameBytes of [maxOversizedBytes, 16_777_215])
      expect(brokenFrame("oversized", { ...place, maxFrameBytes })).toBe(
        `the client takes frames of ${maxFrameBytes} bytes; 4194305 is the largest that is made`,
      );
  });
});

describe("a header section that RFC 9113 does not allow", () => {
  const fields: HeaderSection["fields"] = [
    [":status", "200"],
    ["x-request-id", "r1"],
    ["content-type", "text/plain"],
  ];
  const neverIndexed: HeaderSection["neverIndexed"] = new Set(fields.slice(2));
  const section: HeaderSection = { fields, neverIndexed };
  const fieldsOf = (how: BrokenHeaders, of: HeaderSection = section) => brokenSection(how, of).fields;

  it("has one name as HTTP/1.1 writes it, the first that is no pseudo-header", () => {
    expect(fieldsOf("uppercase")).toEqual([
      [":status", "200"],
      ["X-Request-Id", "r1"],
      ["content-type", "text/plain"],
    ]);
    expect(fieldsOf("uppercase", { ...section, fields: [[":status", "204"]] })).toEqual([
      [":status", "204"],
      ["X-Faultwire", "uppercase"],
    ]);
  });

  it("has a field of a connection", () => {
    expect(fieldsOf("connection-specific")).toEqual([...section.fields, ["connection", "keep-alive"]]);
  });

  it("has no status", () => {
    expect(fieldsOf("missing-status")).toEqual(section.fields.slice(1));
  });

  it.each(["uppercase", "connection-specific", "missing-status"] as const)(
    "%s keeps which fields are never indexed",
    (how) => {
      expect(brokenSection(how, section).neverIndexed).toBe(neverIndexed);
    },
  );
});

describe("what SETTINGS and GOAWAY say", () => {
  it("settings by their numbers, 0 among them; without those that are left out", () => {
    const none = {
      maxConcurrentStreams: null,
      initialWindowSize: null,
      maxFrameSize: null,
      maxHeaderListSize: null,
    };
    expect(settingsOf(none)).toEqual([]);
    expect(
      settingsOf({
        maxConcurrentStreams: 1,
        initialWindowSize: 0,
        maxFrameSize: 16_384,
        maxHeaderListSize: 4,
      }),
    ).toEqual([
      [3, 1],
      [4, 0],
      [5, 16_384],
      [6, 4],
    ]);
    expect(settingsOf({ ...none, maxConcurrentStreams: 0 })).toEqual([[3, 0]]);
  });

  it.each([
    ["all", 5, 2_147_483_647],
    ["this", 5, 5],
    ["below", 5, 3],
    ["below", 1, 0],
    ["none", 5, 0],
  ] as const)("the last stream %s of stream %i is %i", (last, streamId, expected) => {
    expect(lastStreamOf(last, streamId)).toBe(expected);
  });
});
