// An error names the field that it is about, in the words of the RFC. The names are held against a list that people
// have read, and that the code knows nothing of.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decodeAlert,
  decodeHandshake,
  decodeSsl2ClientHello,
  encodeAlert,
  encodeHandshake,
  encodeRecords,
  encodeSsl2ClientHello,
  RecordReader,
  TlsParseError,
} from "../../src/index.ts";
import { messageInContext, ssl2ClientHello } from "../arbitraries.ts";

/** The names that the list has for one direction. */
const listed = (direction: "read" | "write"): string[] =>
  readFileSync(join(import.meta.dirname, "../vectors/error-fields.txt"), "utf8")
    .split("\n")
    .filter((line) => line.endsWith(` ${direction}`) || line.endsWith(" both"))
    .map((line) => line.split(" ")[0]!);

/** The fields of errors. */
class Fields {
  readonly #met = new Set<string>();

  /** Notes the error's field, where there is an error; its place is at most `length`. */
  of(act: () => unknown, length = Number.POSITIVE_INFINITY): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof TlsParseError) || error.offset > length) throw error;
      this.#met.add(error.field);
    }
  }

  get sorted(): string[] {
    return [...this.#met].sort();
  }
}

// A hundred thousand errors are made here, and where each was made takes longer to find out than the rest.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** Messages of every kind, the same in each run. */
const sampleOf = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { seed: 4, numRuns: count });
const messages = sampleOf(messageInContext, 1200);
const oldHellos = sampleOf(ssl2ClientHello, 30);

const alert = { level: 2, description: 40 };
const record = { type: 22, legacyVersion: 0x0303, fragment: Uint8Array.of(1, 2, 3) };

/** The bytes cut at each place, with one too many, and with each byte as something else. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  for (let end = 0; end < bytes.length; end++) yield bytes.subarray(0, end);
  yield Uint8Array.of(...bytes, 0);
  for (let at = 0; at < bytes.length; at++)
    for (const value of [0, 1, 0xff, bytes[at]! - 1, bytes[at]! + 1]) {
      const copy = bytes.slice();
      copy[at] = value;
      yield copy;
    }
}

const nothing = new Uint8Array(0);
const tooMuch = new Uint8Array(0x1_0001);

/** The value with one part of it, however deep, as something that fits no field. */
function* broken(value: unknown): Generator<unknown> {
  if (typeof value === "number") yield* [-1, 2 ** 40];
  else if (value instanceof Uint8Array) yield* [nothing, tooMuch];
  else if (Array.isArray(value)) {
    yield [];
    if (value.length > 0) yield new Array(value[0] instanceof Object ? 14_000 : 40_000).fill(value[0]);
    for (const [at, part] of value.entries()) for (const other of broken(part)) yield value.with(at, other);
  } else if (value !== null && typeof value === "object")
    for (const [key, part] of Object.entries(value))
      if (key !== "kind" && key !== "form")
        for (const other of broken(part)) yield { ...value, [key]: other };
}

describe("the field of an error", () => {
  it("is one of the list when bytes are damaged, and each of the list is met", () => {
    const fields = new Fields();
    for (const { message, context } of messages) {
      const bytes = encodeHandshake(message);
      for (const body of damaged(bytes.subarray(4)))
        fields.of(() => decodeHandshake({ type: bytes[0]!, body }, context), body.length);
    }
    for (const hello of oldHellos)
      for (const bytes of damaged(encodeSsl2ClientHello(hello)))
        fields.of(() => decodeSsl2ClientHello(bytes), bytes.length);
    for (const bytes of damaged(encodeAlert(alert))) fields.of(() => decodeAlert(bytes), bytes.length);
    for (const bytes of damaged(encodeRecords(record)))
      fields.of(() => [...new RecordReader().push(bytes)], bytes.length);
    expect(fields.sorted).toEqual(listed("read"));
  });

  it("is one of the list when a value fits no field, and each of the list is met", () => {
    const fields = new Fields();
    for (const { message } of messages)
      for (const other of broken(message)) fields.of(() => encodeHandshake(other as typeof message));
    for (const hello of oldHellos)
      for (const other of broken(hello)) fields.of(() => encodeSsl2ClientHello(other as typeof hello));
    for (const other of broken(alert)) fields.of(() => encodeAlert(other as typeof alert));
    for (const other of broken(record)) fields.of(() => encodeRecords(other as typeof record));
    expect(fields.sorted).toEqual(listed("write"));
  });
});
