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

  it("does not judge an extension that it does not read, in however many records", () => {
    // supported_versions without a list, between a name and protocols.
    const name = [0, 0, 0, 6, 0, 4, 0, 0, 1, 97];
    const list = [...name, 0, 43, 0, 0, 0, 16, 0, 5, 0, 3, 2, 104, 50];
    const body = [3, 3, ...new Array(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0, 0, list.length, ...list];
    const fragment = Uint8Array.of(1, 0, 0, body.length, ...body);
    for (const maxFragmentBytes of [16_384, 50, 7, 1])
      expect(
        peekClientHello(encodeRecords({ type: 22, legacyVersion: 0x0301, fragment }, { maxFragmentBytes })),
      ).toEqual({
        status: "done",
        serverName: "a",
        alpnProtocols: ["h2"],
      });
  });

  it("refuses what it reads as strictly in several records", () => {
    const list = [0, 0, 0, 7, 0, 4, 0, 0, 1, 97, 9];
    const body = [3, 3, ...new Array(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0, 0, list.length, ...list];
    const fragment = Uint8Array.of(1, 0, 0, body.length, ...body);
    const stream = encodeRecords({ type: 22, legacyVersion: 0x0301, fragment }, { maxFragmentBytes: 20 });
    expect(peekClientHello(stream)).toMatchObject({ status: "error", error: { code: "trailing-bytes" } });
  });

  it("says of two faults the one that comes first, as the reader does", () => {
    // A name that is longer than its extension, and an extension that is longer than the list.
    const list = [0, 0, 0, 6, 0, 4, 0, 0xee, 1, 97, 0, 16, 0, 99, 0];
    const body = [3, 3, ...new Array(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0, 0, list.length, ...list];
    const fragment = Uint8Array.of(1, 0, 0, body.length, ...body);
    for (const maxFragmentBytes of [16_384, 20]) {
      const stream = encodeRecords({ type: 22, legacyVersion: 0x0301, fragment }, { maxFragmentBytes });
      const peek = peekClientHello(stream);
      expect(peek).toMatchObject({ status: "error", error: { field: "serverName.hostName" } });
      expect(peek).toEqual(new ClientHelloReader().push(stream));
    }
  });

  it("finds nothing in a hello without extensions, as the reader does, in a record of any size", () => {
    const body = [3, 3, ...new Array(32).fill(7), 0, 0, 2, 0x13, 0x01, 1, 0];
    const hello = Uint8Array.of(1, 0, 0, body.length, ...body);
    for (const more of [0, 100, 16_384 + 2048 - hello.length]) {
      const fragment = concatBytes([hello, new Uint8Array(more)]);
      const header = Uint8Array.of(22, 3, 1, fragment.length >> 8, fragment.length & 0xff);
      expect(peekClientHello(concatBytes([header, fragment]))).toEqual({
        status: "done",
        serverName: undefined,
        alpnProtocols: [],
      });
    }
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
