import { expect, test } from "vitest";
import { CollectedBytes, joinBytes } from "../../src/internal.ts";
import { fromLatin1, latin1 } from "../../src/text.ts";

const allBytes = Uint8Array.from({ length: 512 }, (_, at) => at & 0xff);

test("every byte becomes the code point of its number, whatever the length", () => {
  for (const length of [0, 1, 7, 8, 9, 63, 64, 65, 300])
    for (const from of [0, 1, 100]) {
      const text = fromLatin1(allBytes, from, from + length);
      const points = Array.from(text, (letter) => letter.codePointAt(0));
      expect(points).toEqual([...allBytes.subarray(from, from + length)]);
      expect(latin1(text)).toEqual(allBytes.slice(from, from + length));
    }
});

test("joined parts are one array; a single part that holds anything is given back itself", () => {
  const [none, one, two] = [new Uint8Array(0), Uint8Array.of(1, 2), Uint8Array.of(3)];
  expect(joinBytes([none, one, two, none])).toEqual(Uint8Array.of(1, 2, 3));
  expect(joinBytes([none, one, none])).toBe(one);
  expect(joinBytes([none, none])).toEqual(none);
  expect(joinBytes([])).toEqual(none);
});

test("collected bytes are those that were pushed since they were last taken, of whatever size", () => {
  const collected = new CollectedBytes();
  for (const parts of [[3, 0, 1, 2], [500, 700], [], [1]]) {
    const all = parts.flatMap((length) => Array.from({ length }, (_, at) => (length + at) & 0xff));
    for (const length of parts) collected.push(Uint8Array.from({ length }, (_, at) => (length + at) & 0xff));
    expect(collected.length).toBe(all.length);
    expect([...collected.view()]).toEqual(all);
    const taken = collected.take();
    expect(collected.length).toBe(0);
    expect(collected.view()).toHaveLength(0);
    collected.push(Uint8Array.of(0xee));
    collected.take();
    expect([...taken]).toEqual(all);
  }
});
