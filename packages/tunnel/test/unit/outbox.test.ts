/** Bytes on their way to write calls: their order, their number, and what is left, for plain ones and for parts with times. */
import { beforeEach, describe, expect, it } from "vitest";
import { Outbox } from "../../src/lane/outbox.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

let box: Outbox;
beforeEach(() => {
  box = new Outbox();
});
const part = (said: string, atMs: number) => ({ bytes: ascii(said), atMs });

describe("plain bytes", () => {
  it("are taken in any number, whatever pieces they came in", () => {
    const pieces = ["ab", "", "cde", "f"];
    for (let count = 1; count <= 7; count++) {
      box = new Outbox();
      for (const piece of pieces) box.push(ascii(piece));
      let all = "";
      for (let left = 6; left > 0; left -= Math.min(count, left)) {
        expect([box.plainBytes, box.bytes, box.isEmpty]).toEqual([left, left, false]);
        const taken = text(box.takePlain(count));
        expect(taken).toHaveLength(Math.min(count, left));
        all += taken;
      }
      expect([all, box.plainBytes, box.isEmpty]).toEqual(["abcdef", 0, true]);
    }
    expect(box.takePlain(3)).toHaveLength(0);
  });

  it("can be looked at, and stay", () => {
    for (const piece of ["ab", "cd"]) box.push(ascii(piece));
    expect([text(box.plain()), text(box.plain()), box.plainBytes]).toEqual(["abcd", "abcd", 4]);
    expect(text(box.takePlain(9))).toBe("abcd");
  });
});

describe("parts", () => {
  it("wait behind plain bytes, and plain bytes that come later behind them", () => {
    box.push(ascii("ab"));
    box.pushParts([part("cd", 10), part("e", 20)]);
    box.push(ascii("fg"));
    expect([box.plainBytes, box.parts, box.bytes, box.nextPartAtMs]).toEqual([2, 2, 7, 10]);
    expect(text(box.takePart())).toBe("cd");
    expect([box.plainBytes, box.parts, box.nextPartAtMs]).toEqual([2, 1, 20]);
    expect(text(box.takePart())).toBe("e");
    expect([box.plainBytes, box.parts, box.bytes, box.nextPartAtMs]).toEqual([4, 0, 4, undefined]);
    expect(text(box.takePlain(9))).toBe("abfg");
    expect(box.takePart()).toHaveLength(0);
  });

  it("that come behind such bytes keep the order: those become a part that is due at once", () => {
    box.pushParts([part("a", 10)]);
    box.push(ascii("b"));
    box.push(ascii("c"));
    box.pushParts([part("d", 30)]);
    const taken: [string, number | undefined][] = [];
    while (box.parts > 0) {
      const atMs = box.nextPartAtMs;
      taken.push([text(box.takePart()), atMs]);
    }
    expect(taken).toEqual([
      ["a", 10],
      ["bc", 0],
      ["d", 30],
    ]);
  });

  it("without bytes are an end, which waits as well", () => {
    box.pushParts([part("", 10)]);
    expect([box.isEmpty, box.bytes, box.parts]).toEqual([false, 0, 1]);
  });

  it("are due no later than a drain, and a last one that never goes is settled with other bytes", () => {
    box.pushParts([part("a", 5), part("b", 50), part("c", Number.POSITIVE_INFINITY)]);
    box.settleLast(ascii("end"), 20);
    box.drain(30);
    const due: (number | undefined)[] = [];
    let all = "";
    while (box.parts > 0) {
      due.push(box.nextPartAtMs);
      all += text(box.takePart());
    }
    expect([due, all]).toEqual([[5, 30, 20], "abend"]);
    box.pushParts([part("a", 5)]);
    box.settleLast(ascii("end"), 20);
    expect(text(box.takePart())).toBe("a");
    box.settleLast(ascii("end"), 20);
    expect(box.isEmpty).toBe(true);
  });
});

it("all is taken in its order, and nothing is left", () => {
  box.push(ascii("ab"));
  box.pushParts([part("c", 10)]);
  box.push(ascii("d"));
  expect(text(box.takeAll())).toBe("abcd");
  expect([box.isEmpty, box.bytes, box.plainBytes, box.parts]).toEqual([true, 0, 0, 0]);
});
