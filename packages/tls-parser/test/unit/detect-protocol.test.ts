import { describe, expect, it } from "vitest";
import { detectProtocol } from "../../src/index.ts";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const kind = (...bytes: number[]): string => detectProtocol(Uint8Array.from(bytes)).kind;

describe("detectProtocol", () => {
  it("asks for more while a TLS record header is not complete", () => {
    const header = [22, 3, 1, 2, 0];
    for (let length = 0; length < header.length; length++)
      expect(kind(...header.slice(0, length)), `${length} bytes`).toBe("more");
    expect(detectProtocol(Uint8Array.from(header))).toEqual({
      kind: "tls",
      contentType: 22,
      legacyVersion: 0x0301,
    });
  });

  it.each([20, 21, 22, 23, 24])("knows content type %i", (type) => {
    expect(kind(type, 3, 3, 0, 1)).toBe("tls");
  });

  it("refuses what no TLS record begins with, as soon as it can", () => {
    expect(kind(19)).toBe("other");
    expect(kind(25)).toBe("other");
    expect(kind(22, 2)).toBe("other");
    expect(kind(22, 3, 5)).toBe("other");
    expect(kind(22, 3, 1, 0x49)).toBe("other");
    expect(kind(22, 3, 1, 0x48, 1)).toBe("other");
    expect(kind(22, 3, 1, 0, 0)).toBe("other");
    expect(kind(23, 3, 3, 0, 0)).toBe("tls");
  });

  it("tells an SSL 2.0 hello and the version that it asks for", () => {
    const hello = [0x80, 46, 1, 3, 1];
    for (let length = 0; length < hello.length; length++)
      expect(kind(...hello.slice(0, length)), `${length} bytes`).toBe("more");
    expect(detectProtocol(Uint8Array.from(hello))).toEqual({ kind: "sslv2", version: 0x0301 });
    expect(detectProtocol(Uint8Array.of(0x80, 46, 1, 0, 2))).toEqual({ kind: "sslv2", version: 0x0002 });
    expect(kind(0x80, 8)).toBe("other");
    expect(kind(0x80, 46, 2)).toBe("other");
    expect(kind(0x80, 46, 1, 2)).toBe("other");
    expect(kind(0x80, 46, 1, 0, 3)).toBe("other");
  });

  it.each(["GET / HTTP/1.1\r\n", "POST /v1/messages", "CONNECT a:443", "PRI * HTTP/2.0", "PATCH "])(
    "takes %j for an HTTP request",
    (text) => {
      const space = text.indexOf(" ");
      for (let length = 0; length <= space; length++)
        expect(detectProtocol(ascii(text.slice(0, length))).kind, `${length} bytes`).toBe("more");
      expect(detectProtocol(ascii(text))).toEqual({ kind: "http", message: "request" });
    },
  );

  it("takes a status line for an HTTP response", () => {
    expect(detectProtocol(ascii("HTTP"))).toEqual({ kind: "more" });
    expect(detectProtocol(ascii("HTTP/1.1 200 OK"))).toEqual({ kind: "http", message: "response" });
  });

  it.each(["SSH-2.0-x", "get / ", "GETTING ", "EHLO ", "\x00"])("takes %j for something else", (text) => {
    expect(detectProtocol(ascii(text)).kind).toBe("other");
  });
});
