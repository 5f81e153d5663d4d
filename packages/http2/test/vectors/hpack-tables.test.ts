/**
 * The static table of RFC 7541 appendix A and the code of appendix B, whole: the table as the RFC lists it, the code as another
 * implementation (hpack 4.2.0 of Python) writes the bytes from 0 to 255. A table that both of our directions share proves nothing.
 */
import { HpackDecoder, HpackEncoder } from "@faultwire/http2";
import { describe, expect, it } from "vitest";

/** A line for each index from 1 on: the name, and the value where there is one. */
const staticTable = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate
`
  .trim()
  .split("\n")
  .map((line): [string, string] => {
    const [name = "", ...value] = line.split(" ");
    return [name, value.join(" ")];
  });

describe("the static table", () => {
  it("is read as the RFC lists it", () => {
    expect(staticTable.length).toBe(61);
    const everyIndex = Uint8Array.from(staticTable, (_, index) => 0x80 | (index + 1));
    expect(new HpackDecoder().decode(everyIndex).fields).toEqual(staticTable);
  });

  it("is written so: one byte for each of its fields", () => {
    const written = new HpackEncoder().encode(staticTable);
    expect([...written]).toEqual(staticTable.map((_, index) => 0x80 | (index + 1)));
  });

  it("gives a name its first index", () => {
    // Never indexed, so that the name's index stands in four bits: 15 and what is above it.
    for (const [name] of staticTable) {
      const field: [string, string] = [name, "\x00"];
      const first = staticTable.findIndex(([each]) => each === name) + 1;
      const index = first < 15 ? [0x10 | first] : [0x1f, first - 15];
      expect([...new HpackEncoder().encode([field], new Set([field]))]).toEqual([...index, 1, 0]);
    }
  });
});

describe("the Huffman code", () => {
  const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const coded = `
ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffffffdfffffebfffffecfff
ffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7fffffdbfffffdffffffe3fffffe7fffffebfffffed
4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb9f7fff20ffbff3ff50ddbd7f061c58f265cd9f469d5af66dddbf871e5f9c
ff7ff7fffc3ff9ffe45fff4719242cb34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7ffbffdffffffcfffe6ffff4bfff9ffffa3fffd3ff
ff53fffd5ffffb3fffeb7fffdaffffb7ffff73fffeeffffdeffffebffffbfffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1fff
fe4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdafffeeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5fffeeffffbdffffe1f
ffdfffff7fffff5ffffecffff07fff87fffe0ffff17fffedffff87ffff77fffeffffeaffff8bfffe3ffff93ffff87fffcbffff37ffff1f
ffff83ffffe1fffebfffe3ffff3fffff2ffffa3ffffd9fffff17ffffc7fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8ffff
fe6fffffc1fffff87ffffe7fffffc5ffffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdff
ff4ffff9ffffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfffffb7fffff3fffffe8fff
ffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf
`.replaceAll("\n", "");
  /** Each "0" is five bits of zero, and 1 200 of them make the coded text the shorter one. */
  const zeros = 1_200;
  const text = "0".repeat(zeros) + everyByte;
  const bytes = Buffer.concat([Buffer.alloc((zeros * 5) / 8), Buffer.from(coded, "hex")]);
  /** Never indexed, a new name of no bytes, and the coded value's length behind 127. */
  const head = [0x10, 0, 0xff, ((bytes.length - 127) % 128) | 0x80, (bytes.length - 127) >> 7];

  it("is read, of every byte", () => {
    expect(new HpackDecoder().decode(Buffer.concat([Buffer.from(head), bytes])).fields).toEqual([["", text]]);
  });

  it("is written, of every byte", () => {
    const field: [string, string] = ["", text];
    const written = Buffer.from(new HpackEncoder().encode([field], new Set([field])));
    expect(written.toString("hex")).toBe(Buffer.concat([Buffer.from(head), bytes]).toString("hex"));
  });

  it("is left where it saves nothing", () => {
    const written = (value: string): string => {
      const field: [string, string] = ["", value];
      return Buffer.from(new HpackEncoder().encode([field], new Set([field]))).toString("hex");
    };
    // Five bits fill a byte as eight do; two of them leave the second byte as long.
    expect(written("0")).toBe("10000130");
    expect(written("00")).toBe("1000023030");
    expect(written("000")).toBe("10008200" + "01");
  });
});
