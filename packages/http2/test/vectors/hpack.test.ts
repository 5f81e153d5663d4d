/** The examples of RFC 7541 appendix C, each whole and through one table. */
import { HpackDecoder, HpackEncoder, Http2Error } from "@faultwire/http2";
import { describe, expect, it } from "vitest";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));

const requests = [
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
  ],
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
    ["cache-control", "no-cache"],
  ],
  [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ],
] as const;

describe("RFC 7541 appendix C", () => {
  it("C.2: literals, and an indexed field", () => {
    const fieldsOf = (hex: string): unknown => new HpackDecoder().decode(bytes(hex)).fields;
    expect(fieldsOf("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572")).toEqual([
      ["custom-key", "custom-header"],
    ]);
    expect(fieldsOf("040c 2f73 616d 706c 652f 7061 7468")).toEqual([[":path", "/sample/path"]]);
    expect(fieldsOf("82")).toEqual([[":method", "GET"]]);
    const never = new HpackDecoder().decode(bytes("1008 7061 7373 776f 7264 0673 6563 7265 74"));
    expect(never.fields).toEqual([["password", "secret"]]);
    expect(never.neverIndexed.has(never.fields[0]!)).toBe(true);
  });

  it.each([
    [
      "C.3, plain",
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ],
    [
      "C.4, Huffman",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ],
  ])("%s: three requests", (_name, ...blocks) => {
    const decoder = new HpackDecoder();
    for (const [index, block] of blocks.entries())
      expect(decoder.decode(bytes(block)).fields).toEqual(requests[index]);
  });

  it("C.6: responses with a table of 256 bytes, whose oldest entries go", () => {
    const decoder = new HpackDecoder({ maxTableBytes: 256 });
    const first = decoder.decode(
      bytes(
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
      ),
    );
    expect(first.fields[0]).toEqual([":status", "302"]);
    expect(decoder.decode(bytes("4883 640e ffc1 c0bf")).fields).toEqual([
      [":status", "307"],
      ...first.fields.slice(1),
    ]);
  });

  it("C.4 is what we write, but for paths, which we do not remember", () => {
    const encoder = new HpackEncoder();
    expect(Buffer.from(encoder.encode(requests[0])).toString("hex")).toBe(
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    );
    expect(Buffer.from(encoder.encode(requests[1])).toString("hex")).toBe("828684be5886a8eb10649cbf");
  });
});

describe("an encoder", () => {
  it("takes no field for another whose name and value are the same text", () => {
    const fields = [
      ["a", "\0b"],
      ["a\0", "b"],
      ["", "1"],
      ["1", ""],
    ] as const;
    expect(new HpackDecoder().decode(new HpackEncoder().encode(fields)).fields).toEqual(fields);
  });
});

describe("blocks that HPACK does not allow", () => {
  it.each([
    ["index 0", "80"],
    ["an index that nothing stands at", "ff 80 01"],
    ["an integer of six bytes", "7f 80 80 80 80 80 01"],
    ["a text that is longer than the block", "00 05 61"],
    ["a name without a value", "00 01 61"],
    ["a table that is larger than announced", "3f e2 1f"],
    ["a change of the table behind a field", "82 20"],
    ["Huffman padding with zeros", "00 01 61 81 18"],
    ["Huffman padding of eight ones", "00 01 61 82 1f ff"],
    ["EOS in a Huffman code", "00 01 61 84 ff ff ff ff"],
  ])("%s", (_name, hex) => {
    expect(() => new HpackDecoder().decode(bytes(hex))).toThrow(Http2Error);
  });
});
