import {
  type ClientHello,
  clientHelloExtension,
  type HelloRetryRequest,
  isGrease,
  type ServerHello,
} from "@faultwire/tls-parser";
import { md5Hex } from "./digest.ts";

/**
 * The JA3 fingerprint of a client: the MD5 of {@link ja3Full}, 32 lower-case hex digits.
 *
 * Clients that shuffle their extensions (Chromium since 110) have another JA3 each time; {@link ja4} does not mind.
 *
 * @example
 * ```ts
 * ja3(decodeClientHello(frame.body)); // "ada70206e40642a3e4461f35503241d5"
 * ```
 */
export function ja3(hello: ClientHello): string {
  return md5Hex(ja3Full(hello));
}

/**
 * What {@link ja3} hashes, as tshark's `tls.handshake.ja3_full`: version, cipher suites, extensions, groups and point
 * formats in decimal and in the order sent, GREASE (RFC 8701) left out. The version is the hello's `legacyVersion`,
 * never that of the record or of `supported_versions`.
 *
 * @example `ja3Full(hello)` may be `"769,47-53-5-10,0-10-11,23-24-25,0"`, or `"769,4-5-10,,,"` without extensions.
 */
export function ja3Full(hello: ClientHello): string {
  const groups = clientHelloExtension(hello, "supportedGroups")?.groups ?? [];
  const formats = clientHelloExtension(hello, "ecPointFormats")?.formats ?? [];
  const suites = decimals(hello.cipherSuites);
  const extensions = decimals(hello.extensions?.map(({ type }) => type) ?? []);
  return `${hello.legacyVersion},${suites},${extensions},${decimals(groups)},${formats.join("-")}`;
}

/**
 * The JA3S fingerprint of a server's answer: the MD5 of {@link ja3sFull}, 32 lower-case hex digits. A server answers
 * different clients differently, so it says something together with the client's JA3 only.
 *
 * @example
 * ```ts
 * ja3s(decodeServerHello(frame.body));
 * ```
 */
export function ja3s(hello: ServerHello | HelloRetryRequest): string {
  return md5Hex(ja3sFull(hello));
}

/**
 * What {@link ja3s} hashes, as tshark's `tls.handshake.ja3s_full`: `legacyVersion`, the cipher suite and the
 * extensions in the order sent. Nothing is left out: RFC 8701 lets no server put GREASE here.
 *
 * @example `ja3sFull(hello)` may be `"771,4865,51-43"`.
 */
export function ja3sFull(hello: ServerHello | HelloRetryRequest): string {
  const extensions = hello.extensions?.map(({ type }) => type).join("-") ?? "";
  return `${hello.legacyVersion},${hello.cipherSuite},${extensions}`;
}

function decimals(values: readonly number[]): string {
  return values.filter((value) => !isGrease(value)).join("-");
}
