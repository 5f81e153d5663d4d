/** As much of protobuf's wire format as `google.rpc.Status` needs: varints, and fields that have a length. */
import { utf8 } from "./text.ts";

/** A whole number of 0 or more as a varint. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Several pieces as one. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A number's field; nothing for 0, which is its default. */
export function numberField(number: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array(0) : joined(varint(number * 8), varint(value));
}

/** A field of bytes or of a text. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return joined(varint(number * 8 + 2), varint(bytes.length), bytes);
}

/** A field as it was read. A varint above 2^53 is not exact; `null` stands for fields of a fixed width. */
export interface WireField {
  readonly number: number;
  readonly value: number | Uint8Array | null;
}

/** Reads a varint of ten bytes at the most. @returns its value and where it ends; `undefined` where there is none. */
function readVarint(bytes: Uint8Array, from: number): readonly [value: number, end: number] | undefined {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    value += (bytes[at]! & 127) * 2 ** (7 * (at - from));
    if (bytes[at]! < 128) return [value, at + 1];
  }
  return undefined;
}

/** The fields of a message in their order; `undefined` for bytes that are none. */
export function readFields(bytes: Uint8Array): WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (!tag) return undefined;
    const [key, begin] = tag;
    const type = key % 8;
    const number = Math.floor(key / 8);
    if (type === 1 || type === 5) {
      at = begin + (type === 1 ? 8 : 4);
      fields.push({ number, value: null });
    } else {
      const read = type === 0 || type === 2 ? readVarint(bytes, begin) : undefined;
      if (!read) return undefined;
      const [value, end] = read;
      at = type === 0 ? end : end + value;
      fields.push({ number, value: type === 0 ? value : bytes.subarray(end, at) });
    }
    if (at > bytes.length) return undefined;
  }
  return fields;
}
