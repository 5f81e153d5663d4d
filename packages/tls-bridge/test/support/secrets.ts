import { createHash } from "node:crypto";
import { CipherSuite, RecordReader, type TlsRecord } from "@faultwire/tls-parser";
import {
  cipherSuiteProtection,
  type RecordProtectionSuite,
  type RecordSecrets,
  TlsBridgeError,
} from "../../src/index.ts";

/** The suites in whose record protection nothing is the same. */
export const suites: readonly RecordProtectionSuite[] = [
  CipherSuite.TLS_AES_128_GCM_SHA256,
  CipherSuite.TLS_AES_256_GCM_SHA384,
  CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
  CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
  CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
].map((number) => cipherSuiteProtection(number)!);

/** Bytes that look random and are the same each time. */
export function bytesOf(name: string, length: number): Uint8Array {
  return Uint8Array.from(createHash("shake256", { outputLength: length }).update(name).digest());
}

/** Secrets for one direction under that suite. */
export function secretsFor(suite: RecordProtectionSuite, sequenceNumber = 0, name = "secret"): RecordSecrets {
  if (suite.version === "TLSv1.3")
    return { version: "TLSv1.3", suite, trafficSecret: bytesOf(name, suite.hashBytes), sequenceNumber };
  return {
    version: "TLSv1.2",
    suite,
    masterSecret: bytesOf(name, 48),
    clientRandom: bytesOf("client random", 32),
    serverRandom: bytesOf("server random", 32),
    side: "client",
    sequenceNumber,
  };
}

/** The records in those bytes, which hold nothing else. */
export function recordsOf(bytes: Uint8Array): TlsRecord[] {
  const reader = new RecordReader({ maxFragmentBytes: 0xffff });
  const records = [...reader.push(bytes)];
  if (reader.pendingBytes > 0) throw new Error(`${reader.pendingBytes} bytes behind the last record`);
  return records;
}

/** The code with which the package refuses; anything else that is thrown goes on. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof TlsBridgeError) return error.code;
    throw error;
  }
  return "taken";
}
