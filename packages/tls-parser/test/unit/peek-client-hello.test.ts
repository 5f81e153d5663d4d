import { chunksOf, concatBytes } from "@faultwire/testkit/chunkers";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import {
  alpnProtocolsOf,
  ClientHelloReader,
  encodeRecord,
  encodeRecords,
  peekClientHello,
  serverNameOf,
  TlsParseError,
} from "../../src/index.ts";

const hellos = helloVectors();
const [{ bytes }] = hellos as [(typeof hellos)[number]];

describe("peekClientHello", () => {
  it.each(hellos)("finds in $name what the decoder finds", (hello) => {
    const result = new ClientHelloReader().push(hello.bytes);
    if (result.status !== "done") throw new Error(result.status);
    const expected = {
      status: "done",
      serverName: serverNameOf(result.clientHello),
      alpnProtocols: alpnProtocolsOf(result.clientHello),
    };
    expect(peekClientHello(hello.bytes)).toEqual(expected);
    expect(peekClientHello(Buffer.from(hello.bytes))).toEqual(expected);
    const spread = encodeRecords(
      { type: 22, legacyVersion: 0x0301, fragment: result.message },
      { maxFragmentBytes: 50 },
    );
    expect(peekClientHello(spread)).toEqual(expected);
    expect(peekClientHello(concatBytes([hello.bytes, Uint8Array.of(20, 3, 3, 0, 1, 1)]))).toEqual(expected);
  });

  it("asks for more until the hello is whole", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(peekClientHello(bytes.subarray(0, length))).toEqual({ status: "more" });
  });

  it("tells other protocols and other records", () => {
    const http = Uint8Array.from("GET / HTTP/1.1\r\n", (character) => character.charCodeAt(0));
    expect(peekClientHello(http)).toMatchObject({ status: "not-tls", detection: { kind: "http" } });
    expect(peekClientHello(Uint8Array.of(21, 3, 3, 0, 2, 2, 40))).toMatchObject({
      status: "error",
      error: { code: "unexpected-message" },
    });
  });

  it("never throws, whatever one byte is changed to", () => {
    const errors = new Set<string>();
    for (let at = 0; at < bytes.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        const peek = peekClientHello(changed);
        if (peek.status !== "error") continue;
        expect(peek.error).toBeInstanceOf(TlsParseError);
        errors.add(peek.error.code);
        expect(new ClientHelloReader().push(changed).status).not.toBe("done");
      }
    expect([...errors].sort()).toContain("truncated");
    expect(errors.size).toBeGreaterThan(3);
  });

  it.each([
    ["bytes behind the extensions", "trailing-bytes", [0, 4, 0, 23, 0, 0], [9]],
    ["an extension list that is cut off", "truncated", [0, 9, 0, 23, 0, 0], []],
    ["bytes behind the server's name", "trailing-bytes", [0, 11, 0, 0, 0, 7, 0, 4, 0, 0, 1, 97, 9], []],
    ["bytes behind the protocols", "trailing-bytes", [0, 10, 0, 16, 0, 6, 0, 3, 2, 104, 50, 9], []],
    [
      "two names",
      "duplicate-extension",
      [0, 20, 0, 0, 0, 6, 0, 4, 0, 0, 1, 97, 0, 0, 0, 6, 0, 4, 0, 0, 1, 98],
      [],
    ],
    [
      "two lists of protocols",
      "duplicate-extension",
      [0, 18, 0, 16, 0, 5, 0, 3, 2, 104, 50, 0, 16, 0, 5, 0, 3, 2, 104, 50],
      [],
    ],
    ["a server's name with a NUL", "illegal-value", [0, 10, 0, 0, 0, 6, 0, 4, 0, 0, 1, 0], []],
  ] as const)("refuses %s", (_, code, list, behind) => {
    const body = concatBytes([
      Uint8Array.of(3, 3),
      new Uint8Array(32),
      Uint8Array.of(0, 0, 2, 0x13, 0x01, 1, 0, ...list, ...behind),
    ]);
    const fragment = Uint8Array.of(1, 0, 0, body.length, ...body);
    const stream = encodeRecord({ type: 22, legacyVersion: 0x0301, fragment });
    const peek = peekClientHello(stream);
    expect(peek).toMatchObject({ status: "error", error: { code } });
    expect(peek).toEqual(new ClientHelloReader().push(stream));
  });

  it("reads a prefix of chunks as it grows", () => {
    const chunks = chunksOf(bytes, 100);
    const statuses = chunks.map(
      (_, index) => peekClientHello(concatBytes(chunks.slice(0, index + 1))).status,
    );
    expect(statuses.at(-1)).toBe("done");
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(["more"]));
  });
});
