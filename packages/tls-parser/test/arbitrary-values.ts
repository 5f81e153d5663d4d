/** Numbers, bytes and lists of every size that a field may have. */
import fc from "fast-check";

export const uint8 = fc.integer({ min: 0, max: 0xff });
export const uint16 = fc.integer({ min: 0, max: 0xffff });
export const uint24 = fc.integer({ min: 0, max: 0xff_ffff });
export const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
export const bytes = (minLength = 0, maxLength = 40): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
export const exactly = (length: number): fc.Arbitrary<Uint8Array> => bytes(length, length);
export const list = <T>(item: fc.Arbitrary<T>, minLength = 1, maxLength = 5): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength, maxLength });
export const constant = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);
export const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
/** A string of code units below 256. */
export const latin1 = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  bytes(minLength, maxLength).map((units) => String.fromCharCode(...units));
export const hostName = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 40,
});

export const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
