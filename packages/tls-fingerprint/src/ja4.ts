import {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  ExtensionType,
  isGrease,
  ProtocolVersion,
} from "@faultwire/tls-parser";
import { sha256Hex12 } from "./digest.ts";

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

/** What a client adds to a hello because of what it has spoken with this server before, or to fill the hello up. */
const changingTypes: ReadonlySet<number> = new Set([
  ExtensionType.padding,
  ExtensionType.preSharedKey,
  ExtensionType.earlyData,
  ExtensionType.cookie,
]);

/**
 * The {@link ja4} of the same hello without `pre_shared_key`, `early_data`, `cookie` (RFC 8446) and `padding` (RFC 7685). A
 * client that resumes a session adds the first two, so its JA4 changes from its first connection to its second; this one
 * stays. Looks like a JA4, and is the JA4 of a client's first connection as a rule.
 *
 * @example
 * ```ts
 * const clients = new Set(hellos.map(lastingJa4)); // a client that resumes is in it once
 * ```
 */
export function lastingJa4(hello: ClientHello): string {
  const extensions = hello.extensions?.filter(({ type }) => !changingTypes.has(type));
  return ja4({ ...hello, extensions });
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

/** The lists in ASCII: bytes are quicker to write and to hash than text. */
interface Parts {
  readonly a: string;
  readonly suites: Uint8Array;
  /** Extensions, and behind an underscore the signature algorithms where there are any. */
  readonly rest: Uint8Array;
}

function hashed({ a, suites, rest }: Parts): string {
  // Joined into one string; a template would keep its parts, too, as long as somebody keeps the fingerprint.
  return [a, hashOrZeros(suites), hashOrZeros(rest)].join("_");
}

function raw({ a, suites, rest }: Parts): string {
  return `${a}_${textOf(suites)}_${textOf(rest)}`;
}

function textOf(ascii: Uint8Array): string {
  let text = "";
  for (const byte of ascii) text += String.fromCharCode(byte);
  return text;
}

/** The specification wants an empty list seen at a glance. */
function hashOrZeros(ascii: Uint8Array): string {
  return ascii.length === 0 ? "000000000000" : sha256Hex12(ascii);
}

function partsOf(hello: ClientHello, order: "sorted" | "original"): Parts {
  const suites = withoutGrease(hello.cipherSuites);
  const types = withoutGrease(hello.extensions?.map(({ type }) => type) ?? []);
  const schemes = withoutGrease(clientHelloExtension(hello, "signatureAlgorithms")?.schemes ?? []);
  const destination = types.includes(ExtensionType.serverName) ? "d" : "i";
  const a = `t${version(hello)}${destination}${count(suites)}${count(types)}${alpnCharacters(hello)}`;
  if (order === "original") return { a, suites: hexList(suites), rest: hexList(types, schemes) };
  const extensions = ascending(types.filter(isNotInFirstPart));
  return { a, suites: hexList(ascending(suites)), rest: hexList(extensions, schemes) };
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

function count({ length }: readonly number[]): string {
  return `${Math.min(length, 99)}`.padStart(2, "0");
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

/** Typed arrays sort by number, and several times faster than with a function that compares. */
function ascending(values: readonly number[]): Uint16Array {
  return new Uint16Array(values).sort();
}

const COMMA = 0x2c;
const UNDERSCORE = 0x5f;

/** Four hex digits a value, commas between them; an underscore and the second list unless that is empty. */
function hexList(values: ArrayLike<number>, more: ArrayLike<number> = []): Uint8Array {
  const ascii = new Uint8Array(5 * (values.length + more.length));
  let end = writeHexList(ascii, values, 0);
  if (more.length > 0) {
    ascii[end] = UNDERSCORE;
    end = writeHexList(ascii, more, end + 1);
  }
  return ascii.subarray(0, end);
}

function writeHexList(ascii: Uint8Array, values: ArrayLike<number>, at: number): number {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (index > 0) ascii[at++] = COMMA;
    ascii[at++] = digit(value >> 12);
    ascii[at++] = digit((value >> 8) & 0xf);
    ascii[at++] = digit((value >> 4) & 0xf);
    ascii[at++] = digit(value & 0xf);
  }
  return at;
}

/** ASCII of a lower-case hex digit. */
function digit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
