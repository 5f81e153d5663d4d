/**
 * Just enough of protobuf's wire format to write a message down field by field, by someone who has only the field
 * table and the encoding guide. It shares nothing with the library under test.
 */

const utf8 = new TextEncoder();

/** A base-128 varint, least significant group first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value > 0x7f) {
    bytes.push((value & 0x7f) | 0x80);
    value = Math.floor(value / 128);
  }
  return [...bytes, value];
}

/** A field of wire type 0: bool, enum, int32 and uint32. */
export const varintField = (field: number, value: number): number[] => [
  ...varint(field * 8 + 0),
  ...varint(value),
];

/** A field of wire type 2 that holds bytes, or a message that has been encoded already. */
export const bytesField = (field: number, bytes: ArrayLike<number>): number[] => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...Array.from(bytes),
];

/** A field of wire type 2 that holds text. */
export const textField = (field: number, text: string): number[] => bytesField(field, utf8.encode(text));
