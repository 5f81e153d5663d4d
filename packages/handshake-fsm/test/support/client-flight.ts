// Opens what a tracker must not need to open: the client's flight of a captured TLS 1.3 handshake, by its key log.
import { createDecipheriv, createHmac } from "node:crypto";

interface Suite {
  readonly hash: "sha256" | "sha384";
  readonly cipher: "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
  readonly keyBytes: number;
}

const suites: Readonly<Record<string, Suite>> = {
  TLS_AES_128_GCM_SHA256: { hash: "sha256", cipher: "aes-128-gcm", keyBytes: 16 },
  TLS_AES_256_GCM_SHA384: { hash: "sha384", cipher: "aes-256-gcm", keyBytes: 32 },
  TLS_CHACHA20_POLY1305_SHA256: { hash: "sha256", cipher: "chacha20-poly1305", keyBytes: 32 },
};
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HANDSHAKE = 22;
const FINISHED = 20;

/** RFC 8446 section 7.1, for outputs of one hash at most. */
function expandLabel(hash: string, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.of(length >> 8, length & 0xff, name.length), name, Buffer.of(0, 1)]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

/**
 * Tells of each application-data record of the client, one after the other, whether it holds the Finished. Records
 * under other keys (early data before, application data behind) do not open, and hold none.
 */
export function finishedFinder(
  keylog: readonly string[],
  suiteName: string,
): ((record: Uint8Array) => boolean) | undefined {
  const suite = suites[suiteName];
  const line = keylog.find((each) => each.startsWith("CLIENT_HANDSHAKE_TRAFFIC_SECRET "));
  if (suite === undefined || line === undefined) return undefined;
  const secret = Buffer.from(line.split(" ")[2] ?? "", "hex");
  const key = expandLabel(suite.hash, secret, "key", suite.keyBytes);
  const iv = expandLabel(suite.hash, secret, "iv", IV_BYTES);
  let sequence = 0;
  return (record) => {
    const nonce = Uint8Array.from(iv);
    nonce[IV_BYTES - 1]! ^= sequence;
    const decipher = createDecipheriv(suite.cipher as "aes-128-gcm", key, nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(record.subarray(0, 5));
    decipher.setAuthTag(record.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(record.subarray(5, -TAG_BYTES)), decipher.final()]);
      sequence++;
      return holdsFinished(plain);
    } catch {
      return false;
    }
  };
}

function holdsFinished(plain: Uint8Array): boolean {
  let end = plain.length - 1;
  while (plain[end] === 0) end--;
  if (plain[end] !== HANDSHAKE) return false;
  for (let at = 0; at < end; at += 4 + ((plain[at + 1]! << 16) | (plain[at + 2]! << 8) | plain[at + 3]!))
    if (plain[at] === FINISHED) return true;
  return false;
}
