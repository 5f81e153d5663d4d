import {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  ExtensionType,
  isGrease,
  ProtocolVersion,
} from "@faultwire/tls-parser";
import { hex16, sha256Hex12 } from "./digest.ts";

/**
 * The JA4 fingerprint of a TLS client over TCP, `a_b_c`:
 *
 * - a: `t`, the highest version offered, `d` or `i` (with or without `server_name`), how many cipher suites, how many
 *   extensions (99 at most, each), the first and last character of the first ALPN protocol;
 * - b: 12 hex digits of the SHA-256 of the cipher suites, sorted;
 * - c: 12 hex digits of the SHA-256 of the extensions, sorted and without `server_name` and ALPN, and of the signature
 *   algorithms in the order sent.
 *
 * GREASE (RFC 8701) counts nowhere. An extension whose body could not be read counts as an extension, without content.
 *
 * Source: FoxIO's technical details of JA4, `technical_details/JA4.md`.
 *
 * @example
 * ```ts
 * ja4(decodeClientHello(frame.body)); // "t13d1516h2_8daaf6152771_e5627efa2ab1"
 * ```
 */
export function ja4(hello: ClientHello): string {
  return hashed(partsOf(hello, "sorted"));
}

/**
 * JA4_r: {@link ja4} with the lists themselves in place of their hashes, to see where two clients differ.
 *
 * @example `ja4r(hello)` may be `"t12i020200_002f,0035_000d,0017_0403,0804"`.
 */
export function ja4r(hello: ClientHello): string {
  return raw(partsOf(hello, "sorted"));
}

/**
 * JA4_o: as {@link ja4}, but over the lists in the order sent, `server_name` and ALPN included. Changes with each
 * connection of a client that shuffles its extensions.
 *
 * @example `ja4o(hello)` may be `"t13d1516h2_acb858a92679_18f69afefd3d"`.
 */
export function ja4o(hello: ClientHello): string {
  return hashed(partsOf(hello, "original"));
}

/**
 * JA4_ro: {@link ja4o} with the lists themselves in place of their hashes.
 *
 * @example `ja4ro(hello)` may be `"t12d020200_0035,002f_0000,000d_0804,0403"`.
 */
export function ja4ro(hello: ClientHello): string {
  return raw(partsOf(hello, "original"));
}

interface Parts {
  readonly a: string;
  readonly suites: string;
  /** Extensions, and behind an underscore the signature algorithms where there are any. */
  readonly rest: string;
}

function hashed({ a, suites, rest }: Parts): string {
  return `${a}_${hashOrZeros(suites)}_${hashOrZeros(rest)}`;
}

function raw({ a, suites, rest }: Parts): string {
  return `${a}_${suites}_${rest}`;
}

/** The specification wants an empty list seen at a glance. */
function hashOrZeros(text: string): string {
  return text === "" ? "000000000000" : sha256Hex12(text);
}

function partsOf(hello: ClientHello, order: "sorted" | "original"): Parts {
  const suites = withoutGrease(hello.cipherSuites);
  const types = withoutGrease(hello.extensions?.map(({ type }) => type) ?? []);
  const schemes = withoutGrease(clientHelloExtension(hello, "signatureAlgorithms")?.schemes ?? []);
  const destination = types.includes(ExtensionType.serverName) ? "d" : "i";
  const a = `t${version(hello)}${destination}${count(suites)}${count(types)}${alpnCharacters(hello)}`;
  const listed = order === "sorted" ? ascending(types.filter(isNotInFirstPart)) : types;
  const extensions = hexList(listed);
  return {
    a,
    suites: hexList(order === "sorted" ? ascending(suites) : suites),
    rest: schemes.length === 0 ? extensions : `${extensions}_${hexList(schemes)}`,
  };
}

const versions: Readonly<Record<number, string>> = {
  [ProtocolVersion.tls13]: "13",
  [ProtocolVersion.tls12]: "12",
  [ProtocolVersion.tls11]: "11",
  [ProtocolVersion.tls10]: "10",
  [ProtocolVersion.ssl3]: "s3",
  [ProtocolVersion.ssl2]: "s2",
};

function version(hello: ClientHello): string {
  const offered = clientHelloExtension(hello, "supportedVersions")?.versions;
  const highest =
    offered === undefined ? hello.legacyVersion : Math.max(...offered.filter((value) => !isGrease(value)));
  return versions[highest] ?? "00";
}

function count(values: readonly number[]): string {
  return `${Math.min(values.length, 99)}`.padStart(2, "0");
}

/** Characters where both ends of the name are ASCII letters or digits; else the first and last digit of its hex. */
function alpnCharacters(hello: ClientHello): string {
  const name = alpnProtocolsOf(hello)[0];
  if (name === undefined) return "00";
  const ends = name.charAt(0) + name.charAt(name.length - 1);
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const first = name.charCodeAt(0) >> 4;
  const last = name.charCodeAt(name.length - 1) & 0xf;
  return first.toString(16) + last.toString(16);
}

function isNotInFirstPart(type: number): boolean {
  return type !== ExtensionType.serverName && type !== ExtensionType.applicationLayerProtocolNegotiation;
}

function withoutGrease(values: readonly number[]): number[] {
  return values.filter((value) => !isGrease(value));
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((one, other) => one - other);
}

function hexList(values: readonly number[]): string {
  let text = "";
  for (const value of values) text += text === "" ? hex16(value) : `,${hex16(value)}`;
  return text;
}
