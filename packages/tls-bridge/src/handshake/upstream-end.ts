import {
  AlertDescription,
  ContentType,
  type HandshakeFrame,
  HandshakeType,
  type TlsRecord,
} from "@faultwire/tls-parser";
import { BridgeFailed, recordFailed } from "../bridge/bridge-failure.ts";
import type { BridgeVersion } from "../bridge/bridge-peers.ts";
import type { UpstreamTrust } from "../bridge/tls-bridge-options.ts";
import { RecordOpener } from "../record-protection/record-opener.ts";
import { cipherSuiteProtection } from "../record-protection/record-protection-suite.ts";
import { RecordSealer } from "../record-protection/record-sealer.ts";
import { FlightReader, protectedRecordsIn } from "./flight-reader.ts";
import { MemoryHandshake } from "./memory-handshake.ts";
import { NegotiatedHello, readServerHello, type SecretStage } from "./negotiated-hello.ts";
import { maxPlaintextBytes } from "./record-sizes.ts";
import type { SecureContextCache } from "./secure-context-cache.ts";
import { opensslList, supportedGroups, supportedSuites } from "./supported.ts";

const NO_CA: readonly string[] = [];

/** What is offered to an upstream. */
export interface UpstreamOffer {
  /** SNI; undefined for none. */
  readonly serverName: string | undefined;
  readonly versions: readonly BridgeVersion[];
  /** Application protocols; empty to say nothing about them. */
  readonly protocols: readonly string[];
  /** The first gets the key share. Never empty. */
  readonly groups: readonly number[];
  /** Suites of all those versions. */
  upstreamSuites(): readonly number[];
}

/** What an {@link UpstreamEnd} is made from. */
export interface UpstreamEndOptions {
  readonly offer: UpstreamOffer;
  /** Whom the certificate has to stand for. */
  readonly host: string;
  readonly trust: UpstreamTrust;
  readonly contexts: SecureContextCache;
  /** Takes what goes to the upstream. */
  readonly send: (bytes: Uint8Array) => void;
}

/** How far the upstream's handshake is after one of its records. */
export type UpstreamProgress =
  /** It has more to say. */
  | { readonly kind: "more" }
  /** It wants another ClientHello, with a share of that group; the hello is sent. */
  | { readonly kind: "retry"; readonly group: number }
  /** Its flight is over and answered. In TLS 1.3 it is verified, too, and the handshake done. */
  | { readonly kind: "answered" }
  /** TLS 1.2: its Finished is there, and it is verified. */
  | { readonly kind: "done" };

/** Our end toward the upstream: a client that offers what the client offered. */
export class UpstreamEnd {
  readonly #handshake: MemoryHandshake;
  readonly #host: string;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #reader = new FlightReader();
  #hello: NegotiatedHello | undefined;
  #retryGroup: number | undefined;
  #isFlightOver = false;
  #isFinishedSent = false;
  /** Records that OpenSSL has sealed under the keys for data: the Finished of TLS 1.2. */
  #sealedRecords = 0;
  // One for each stage, so that no number is used twice.
  readonly #sealers: Partial<Record<SecretStage, RecordSealer>> = {};

  constructor({ offer, host, trust, contexts, send }: UpstreamEndOptions) {
    this.#host = host;
    this.#send = send;
    this.#handshake = MemoryHandshake.client({
      secureContext: contexts.forUpstream({
        versions: offer.versions,
        ciphers: opensslList(supportedSuites, offer.upstreamSuites()),
        groups: opensslList(supportedGroups, offer.groups),
        caPem: trust.caPem ?? NO_CA,
        isWeakTaken: (trust.legacy ?? false) || (trust.insecure ?? false),
      }),
      serverName: offer.serverName,
      host,
      protocols: offer.protocols,
      insecure: trust.insecure ?? false,
      legacy: trust.legacy ?? false,
      distrusted: trust.distrusted ?? [],
    });
  }

  /** What the upstream chose; throws before its ServerHello is there. */
  get hello(): NegotiatedHello {
    if (this.#hello === undefined) throw new Error("the upstream has sent no ServerHello yet");
    return this.#hello;
  }

  /** The application protocol that the upstream chose. */
  get alpnProtocol(): string | undefined {
    return this.#hello?.alpnProtocol;
  }

  /** Sends the ClientHello. */
  async start(): Promise<void> {
    this.#send(await this.#handshake.feed());
  }

  /**
   * Takes the upstream's next record.
   *
   * @throws {@link BridgeFailed} and whatever {@link FlightReader.read} does
   */
  async take(record: TlsRecord): Promise<UpstreamProgress> {
    this.#look(record);
    const wasDone = this.#handshake.isDone;
    const reply = await this.#handshake.feed(record.bytes);
    this.#requireNoError(reply);
    this.#send(reply);
    if (this.#hello?.version === "TLSv1.2") this.#sealedRecords += protectedRecordsIn(reply);
    this.#armReader(record.type);
    if (this.#retryGroup !== undefined) {
      const group = this.#retryGroup;
      this.#retryGroup = undefined;
      return { kind: "retry", group };
    }
    if (this.#handshake.isDone && !wasDone) {
      this.#isFinishedSent = true;
      // OpenSSL looks for such bytes in TLS 1.3; in TLS 1.2 it keeps them for later, and it goes now.
      if (this.#reader.pendingBytes > 0)
        throw recordFailed("server", "bytes behind Finished", AlertDescription.unexpectedMessage);
      return { kind: this.#hello?.version === "TLSv1.3" ? "answered" : "done" };
    }
    if (!this.#isFlightOver) return { kind: "more" };
    this.#isFlightOver = false;
    this.#isFinishedSent = true;
    return { kind: "answered" };
  }

  /** What opens the upstream's records behind its handshake. */
  opener(): RecordOpener {
    // In TLS 1.2 the Finished was protected by the same keys, in as many records as the upstream likes.
    const opened = this.hello.version === "TLSv1.2" ? this.#reader.opener?.sequenceNumber : 0;
    return new RecordOpener(this.hello.secrets(this.#handshake, "server", "application", opened ?? 0));
  }

  /** What seals records for it, at this moment; undefined while they are not encrypted. */
  sealer(): RecordSealer | undefined {
    if (this.#hello === undefined) return undefined;
    if (this.#hello.version === "TLSv1.2" && !this.#isFinishedSent) return undefined;
    const stage = this.#isFinishedSent ? "application" : "handshake";
    // OpenSSL's client makes its handshake key only behind the server's Finished, and its alerts go in clear till then.
    if (!this.#hello.hasSecrets(this.#handshake, "client", stage)) return undefined;
    this.#sealers[stage] ??= new RecordSealer(
      this.#hello.secrets(this.#handshake, "client", stage, this.#sealedRecords),
      // OpenSSL's client offers nothing of the kind; an upstream that answers all the same is refused by it.
      { maxPlaintextBytes: maxPlaintextBytes(this.#hello.version, this.#hello.recordSizes) },
    );
    return this.#sealers[stage];
  }

  /** Frees OpenSSL's objects. */
  release(): void {
    this.#handshake.release();
  }

  #look(record: TlsRecord): void {
    const content = this.#reader.read(record);
    if (content.kind === "alert") this.#reader.takeAlert("server", content.alert);
    if (content.kind === "handshake") for (const message of content.messages) this.#note(message);
  }

  #note(message: HandshakeFrame): void {
    const hello = readServerHello(message);
    if (hello?.kind === "helloRetryRequest") {
      for (const extension of hello.extensions)
        if (extension.kind === "keyShare") this.#retryGroup = extension.selectedGroup;
      this.#retryGroup ??= 0;
    }
    // One that was not offered is left to OpenSSL, which refuses it and has the alert for it.
    if (hello?.kind === "serverHello" && cipherSuiteProtection(hello.cipherSuite))
      this.#hello = new NegotiatedHello(hello);
    this.#hello?.learnFrom(message);
    if (message.type === HandshakeType.certificateRequest)
      throw new BridgeFailed({
        code: "upstream-asks-for-certificate",
        message: `${this.#host || "the upstream"} asks for a client certificate, and only the client has its key`,
        host: this.#host,
      });
    if (message.type === HandshakeType.serverHelloDone) this.#isFlightOver = true;
  }

  /** From here on the upstream's records are encrypted: with secrets that OpenSSL has only now. */
  #armReader(type: number): void {
    const hello = this.#hello;
    if (hello === undefined || this.#reader.opener !== undefined) return;
    if (hello.version === "TLSv1.2" && type !== ContentType.changeCipherSpec) return;
    this.#reader.opener = new RecordOpener(hello.secrets(this.#handshake, "server", "handshake", 0));
  }

  #requireNoError(reply: Uint8Array): void {
    const { error } = this.#handshake;
    if (error === undefined) return;
    const { code = "UNSPECIFIED" } = error;
    const isWeak = /too weak/.test(error.message);
    const message = isWeak ? `${error.message}, and no current client takes that` : error.message;
    if (!this.#handshake.isUntrusted) {
      // OpenSSL's own alert.
      this.#send(reply);
      throw new BridgeFailed({
        code: "handshake",
        message: `the upstream's handshake does not work out: ${code}`,
        from: "server",
        reason: code,
      });
    }
    // The reply would be OpenSSL's Finished. In TLS 1.2 it is out already.
    throw new BridgeFailed({
      code: "upstream-untrusted",
      message: `the certificate of ${this.#host || "the upstream"} does not verify: ${message} (${code})`,
      reason: code,
      words: message,
      host: this.#host,
    });
  }
}
