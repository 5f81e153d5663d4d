/**
 * The plugin protocol on the wire, written by hand from the field table: what the scripted plugin speaks.
 * It shares no code with `@faultwire/fault-protocol`, so that a mistake there can't hide itself in a test.
 */
import { concatBytes } from "./chunkers.ts";

/** One field of a message: a varint or length-delimited bytes. Other wire types don't occur in the protocol. */
export type WireValue = bigint | Uint8Array;

/** The fields of a message by number, in the order in which they came. */
export type WireFields = ReadonlyMap<number, readonly WireValue[]>;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // A negative int32 is sent as its 64-bit two's complement: ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** A varint field (int32, uint32, bool, enum); proto3 leaves a zero out. */
export function numberField(number: number, value: number | boolean): Uint8Array {
  return Number(value) === 0 ? EMPTY : concatBytes([varint((number << 3) | VARINT), varint(Number(value))]);
}

/** A bytes, string or message field that is written even when it is empty: members of a oneof need that. */
export function presentField(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  return concatBytes([varint((number << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

/** A bytes or string field; proto3 leaves an empty one out. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array {
  return value.length === 0 ? EMPTY : presentField(number, value);
}

/**
 * Reads a message into its fields.
 *
 * @throws Error when the bytes end inside a field or hold a wire type that the protocol does not use.
 */
export function readFields(bytes: Uint8Array): WireFields {
  const fields = new Map<number, WireValue[]>();
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("the message ends inside a varint");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    let value: WireValue;
    if ((tag & 7) === VARINT) value = readVarint();
    else if ((tag & 7) === LENGTH_DELIMITED) {
      const end = Number(readVarint()) + at;
      if (end > bytes.length) throw new Error(`field ${tag >>> 3} is cut short`);
      value = bytes.subarray(at, end);
      at = end;
    } else throw new Error(`field ${tag >>> 3} has wire type ${tag & 7}`);
    const list = fields.get(tag >>> 3);
    if (list) list.push(value);
    else fields.set(tag >>> 3, [value]);
  }
  return fields;
}

/** The last varint of a field, or 0. */
export function numberOf(fields: WireFields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;
}

/** The last bytes of a field, or none. */
export function bytesOf(fields: WireFields, number: number): Uint8Array {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? value : EMPTY;
}

/** The last string of a field, or the empty one. */
export function stringOf(fields: WireFields, number: number): string {
  return decoder.decode(bytesOf(fields, number));
}

/** An HTTP header field as the protocol carries it. */
export type HeaderPair = readonly [name: string, value: string];

/** `plugin.HttpRequest`. */
export interface WireHttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

/** `plugin.HttpResponse`. */
export interface WireHttpResponse {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

const headerFields = (number: number, headers: readonly HeaderPair[]): Uint8Array =>
  concatBytes(
    headers.map(([name, value]) =>
      presentField(number, concatBytes([bytesField(1, name), bytesField(2, value)])),
    ),
  );

const headersOf = (fields: WireFields, number: number): HeaderPair[] =>
  (fields.get(number) ?? []).flatMap((value) => {
    if (!(value instanceof Uint8Array)) return [];
    const header = readFields(value);
    return [[stringOf(header, 1), stringOf(header, 2)] as const];
  });

/** The bytes of a `plugin.HttpRequest`. */
export function encodeHttpRequest(request: WireHttpRequest): Uint8Array {
  return concatBytes([
    bytesField(1, request.method),
    bytesField(2, request.path),
    headerFields(3, request.headers),
    bytesField(4, request.body),
  ]);
}

/** Reads a `plugin.HttpRequest`. */
export function decodeHttpRequest(bytes: Uint8Array): WireHttpRequest {
  const fields = readFields(bytes);
  return {
    method: stringOf(fields, 1),
    path: stringOf(fields, 2),
    headers: headersOf(fields, 3),
    body: bytesOf(fields, 4),
  };
}

/** The bytes of a `plugin.HttpResponse`. */
export function encodeHttpResponse(response: WireHttpResponse): Uint8Array {
  return concatBytes([
    numberField(1, response.status),
    headerFields(2, response.headers),
    bytesField(3, response.body),
  ]);
}

/** Reads a `plugin.HttpResponse`. */
export function decodeHttpResponse(bytes: Uint8Array): WireHttpResponse {
  const fields = readFields(bytes);
  return { status: numberOf(fields, 1), headers: headersOf(fields, 2), body: bytesOf(fields, 3) };
}
