// Second implementation of the fingerprints, from the bytes themselves and with Node's hashes: it shares no line with
// the package nor with the parser, so that a mistake would have to be made twice.
import { createHash } from "node:crypto";

export interface Reference {
  readonly ja3Full: string;
  readonly ja3: string;
  readonly ja4: string;
  readonly ja4r: string;
  readonly ja4o: string;
  readonly ja4ro: string;
}

const grease = new Set(Array.from({ length: 16 }, (_, n) => `${n.toString(16)}a`.repeat(2)));
const hash = (algorithm: string, text: string): string =>
  createHash(algorithm).update(text, "latin1").digest("hex");
const words = (bytes: Buffer): string[] => bytes.toString("hex").match(/.{4}/g) ?? [];
const plain = (list: readonly string[]): string[] => list.filter((word) => !grease.has(word));
const decimal = (list: readonly string[]): string =>
  plain(list)
    .map((word) => parseInt(word, 16))
    .join("-");

/** Fingerprints of the body of a well-formed ClientHello. */
export function referenceOf(body: Uint8Array): Reference {
  const bytes = Buffer.from(body);
  let at = 34;
  const take = (count: number): Buffer => {
    at += count;
    return bytes.subarray(at - count, at);
  };
  const number = (width: number): number => take(width).readUIntBE(0, width);
  take(number(1));
  const suites = words(take(number(2)));
  take(number(1));
  const extensions = new Map<string, Buffer>();
  if (at < bytes.length) number(2);
  while (at < bytes.length) extensions.set(take(2).toString("hex"), take(number(2)));
  const types = [...extensions.keys()];
  const groups = words(extensions.get("000a")?.subarray(2) ?? Buffer.of());
  const formats = [...(extensions.get("000b")?.subarray(1) ?? [])];
  const ja3Full = [
    bytes.readUInt16BE(0),
    decimal(suites),
    decimal(types),
    decimal(groups),
    formats.join("-"),
  ].join(",");

  const offered = extensions.has("002b") ? plain(words(extensions.get("002b")!.subarray(1))) : undefined;
  const top = offered === undefined ? bytes.toString("hex", 0, 2) : (offered.sort().at(-1) ?? "");
  const version =
    { "0304": "13", "0303": "12", "0302": "11", "0301": "10", "0300": "s3", "0002": "s2" }[top] ?? "00";
  const alpn = extensions.get("0010");
  const first = alpn?.subarray(3, 3 + alpn[2]!);
  const alphanumeric = (text: string): boolean => /^[a-z0-9]$/i.test(text);
  let ends = "00";
  if (first !== undefined) {
    const text = first.toString("latin1");
    const both = alphanumeric(text.at(0)!) && alphanumeric(text.at(-1)!);
    const source = both ? text : first.toString("hex");
    ends = source.at(0)! + source.at(-1)!;
  }
  const two = (count: number): string => String(Math.min(99, count)).padStart(2, "0");
  const a = `t${version}${types.includes("0000") ? "d" : "i"}${two(plain(suites).length)}${two(plain(types).length)}${ends}`;
  const schemes = plain(words(extensions.get("000d")?.subarray(2) ?? Buffer.of())).join(",");
  const withSchemes = (list: string): string => (schemes === "" ? list : `${list}_${schemes}`);
  const short = (text: string): string => (text === "" ? "0".repeat(12) : hash("sha256", text).slice(0, 12));
  const sorted = [
    plain(suites).sort().join(","),
    withSchemes(
      plain(types)
        .filter((type) => type !== "0000" && type !== "0010")
        .sort()
        .join(","),
    ),
  ];
  const original = [plain(suites).join(","), withSchemes(plain(types).join(","))];
  return {
    ja3Full,
    ja3: hash("md5", ja3Full),
    ja4: [a, ...sorted.map(short)].join("_"),
    ja4r: [a, ...sorted].join("_"),
    ja4o: [a, ...original.map(short)].join("_"),
    ja4ro: [a, ...original].join("_"),
  };
}
