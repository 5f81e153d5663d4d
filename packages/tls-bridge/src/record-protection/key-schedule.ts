import { createHmac } from "node:crypto";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import type { RecordProtectionSuite } from "./record-protection-suite.ts";
import type { RecordSecrets, Tls12RecordSecrets } from "./record-secrets.ts";

const MASTER_SECRET_BYTES = 48;
const RANDOM_BYTES = 32;

/** Key and static part of the nonce for one direction. */
export interface KeyAndIv {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/**
 * Derives one direction's key and IV (RFC 8446 section 7.3, RFC 5246 section 6.3).
 *
 * @throws {@link TlsBridgeError} `bad-secret` for a secret of the wrong length, `unsupported-suite` where suite and
 *   version don't go together.
 */
export function deriveKeyAndIv(secrets: RecordSecrets): KeyAndIv {
  const { suite, version } = secrets;
  if (suite.version !== version)
    throw new TlsBridgeError(
      "unsupported-suite",
      `${suite.name} is a suite of ${suite.version}, not of ${version}`,
    );
  if (secrets.version === "TLSv1.2") return tls12KeyAndIv(secrets);
  checkLength("trafficSecret", secrets.trafficSecret, suite.hashBytes);
  return {
    key: expandLabel(suite, secrets.trafficSecret, "key", suite.keyBytes),
    iv: expandLabel(suite, secrets.trafficSecret, "iv", suite.ivBytes),
  };
}

/** `application_traffic_secret_N+1` (RFC 8446 section 7.2). */
export function nextTrafficSecret(suite: RecordProtectionSuite, trafficSecret: Uint8Array): Uint8Array {
  return expandLabel(suite, trafficSecret, "traffic upd", suite.hashBytes);
}

/**
 * HKDF-Expand-Label without a context (RFC 8446 section 7.1), written out because Node's own HKDF always extracts
 * first. All that is asked for here fits into one block of the hash, so that the expansion is a single HMAC.
 */
function expandLabel(
  { hash }: RecordProtectionSuite,
  secret: Uint8Array,
  label: string,
  length: number,
): Uint8Array {
  const fullLabel = Buffer.from(`tls13 ${label}`, "latin1");
  const hkdfLabel = [0, length, fullLabel.length, ...fullLabel, 0];
  const block = createHmac(hash, secret)
    .update(Uint8Array.of(...hkdfLabel, 1))
    .digest();
  return Uint8Array.from(block.subarray(0, length));
}

/** The key block of an AEAD suite has no MAC keys (RFC 5246 section 6.3): keys, then IVs, the client's first. */
function tls12KeyAndIv(secrets: Tls12RecordSecrets): KeyAndIv {
  const { suite, masterSecret, clientRandom, serverRandom, side } = secrets;
  checkLength("masterSecret", masterSecret, MASTER_SECRET_BYTES);
  checkLength("clientRandom", clientRandom, RANDOM_BYTES);
  checkLength("serverRandom", serverRandom, RANDOM_BYTES);
  const { keyBytes, ivBytes } = suite;
  const seed = Buffer.concat([Buffer.from("key expansion", "latin1"), serverRandom, clientRandom]);
  const block = pseudoRandom(suite, masterSecret, seed, 2 * (keyBytes + ivBytes));
  const index = side === "client" ? 0 : 1;
  const keyAt = index * keyBytes;
  const ivAt = 2 * keyBytes + index * ivBytes;
  return { key: block.slice(keyAt, keyAt + keyBytes), iv: block.slice(ivAt, ivAt + ivBytes) };
}

/** `P_hash` (RFC 5246 section 5), with the label already in the seed. */
function pseudoRandom(
  { hash }: RecordProtectionSuite,
  secret: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const output = new Uint8Array(length);
  let chained = seed;
  for (let at = 0; at < length; ) {
    chained = createHmac(hash, secret).update(chained).digest();
    const block = createHmac(hash, secret)
      .update(chained)
      .update(seed)
      .digest()
      .subarray(0, length - at);
    output.set(block, at);
    at += block.length;
  }
  return output;
}

function checkLength(field: string, bytes: Uint8Array, expected: number): void {
  if (bytes.length !== expected)
    throw new TlsBridgeError("bad-secret", `${field} of ${bytes.length} bytes, ${expected} expected`);
}
