import { describe, expect, it } from "vitest";
import {
  encodeClose,
  encodeFrame,
  FrameReader,
  frameFormatLimits,
  isSendableCloseCode,
  WebSocketError,
} from "../../src/index.ts";
import { readFrames } from "../support/frames.ts";

const refused = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof WebSocketError) return `${error.code}: ${error.message}`;
  }
  return "taken";
};

describe("limits", () => {
  it("a frame above maxPayloadBytes is refused by its header alone", () => {
    const items = readFrames({ from: "server", limits: { maxPayloadBytes: 200 } }, [
      encodeFrame({ type: "binary", declaredBytes: 201 }),
    ]);
    expect(items).toMatchObject([{ kind: "malformed", code: "payload-too-large" }]);
  });

  it("a message of more than maxMessageFrames is refused", () => {
    const reader = new FrameReader({ from: "server", limits: { maxMessageFrames: 2 } });
    reader.push(encodeFrame({ type: "text", fin: false }));
    expect(reader.push(encodeFrame({ type: "continuation", fin: false }))).toHaveLength(2);
    expect(reader.push(encodeFrame({ type: "continuation" }))).toMatchObject([{ code: "too-many-frames" }]);
  });

  it("nothing but a header and a control payload is kept, however much comes", () => {
    const reader = new FrameReader({ from: "server" });
    let most = 0;
    const push = (bytes: Uint8Array): void => {
      for (const byte of bytes) {
        reader.push(Uint8Array.of(byte));
        most = Math.max(most, reader.pendingBytes);
      }
    };
    push(encodeFrame({ type: "text", fin: false }));
    for (let at = 0; at < 300; at++) push(encodeFrame({ type: "continuation", fin: false }));
    push(encodeFrame({ type: "ping", payload: new Uint8Array(125) }));
    push(encodeFrame({ type: "continuation", payload: new Uint8Array(10_000) }));
    push(encodeFrame({ type: "binary", declaredBytes: Number.MAX_SAFE_INTEGER }));
    push(new Uint8Array(10_000));
    expect(most).toBeLessThanOrEqual(125 + frameFormatLimits.headerBytes);
    expect(reader.pendingBytes).toBe(0);
  });

  it("limits outside of their range are refused in words", () => {
    expect(refused(() => new FrameReader({ from: "server", limits: { maxControlBytes: 126 } }))).toBe(
      "invalid-argument: maxControlBytes: found 126, expected a whole number from 1 to 125",
    );
    expect(refused(() => new FrameReader({ from: "server", limits: { maxPayloadBytes: 0 } }))).toMatch(
      /^invalid-argument: maxPayloadBytes: found 0/,
    );
  });
});

describe("the writer", () => {
  it("refuses what has no place in a header", () => {
    expect(refused(() => encodeFrame({ type: 16 }))).toMatch(/type: found 16/);
    expect(refused(() => encodeFrame({ type: "text", reserved: 8 }))).toMatch(/reserved: found 8/);
    expect(refused(() => encodeFrame({ type: "text", mask: new Uint8Array(3) }))).toMatch(/mask: found 3/);
    expect(refused(() => encodeFrame({ type: "text", declaredBytes: 126, lengthBytes: 0 }))).toMatch(
      /declaredBytes: found 126, expected 0 to 125/,
    );
    expect(refused(() => encodeFrame({ type: "text", declaredBytes: -1 }))).toMatch(/found -1/);
    expect(refused(() => encodeClose(70_000))).toMatch(/code: found 70000/);
    expect(refused(() => encodeClose(null, "x"))).toMatch(/reason: found one without a code/);
    expect(refused(() => encodeClose(1000, "x".repeat(124)))).toMatch(/found 124 bytes, expected no more/);
  });

  it("writes what it is asked for, right or wrong", () => {
    const mask = Uint8Array.of(1, 2, 3, 4);
    expect([...encodeFrame({ type: 11, fin: false, reserved: 3 })]).toEqual([0x3b, 0]);
    expect([...encodeFrame({ type: "text", payload: Uint8Array.of(0), mask })]).toEqual([
      0x81, 0x81, 1, 2, 3, 4, 1,
    ]);
    expect([...encodeFrame({ type: "text", lengthBytes: 2 })]).toEqual([0x81, 126, 0, 0]);
    expect([...encodeFrame({ type: "binary", declaredBytes: 2n ** 64n - 1n })]).toEqual([
      0x82,
      127,
      ...Array<number>(8).fill(255),
    ]);
    expect([...encodeClose(1001, "ab")]).toEqual([3, 233, 97, 98]);
    expect([...encodeClose(null)]).toEqual([]);
  });
});

describe("close codes", () => {
  it("may stand in a frame or may not", () => {
    const sendable = [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 4999];
    const never = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN];
    expect(sendable.filter((code) => !isSendableCloseCode(code))).toEqual([]);
    expect(never.filter(isSendableCloseCode)).toEqual([]);
  });
});
