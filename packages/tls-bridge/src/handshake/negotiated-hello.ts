import {
  type DecodeOptions,
  decodeHandshake,
  decodeServerHello,
  type EncryptedExtension,
  type HandshakeFrame,
  HandshakeType,
  type HelloRetryRequest,
  ProtocolVersion,
  type ServerHello,
  type ServerHelloExtension,
  selectedVersionOf,
} from "@faultwire/tls-parser";
import { BridgeFailed } from "../bridge/bridge-failure.ts";
import type { BridgeSide, BridgeVersion } from "../bridge/bridge-peers.ts";
import { type KeylogEntry, KeylogLabel } from "../keylog-line.ts";
import {
  cipherSuiteProtection,
  type RecordProtectionSuite,
} from "../record-protection/record-protection-suite.ts";
import type { RecordSecrets } from "../record-protection/record-secrets.ts";
import type { MemoryHandshake } from "./memory-handshake.ts";
import { maxFragmentBytesOf, type RecordSizes } from "./record-sizes.ts";

/** Which of a connection's secrets. TLS 1.2 has one for everything. */
export type SecretStage = "handshake" | "application";

const tls13Labels: Readonly<Record<BridgeSide, Readonly<Record<SecretStage, string>>>> = {
  client: {
    handshake: KeylogLabel.clientHandshakeTrafficSecret,
    application: KeylogLabel.clientTrafficSecret0,
  },
  server: {
    handshake: KeylogLabel.serverHandshakeTrafficSecret,
    application: KeylogLabel.serverTrafficSecret0,
  },
};

/** OpenSSL judges what is in extensions; those that are no use to us must not be in our way. */
export const LENIENT: DecodeOptions = { malformedExtensions: "keep" };

/** What a ServerHello has settled, kept without the bytes it came in. */
export class NegotiatedHello {
  readonly version: BridgeVersion;
  readonly suite: RecordProtectionSuite;
  #alpnProtocol: string | undefined;
  #maxFragmentBytes: number | undefined;
  #recordSizeLimit: number | undefined;
  readonly #serverRandom: Uint8Array;

  constructor(hello: ServerHello) {
    const suite = cipherSuiteProtection(hello.cipherSuite);
    if (suite === undefined)
      throw new BridgeFailed({
        code: "handshake",
        message: `suite ${hello.cipherSuite} was chosen and not offered`,
        from: "server",
        reason: "WRONG_CIPHER_RETURNED",
      });
    this.version = selectedVersionOf(hello) === ProtocolVersion.tls13 ? "TLSv1.3" : "TLSv1.2";
    this.suite = suite;
    this.#serverRandom = Uint8Array.from(hello.random);
    this.learn(hello.extensions ?? []);
  }

  /** The application protocol; in TLS 1.3 it is known once the EncryptedExtensions are. */
  get alpnProtocol(): string | undefined {
    return this.#alpnProtocol;
  }

  /** What was settled about the size of records. */
  get recordSizes(): RecordSizes {
    return { maxFragmentBytes: this.#maxFragmentBytes, recordSizeLimit: this.#recordSizeLimit };
  }

  /** Takes what the server answers to extensions: in its hello, and in its EncryptedExtensions in TLS 1.3. */
  learn(extensions: readonly (ServerHelloExtension | EncryptedExtension)[]): void {
    for (const extension of extensions) {
      if (extension.kind === "alpn") this.#alpnProtocol = extension.protocols[0];
      if (extension.kind === "maxFragmentLength") this.#maxFragmentBytes = maxFragmentBytesOf(extension.code);
      if (extension.kind === "recordSizeLimit") this.#recordSizeLimit = extension.limitBytes;
    }
  }

  /** Takes EncryptedExtensions; any other message says nothing here. */
  learnFrom(message: HandshakeFrame): void {
    if (message.type !== HandshakeType.encryptedExtensions) return;
    const decoded = decodeHandshake(message, { version: ProtocolVersion.tls13, ...LENIENT });
    if (decoded.kind === "encryptedExtensions") this.learn(decoded.extensions);
  }

  /** Whether the key log has what {@link secrets} needs. */
  hasSecrets(handshake: MemoryHandshake, side: BridgeSide, stage: SecretStage): boolean {
    const label = this.version === "TLSv1.3" ? tls13Labels[side][stage] : KeylogLabel.clientRandom;
    return handshake.keylogEntry(label) !== undefined;
  }

  /** What protects that side's records; throws where the key log has it not (yet). */
  secrets(
    handshake: MemoryHandshake,
    side: BridgeSide,
    stage: SecretStage,
    sequenceNumber: number,
  ): RecordSecrets {
    const { suite, version } = this;
    if (version === "TLSv1.3") {
      const { secret: trafficSecret } = entryOf(handshake, tls13Labels[side][stage]);
      return { version, suite, trafficSecret, sequenceNumber };
    }
    const { secret: masterSecret, clientRandom } = entryOf(handshake, KeylogLabel.clientRandom);
    const serverRandom = this.#serverRandom;
    return { version, suite, masterSecret, clientRandom, serverRandom, side, sequenceNumber };
  }
}

/** Reads a ServerHello or HelloRetryRequest; undefined for any other message. */
export function readServerHello({ type, body }: HandshakeFrame): ServerHello | HelloRetryRequest | undefined {
  return type === HandshakeType.serverHello ? decodeServerHello(body, LENIENT) : undefined;
}

function entryOf(handshake: MemoryHandshake, label: string): KeylogEntry {
  const entry = handshake.keylogEntry(label);
  if (entry === undefined) throw new Error(`the key log has no ${label} yet`);
  return entry;
}
