/** Opens the encrypted records of captured TLS 1.3 connections, so that what is inside can be decoded, too. */
import { createDecipheriv, createHmac } from "node:crypto";
import type { HandshakeVector } from "@faultwire/testkit/tls-vectors";
import { ContentType, cipherSuiteFacts, type TlsRecord } from "../../src/index.ts";

const ciphers: Readonly<
  Record<string, { name: "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305"; keyBytes: number }>
> = {
  AES_128_GCM: { name: "aes-128-gcm", keyBytes: 16 },
  AES_256_GCM: { name: "aes-256-gcm", keyBytes: 32 },
  CHACHA20_POLY1305: { name: "chacha20-poly1305", keyBytes: 32 },
};
const TAG_BYTES = 16;
const IV_BYTES = 12;

/** HKDF-Expand-Label (RFC 8446 section 7.1), by hand because Node's hkdf always extracts first. */
function expandLabel(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.from([length >> 8, length & 0xff, full.length, ...Buffer.from(full), 0]);
  return createHmac(hash, secret)
    .update(Buffer.concat([info, Buffer.of(1)]))
    .digest()
    .subarray(0, length);
}

/** Opens records of one direction under one traffic secret, in order. */
export class Opener {
  readonly #cipher: (typeof ciphers)[string];
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0;

  constructor(cipherSuite: number, secret: Buffer) {
    const facts = cipherSuiteFacts(cipherSuite)!;
    this.#cipher = ciphers[facts.cipher]!;
    this.#key = expandLabel(facts.hash, secret, "key", this.#cipher.keyBytes);
    this.#iv = expandLabel(facts.hash, secret, "iv", IV_BYTES);
  }

  /** Content type and content without padding; undefined where the key is not the right one. */
  open(record: TlsRecord): { type: number; content: Uint8Array } | undefined {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence) >>> 0, 8);
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv(this.#cipher.name as "chacha20-poly1305", this.#key, nonce, options);
    decipher.setAAD(record.bytes.subarray(0, 5), { plaintextLength: record.length - TAG_BYTES });
    decipher.setAuthTag(record.fragment.subarray(record.length - TAG_BYTES));
    const inner = decipher.update(record.fragment.subarray(0, record.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    this.#sequence++;
    let end = inner.length;
    while (inner[end - 1] === 0) end--;
    return { type: inner[end - 1]!, content: Uint8Array.from(inner.subarray(0, end - 1)) };
  }
}

/** The secrets of that label in the key log: none where the connection never got so far. */
function secretsOf({ keylog }: HandshakeVector, label: string): Buffer[] {
  return keylog
    .filter((entry) => entry.startsWith(`${label} `))
    .map((entry) => Buffer.from(entry.split(" ")[2]!, "hex"));
}

/**
 * The plaintext of one direction's encrypted records, as far as the early, the handshake's and the first
 * application keys reach.
 */
export function openAll(
  vector: HandshakeVector,
  side: "CLIENT" | "SERVER",
  cipherSuite: number,
  records: readonly TlsRecord[],
): { type: number; content: Uint8Array }[] {
  const openers = [
    `${side}_EARLY_TRAFFIC_SECRET`,
    `${side}_HANDSHAKE_TRAFFIC_SECRET`,
    `${side}_TRAFFIC_SECRET_0`,
  ].flatMap((label) => secretsOf(vector, label).map((secret) => new Opener(cipherSuite, secret)));
  return records
    .filter(({ type }) => type === ContentType.applicationData)
    .flatMap((record) => {
      for (const opener of openers) {
        const opened = opener.open(record);
        if (opened !== undefined) return [opened];
      }
      return [];
    });
}
