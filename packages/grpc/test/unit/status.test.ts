import { describe, expect, it } from "vitest";
import {
  decodeBinaryField,
  decodeStatusMessage,
  encodeBinaryField,
  encodeStatusDetails,
  encodeStatusMessage,
  grpcLimits,
  readStatus,
  readStatusDetails,
  statusFields,
} from "../../src/index.ts";
import { bytesField, numberField } from "../../src/wire.ts";
import { refused } from "../support/refused.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): string => Buffer.from(value).toString("hex");

describe("the message of a status", () => {
  it.each([
    ["plain words ~!", "plain words ~!"],
    ["100 %", "100 %25"],
    ["a\nb\u007f", "a%0Ab%7F"],
    ["café €", "caf%C3%A9 %E2%82%AC"],
    ["", ""],
  ])("%j is written as %j, and read back", (message, encoded) => {
    expect(encodeStatusMessage(message)).toBe(encoded);
    expect(decodeStatusMessage(encoded)).toBe(message);
  });

  it("what is not well encoded stays as it is", () => {
    expect(decodeStatusMessage("50% of %zz, %e2%82%ac %4")).toBe("50% of %zz, € %4");
    expect(decodeStatusMessage("%ff")).toBe("\ufffd");
  });
});

describe("google.rpc.Status", () => {
  it("is written as protobuf's wire format has it", () => {
    // 1: code, varint; 2: message, bytes; 3: details, Any { 1: type_url, 2: value = RetryInfo { 1: Duration { 1: s, 2: ns } } }
    const wire = [
      "0808",
      `1205${text("quota")}`,
      "1a36",
      `0a28${text("type.googleapis.com/google.rpc.RetryInfo")}`,
      "120a",
      "0a08",
      "0801",
      "1080cab5ee01",
    ];
    expect(hex(encodeStatusDetails({ code: 8, message: "quota", retryDelayMs: 1500 }))).toBe(wire.join(""));
    const details = [{ type: "a/b.C", value: Uint8Array.of(1, 2) }];
    expect(hex(encodeStatusDetails({ code: 3, message: "", details }))).toBe(
      `08031a0b0a05${text("a/b.C")}12020102`,
    );
    expect(hex(encodeStatusDetails({ code: 0, message: "" }))).toBe("");
  });

  it.each([0, 1, 999, 1000, 90_061_001, 2_147_483_647])("a delay of %i ms is read back", (retryDelayMs) => {
    const status = { code: 14, message: "später", retryDelayMs };
    expect(readStatusDetails(encodeStatusDetails(status))).toEqual(status);
  });

  it("other details and unknown fields are passed over", () => {
    const retry = hex(encodeStatusDetails({ code: 0, message: "", retryDelayMs: 250 }));
    const other = `1a${"0a"}0a08${text("x/y.Info")}`;
    const unknown = `7dffffffff${"79"}ffffffffffffffff${"7001"}`;
    expect(readStatusDetails(Buffer.from(`0803${unknown}${other}${retry}`, "hex"))).toEqual({
      code: 3,
      message: "",
      retryDelayMs: 250,
    });
  });

  it.each(["08", "12ff", "0b", "1a05", "ffffffffffffffffffffff01", "0d000000", "0900000000000000"])(
    "%s is none",
    (wire) => {
      expect(readStatusDetails(Buffer.from(wire, "hex"))).toBeUndefined();
    },
  );

  /** A status whose `RetryInfo` says so many seconds and nanoseconds. */
  const withDuration = (seconds: number, nanos: number): Uint8Array => {
    const duration = Buffer.concat([numberField(1, seconds), numberField(2, nanos)]);
    const any = Buffer.concat([
      bytesField(1, "type.googleapis.com/google.rpc.RetryInfo"),
      bytesField(2, bytesField(1, duration)),
    ]);
    return bytesField(3, any);
  };

  it("a delay is read up to the most that a Duration may say, and none above", () => {
    const delayOf = (seconds: number, nanos: number): number | undefined =>
      readStatusDetails(withDuration(seconds, nanos))?.retryDelayMs;
    // 10,000 years, as duration.proto has it.
    expect(delayOf(315_576_000_000, 0)).toBe(315_576_000_000_000);
    expect(delayOf(315_576_000_001, 0)).toBeUndefined();
    expect(delayOf(1, 999_999_999)).toBeCloseTo(1999.999999, 6);
    expect(delayOf(1, 1_000_000_000)).toBeUndefined();
    expect(delayOf(0, 0)).toBe(0);
  });

  it("a negative delay is none", () => {
    const minusOne = "08ffffffffffffffffff01";
    const info = `0a0b${minusOne}`;
    const any = `0a28${text("type.googleapis.com/google.rpc.RetryInfo")}120d${info}`;
    expect(readStatusDetails(Buffer.from(`1a39${any}`, "hex"))).toEqual({ code: 0, message: "" });
  });
});

describe("the fields of a status", () => {
  it("stand in the order of the protocol", () => {
    expect(statusFields({ code: 14, message: "50 %", retryDelayMs: 0, pushback: "never" })).toEqual([
      ["grpc-status", "14"],
      ["grpc-message", "50 %25"],
      [
        "grpc-status-details-bin",
        encodeBinaryField(encodeStatusDetails({ code: 14, message: "50 %", retryDelayMs: 0 })),
      ],
      ["grpc-retry-pushback-ms", "-1"],
    ]);
    expect(statusFields({ code: 0 })).toEqual([["grpc-status", "0"]]);
    const details = [{ type: "a/b.C", value: Uint8Array.of(1) }];
    expect(statusFields({ code: 3, details })).toEqual([
      ["grpc-status", "3"],
      ["grpc-status-details-bin", encodeBinaryField(encodeStatusDetails({ code: 3, message: "", details }))],
    ]);
  });

  it.each(["a", "é", "€", "😀"])("a message is cut at its limit, not within a character: %s", (character) => {
    const { maxStatusMessageBytes } = grpcLimits;
    const width = Buffer.byteLength(character);
    const writtenOf = (message: string): string => {
      const [, [, value] = ["", ""]] = statusFields({ code: 2, message });
      return decodeStatusMessage(value);
    };
    // Each way in which a character can lie across the limit, and beside it.
    for (let before = 0; before < 4; before++) {
      const start = "x".repeat(before);
      const fits = Math.floor((maxStatusMessageBytes - before) / width);
      const longest = start + character.repeat(fits);
      expect(writtenOf(longest)).toBe(longest);
      expect(writtenOf(longest + character)).toBe(longest);
      expect(writtenOf(longest + character.repeat(1000))).toBe(longest);
    }
  });

  const codes = "expected a whole number from 0 to 2147483647";
  const times = "expected 0 to 2147483647 milliseconds";
  it.each([
    [{ code: -1 }, `code: found -1, ${codes}`],
    [{ code: 1.5 }, `code: found 1.5, ${codes}`],
    [{ code: 2 ** 31 }, `code: found 2147483648, ${codes}`],
    [{ code: 1, pushback: 2 ** 31 }, `pushback: found 2147483648, ${times}`],
    [{ code: 1, pushback: -1 }, `pushback: found -1, ${times}`],
    [{ code: 1, retryDelayMs: -1 }, `retryDelayMs: found -1, ${times}`],
    [{ code: 1, retryDelayMs: 2 ** 31 }, `retryDelayMs: found 2147483648, ${times}`],
    [{ code: 1, retryDelayMs: Number.NaN }, `retryDelayMs: found NaN, ${times}`],
  ])("refuses %j", (status, message) => {
    expect(refused(() => statusFields(status))).toBe(`invalid-argument: ${message}`);
  });

  it("takes the largest code and the longest times", () => {
    const most = 2_147_483_647;
    const fields = statusFields({ code: most, retryDelayMs: most, pushback: most });
    expect(readStatus(fields)).toEqual({ code: most, retryDelayMs: most, pushback: most });
  });

  it.each([
    [[["grpc-status", "14"]], { code: 14 }],
    [
      [
        ["grpc-status", " 8 "],
        ["grpc-retry-pushback-ms", "1500"],
      ],
      { code: 8, pushback: 1500 },
    ],
    [
      [
        ["grpc-status", "8"],
        ["grpc-retry-pushback-ms", "-1"],
      ],
      { code: 8, pushback: "never" },
    ],
    [
      [
        ["grpc-status", "8"],
        ["grpc-retry-pushback-ms", "soon"],
      ],
      { code: 8, pushback: "never" },
    ],
    [
      [
        ["grpc-status", "8"],
        ["grpc-status-details-bin", "%%%"],
      ],
      { code: 8 },
    ],
    [
      [
        ["grpc-status", "8"],
        ["grpc-status-details-bin", "A".repeat(16_385)],
      ],
      { code: 8 },
    ],
    [[["grpc-status", "UNAVAILABLE"]], undefined],
    [[["status", "14"]], undefined],
  ] as [[string, string][], object | undefined][])("%j are read", (fields, status) => {
    expect(readStatus(fields)).toEqual(status);
  });

  it("binary values are read with and without padding", () => {
    expect(decodeBinaryField("AQI")).toEqual(Uint8Array.of(1, 2));
    expect(decodeBinaryField("AQI=")).toEqual(Uint8Array.of(1, 2));
    expect(encodeBinaryField(Uint8Array.of(1, 2))).toBe("AQI");
    expect(decodeBinaryField("A")).toBeUndefined();
  });
});
