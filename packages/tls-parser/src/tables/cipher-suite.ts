import { exchanges, packedSuites, protections, spans } from "../gen/cipher-suite-facts.ts";
import { isGrease } from "../grease.ts";
import type { Authentication, CipherSuiteFacts, KeyExchange } from "./cipher-suite-facts.ts";

export { CipherSuite } from "../gen/cipher-suites.ts";

const cipherSuites: Readonly<Record<number, CipherSuiteFacts>> = /*@__PURE__*/ unpack();

/** Signalling values have a name and no facts. Not by the table of names, which is larger than all of this. */
const signals: Readonly<Record<number, string>> = {
  255: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
  22016: "TLS_FALLBACK_SCSV",
};

/**
 * What is known of a cipher suite; undefined for numbers that name none, signalling values and GREASE among them.
 *
 * @example `cipherSuiteFacts(0xc02f)?.keyExchange` is `"ecdhe"`.
 */
export function cipherSuiteFacts(cipherSuite: number): CipherSuiteFacts | undefined {
  return cipherSuites[cipherSuite];
}

/**
 * The IANA name of a cipher suite or signalling value, `GREASE` for reserved ones, undefined for any other number.
 *
 * @example `cipherSuiteName(0x1301)` is `"TLS_AES_128_GCM_SHA256"`.
 */
export function cipherSuiteName(cipherSuite: number): string | undefined {
  return (
    cipherSuites[cipherSuite]?.name ?? signals[cipherSuite] ?? (isGrease(cipherSuite) ? "GREASE" : undefined)
  );
}

/** The facts as objects, from the lists of halves that `scripts/generate-tables.mjs` packs them into. */
function unpack(): Record<number, CipherSuiteFacts> {
  const words = (rows: string): readonly (readonly string[])[] =>
    rows.split(",").map((row) => row.split(" "));
  const [exchangeWords, protectionWords, spanWords] = [words(exchanges), words(protections), words(spans)];
  const suites: Record<number, CipherSuiteFacts> = {};
  let value = 0;
  for (const row of packedSuites.split(",")) {
    const number = (from: number, to?: number): number => Number.parseInt(row.slice(from, to), 36);
    const [first, keyExchange, authentication] = exchangeWords[number(0, 1)]!;
    const [minVersion, maxVersion] = spanWords[number(1, 2)]!;
    const [second = "", cipherCharacters, keyBits, aead, hash] = protectionWords[number(2, 4)]!;
    value += row.length > 4 ? number(4) : 1;
    suites[value] = {
      name: first === "-" ? `TLS_${second}` : `TLS_${first}_WITH_${second}`,
      keyExchange: keyExchange as KeyExchange,
      authentication: authentication as Authentication,
      cipher: second.slice(0, Number(cipherCharacters)),
      keyBits: Number(keyBits),
      aead: aead === "aead",
      hash: hash as CipherSuiteFacts["hash"],
      minVersion: Number(minVersion),
      maxVersion: Number(maxVersion),
    };
  }
  return suites;
}
