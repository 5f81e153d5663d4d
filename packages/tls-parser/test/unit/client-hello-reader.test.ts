import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import {
  alpnProtocolsOf,
  type ClientHello,
  ClientHelloReader,
  type ClientHelloResult,
  encodeClientHello,
  offeredVersionsOf,
  serverNameOf,
} from "../../src/index.ts";

const hello: ClientHello = {
  kind: "clientHello",
  legacyVersion: 0x0303,
  random: new Uint8Array(32).fill(7),
  legacySessionId: new Uint8Array(32).fill(8),
  cipherSuites: [0x1a1a, 0x1301, 0x1302],
  legacyCompressionMethods: [0],
  extensions: [
    { type: 0x2a2a, kind: "grease", data: new Uint8Array(0) },
    { type: 0, kind: "serverName", hostName: "api.example.com" },
    { type: 16, kind: "alpn", protocols: ["h2", "http/1.1"] },
    { type: 43, kind: "supportedVersions", versions: [0x3a3a, 0x0304, 0x0303] },
    { type: 51, kind: "keyShare", clientShares: [{ group: 29, keyExchange: new Uint8Array(32).fill(9) }] },
  ],
};
const body = encodeClientHello(hello);
const message = concatBytes([Uint8Array.of(1, 0, body.length >> 8, body.length & 0xff), body]);
const record = (fragment: Uint8Array, type = 22): Uint8Array =>
  concatBytes([Uint8Array.of(type, 3, 1, fragment.length >> 8, fragment.length & 0xff), fragment]);
const stream = record(message);

function feed(chunks: Iterable<Uint8Array>, reader = new ClientHelloReader()): ClientHelloResult {
  let result: ClientHelloResult = { status: "more" };
  for (const chunk of chunks) result = reader.push(chunk);
  return result;
}

describe("ClientHelloReader", () => {
  it("reads the hello whole, byte by byte and cut at every point", () => {
    for (const chunks of [[stream], chunksOf(stream, 1), ...splitsOf(stream)]) {
      const result = feed(chunks);
      if (result.status !== "done") throw new Error(result.status);
      expect(result.clientHello).toEqual(hello);
      expect(result.message).toEqual(message);
      expect(result.consumedBytes).toBe(stream.length);
      expect(result.recordVersion).toBe(0x0301);
    }
  });

  it("offers what a caller routes by", () => {
    const result = feed([stream]);
    if (result.status !== "done") throw new Error(result.status);
    expect(serverNameOf(result.clientHello)).toBe("api.example.com");
    expect(alpnProtocolsOf(result.clientHello)).toEqual(["h2", "http/1.1"]);
    expect(offeredVersionsOf(result.clientHello)).toEqual([0x0304, 0x0303]);
  });

  it("reads a hello that spans records", () => {
    const spread = concatBytes(chunksOf(message, 10).map((part) => record(part)));
    const result = feed(chunksOf(spread, 3));
    expect(result).toMatchObject({ status: "done", clientHello: hello, consumedBytes: spread.length });
  });

  it.each([1, 3, 4, 7, 50])("survives a caller who reuses a buffer of %i bytes", (size) => {
    const buffer = new Uint8Array(size);
    const reader = new ClientHelloReader();
    let result: ClientHelloResult = { status: "more" };
    for (const chunk of chunksOf(stream, size)) {
      buffer.set(chunk);
      result = reader.push(buffer.subarray(0, chunk.length));
      if (result.status === "more") buffer.fill(0xee);
    }
    expect(result).toMatchObject({ status: "done", clientHello: hello });
  });

  it("leaves what follows the hello uncounted", () => {
    expect(feed([concatBytes([stream, record(Uint8Array.of(1), 20)])])).toMatchObject({
      status: "done",
      consumedBytes: stream.length,
    });
  });

  it("gives the same answer for ever", () => {
    const reader = new ClientHelloReader();
    const result = reader.push(stream);
    expect(reader.push(stream)).toBe(result);
  });

  it("tells plain HTTP and SSL 2.0 from TLS", () => {
    const http = Uint8Array.from("GET / HTTP/1.1\r\n", (character) => character.charCodeAt(0));
    expect(feed(chunksOf(http, 1))).toEqual({
      status: "not-tls",
      detection: { kind: "http", message: "request" },
    });
    expect(feed([Uint8Array.of(0x80, 46, 1, 3, 1)])).toMatchObject({ detection: { kind: "sslv2" } });
    expect(feed([Uint8Array.of(0)])).toMatchObject({ status: "not-tls", detection: { kind: "other" } });
  });

  it("says when TLS begins with anything but a ClientHello", () => {
    expect(feed([record(Uint8Array.of(2, 40), 21)])).toMatchObject({
      status: "error",
      error: { code: "unexpected-message", field: "record.type", offset: 0 },
    });
    expect(feed([record(Uint8Array.of(14, 0, 0, 0))])).toMatchObject({
      status: "error",
      error: { code: "unexpected-message", field: "handshake.msgType" },
    });
  });

  it("refuses a hello over its limit before keeping it", () => {
    expect(feed([record(Uint8Array.of(1, 1, 0, 1))])).toMatchObject({
      error: { code: "handshake-overflow" },
    });
    expect(feed([stream], new ClientHelloReader({ maxMessageBytes: 10 }))).toMatchObject({ status: "error" });
  });

  it("refuses a hello with bytes left over", () => {
    const longer = concatBytes([
      Uint8Array.of(1, 0, (body.length + 1) >> 8, (body.length + 1) & 0xff),
      body,
      Uint8Array.of(0),
    ]);
    expect(feed([record(longer)])).toMatchObject({ error: { code: "trailing-bytes" } });
  });
});
