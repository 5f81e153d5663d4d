/** Where an event is cut in two: to the byte, for each ending of a line that a stream may have. */
import { expect, it } from "vitest";
import { splitPoint } from "../../src/formats/split-point.ts";

const cut = (text: string, where: "utf8" | "json" | "line"): string | undefined => {
  const bytes = new TextEncoder().encode(text);
  const at = splitPoint(bytes, where);
  return at === undefined ? undefined : `${Buffer.from(bytes.subarray(0, at)).toString("latin1")}|`;
};

it.each([
  ["event: a\ndata: b\n\n", "event: a\n|"],
  ["event: a\r\ndata: b\r\n\r\n", "event: a\r\n|"],
  ["event: a\rdata: b\r\r", "event: a\r|"],
  ["\n\ndata: b\n\n", "\n\ndata: b\n|"],
  ["\r\n\r\ndata: b\r\n\r\n", "\r\n\r\ndata: b\r\n|"],
  ["data: b\n", undefined],
  ["data: b", undefined],
  ["\n\n", undefined],
])("after the first line of %j that is not blank", (text, before) => {
  expect(cut(text, "line")).toBe(before);
});

it.each([
  ["data: 1234\n\n", "data:|"],
  ["id: 1\ndata: 123456\n\n", "id: 1\ndata: |"],
  ["\n\ndata: 12\n", "\n\ndata|"],
  ["data: 12\r\ndata: 123456\r\n\r\n", "data: 12\r\ndata: |"],
  ["a", undefined],
  ["", undefined],
])("in the middle of the longest line of %j, the first of several", (text, before) => {
  expect(cut(text, "json")).toBe(before);
});

it.each([
  ["data: \u00fc\n\n", "data: \u00c3|"],
  ["data: \u4e2d\n\n", "data: \u00e4|"],
  ["data: \ud83d\ude00\n\n", "data: \u00f0|"],
  ["data: plain\n\n", undefined],
])("inside of the first character of %j that has several bytes", (text, before) => {
  expect(cut(text, "utf8")).toBe(before);
});

it("in no character that is not whole", () => {
  expect(splitPoint(Uint8Array.of(65, 0xc3), "utf8")).toBeUndefined();
  expect(splitPoint(Uint8Array.of(0xc0, 1), "utf8")).toBe(1);
});
