/** Numbers of HTTP/2, as nghttp2 has them, which Node hands out, and as RFC 9113 lists them. A table that both directions share proves nothing. */
import { constants } from "node:http2";
import { ErrorCode, errorName, FrameFlag, FrameType, SettingId } from "@faultwire/http2";
import { describe, expect, it } from "vitest";

/** A table with the names that Node has. */
const named = (table: Readonly<Record<string, number>>, prefix: string): [string, number][] =>
  Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value]);
const nodes = constants as unknown as Readonly<Record<string, number>>;

it.each(named(ErrorCode, "NGHTTP2_"))("%s is %i, as nghttp2 has it", (name, value) => {
  expect(nodes[name]).toBe(value);
});

it.each(named(SettingId, "NGHTTP2_SETTINGS_"))("%s is %i, as nghttp2 has it", (name, value) => {
  expect(nodes[name]).toBe(value);
});

it.each(named(FrameFlag, "NGHTTP2_FLAG_").filter(([name]) => name in constants))(
  "%s is %i, as nghttp2 has it",
  (name, value) => {
    expect(nodes[name]).toBe(value);
  },
);

describe("RFC 9113", () => {
  it("has fourteen error codes, from 0 on, and names them", () => {
    expect(Object.values(ErrorCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect([0, 7, 8, 11, 13, 14, 255].map(errorName)).toEqual([
      "NO_ERROR",
      "REFUSED_STREAM",
      "CANCEL",
      "ENHANCE_YOUR_CALM",
      "HTTP_1_1_REQUIRED",
      "0xe",
      "0xff",
    ]);
  });

  it("has ten types of frames", () => {
    expect(FrameType).toEqual({
      ...{ DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4 },
      ...{ PUSH_PROMISE: 5, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 },
    });
  });

  it("has five flags, one bit of which means two things", () => {
    expect(FrameFlag).toEqual({ ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 });
  });
});
