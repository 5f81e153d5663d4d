import { AlertDescription, ContentType, RecordReader, type TlsRecord } from "@faultwire/tls-parser";
import { BridgeFailed, recordFailed } from "../bridge/bridge-failure.ts";
import type { BridgeVersion, ServerIdentity } from "../bridge/bridge-peers.ts";
import { RecordOpener } from "../record-protection/record-opener.ts";
import { RecordSealer } from "../record-protection/record-sealer.ts";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import { type FlightContent, FlightReader, protectedRecordsIn } from "./flight-reader.ts";
import { MemoryHandshake } from "./memory-handshake.ts";
import { NegotiatedHello, readServerHello } from "./negotiated-hello.ts";
import { maxPlaintextBytes } from "./record-sizes.ts";
import type { SecureContextCache } from "./secure-context-cache.ts";
import { opensslList, supportedGroups, supportedSuites } from "./supported.ts";

/** A Finished of TLS 1.2 with its header (RFC 5246 section 7.4.9). */
const FINISHED_BYTES = 4 + 12;

/** What a {@link ClientEnd} is made from. */
export interface ClientEndOptions {
  readonly identity: ServerIdentity;
  /** The one that the upstream chose. */
  readonly version: BridgeVersion;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  /** The application protocol that the upstream chose. */
  readonly protocol: string | undefined;
  /** What the client says in its record_size_limit (RFC 8449). */
  readonly recordSizeLimit: number | undefined;
  /** Whether the client asks for smaller records by max_fragment_length (RFC 6066). */
  readonly hasFragmentLimit: boolean;
  /** Whether the client's first flight has 0-RTT data in it. */
  readonly hasEarlyData: boolean;
  readonly contexts: SecureContextCache;
  /** Takes what goes to the client. */
  readonly send: (bytes: Uint8Array) => void;
}

/** What OpenSSL says to a ClientHello. */
export interface HelloAnswer {
  /** Whether it asks for another one. */
  readonly isRetry: boolean;
  readonly bytes: Uint8Array;
}

/** Our end toward the client: a server that can do just what the upstream chose. */
export class ClientEnd {
  readonly #handshake: MemoryHandshake;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #reader = new FlightReader();
  readonly #recordSizeLimit: number | undefined;
  readonly #hasFragmentLimit: boolean;
  #mayBeEarlyData: boolean;
  #hello: NegotiatedHello | undefined;
  #isFlightSent = false;
  #isFinishedSent = false;
  // Made once, so that no number is used twice.
  #sealer: RecordSealer | undefined;
  /** Records that OpenSSL has sealed under the keys for data: tickets in TLS 1.3, the Finished in TLS 1.2. */
  #sealedRecords = 0;
  /** Records of the client's in TLS 1.2 that were encrypted: its Finished, in as many as it likes. */
  #openedRecords = 0;
  /** Bytes of handshake in them. */
  #openedBytes = 0;

  constructor(options: ClientEndOptions) {
    const { identity, version, suites, groups, contexts } = options;
    this.#send = options.send;
    this.#mayBeEarlyData = options.hasEarlyData;
    this.#recordSizeLimit = options.recordSizeLimit;
    this.#hasFragmentLimit = options.hasFragmentLimit;
    this.#handshake = MemoryHandshake.server({
      secureContext: contexts.forClient({
        identity,
        version,
        ciphers: opensslList(supportedSuites, suites),
        groups: opensslList(supportedGroups, groups),
      }),
      protocol: options.protocol,
      maxFragmentBytes: maxPlaintextBytes(version, {
        maxFragmentBytes: undefined,
        recordSizeLimit: options.recordSizeLimit,
      }),
    });
  }

  /** What we chose; throws before our ServerHello. */
  get hello(): NegotiatedHello {
    if (this.#hello === undefined) throw new Error("no ServerHello was made for the client yet");
    return this.#hello;
  }

  /**
   * Takes a ClientHello, all of its records. Sends nothing.
   *
   * @throws {@link BridgeFailed} `handshake`
   */
  async answer(clientHello: Uint8Array): Promise<HelloAnswer> {
    const bytes = await this.#handshake.feed(clientHello);
    this.#requireNoError(bytes);
    if (this.#isRetry(bytes)) {
      // A second ClientHello announces none, and what precedes it is not ours to take (RFC 8446 section 4.2.10).
      this.#mayBeEarlyData = false;
      return { isRetry: true, bytes };
    }
    if (this.hello.version === "TLSv1.3")
      this.#reader.opener = new RecordOpener(this.hello.secrets(this.#handshake, "client", "handshake", 0));
    return { isRetry: false, bytes };
  }

  /** Sends the flight that {@link answer} gave. */
  sendFlight(flight: Uint8Array): void {
    this.#send(flight);
    this.#isFlightSent = true;
  }

  /** TLS 1.3: the flight's ServerHello, and behind it the alert in place of the rest. */
  helloAndAlert(flight: Uint8Array, alert: Uint8Array): Uint8Array {
    const records = [...new RecordReader().push(flight)];
    const plain = records.filter(({ type }) => type !== ContentType.applicationData);
    const sealer = new RecordSealer(this.hello.secrets(this.#handshake, "server", "handshake", 0));
    return Buffer.concat([...plain.map(({ bytes }) => bytes), sealer.seal(ContentType.alert, alert)]);
  }

  /**
   * Takes a record of the client's second flight.
   *
   * @returns our last flight, not sent yet, once the client's Finished is taken: tickets in TLS 1.3, ChangeCipherSpec
   *   and Finished in TLS 1.2; undefined before
   * @throws {@link BridgeFailed} and whatever {@link FlightReader.read} does
   */
  async take(record: TlsRecord): Promise<Uint8Array | undefined> {
    const content = this.#look(record);
    if (content === undefined) return undefined;
    if (this.#reader.isBlind) this.#countOpened(record);
    const reply = await this.#handshake.feed(record.bytes);
    this.#requireNoError(reply);
    // A server's key log has the master secret only once the client's Finished is there.
    if (this.hello.version === "TLSv1.2" && record.type === ContentType.changeCipherSpec)
      this.#reader.isBlind = true;
    // OpenSSL looks for such bytes in TLS 1.3; in TLS 1.2 it keeps them for later, and it goes now.
    if (this.#handshake.isDone && this.#openedBytes > FINISHED_BYTES)
      throw recordFailed("client", "bytes behind Finished", AlertDescription.unexpectedMessage);
    if (this.#handshake.isDone) return reply;
    this.#send(reply);
    return undefined;
  }

  /** Sends the flight that {@link take} gave. From then on the records are ours. */
  sendLastFlight(flight: Uint8Array): void {
    this.#isFinishedSent = true;
    // Somebody has sent an alert, which has taken the first ticket's number: nobody needs the tickets.
    if (this.#sealer !== undefined) return;
    this.#send(flight);
    this.#sealedRecords =
      this.hello.version === "TLSv1.3"
        ? [...new RecordReader().push(flight)].length
        : protectedRecordsIn(flight);
  }

  /** What opens the client's records behind its handshake. */
  opener(): RecordOpener {
    return new RecordOpener(
      this.hello.secrets(this.#handshake, "client", "application", this.#openedRecords),
    );
  }

  /** What seals records for it, at this moment; undefined while they are not encrypted. */
  sealer(): RecordSealer | undefined {
    if (this.#hello === undefined) return undefined;
    const isTls13 = this.#hello.version === "TLSv1.3";
    if (!(isTls13 ? this.#isFlightSent : this.#isFinishedSent)) return undefined;
    this.#sealer ??= new RecordSealer(
      this.#hello.secrets(this.#handshake, "server", "application", this.#sealedRecords),
      { maxPlaintextBytes: this.#maxPlaintextBytes(this.#hello) },
    );
    return this.#sealer;
  }

  /** Frees OpenSSL's objects. */
  release(): void {
    this.#handshake.release();
  }

  /** Reads what our flight settles, as far as it is a ServerHello; true for a HelloRetryRequest. */
  #isRetry(flight: Uint8Array): boolean {
    const reader = new FlightReader();
    for (const record of new RecordReader().push(flight)) {
      const content = reader.read(record);
      if (content.kind !== "handshake") continue;
      for (const message of content.messages) {
        const hello = readServerHello(message);
        if (hello?.kind === "helloRetryRequest") return true;
        if (hello === undefined) {
          // In TLS 1.3 the first message behind it has the other extensions; in TLS 1.2 there are none.
          this.#hello?.learnFrom(message);
          return false;
        }
        this.#hello = new NegotiatedHello(hello);
        // What else OpenSSL says to extensions is of no use here: the upstream has chosen the protocol.
        if (!this.#hasFragmentLimit) return false;
        if (this.#hello.version === "TLSv1.3")
          reader.opener = new RecordOpener(this.#hello.secrets(this.#handshake, "server", "handshake", 0));
      }
    }
    return false;
  }

  /**
   * OpenSSL knows no record_size_limit and does not answer it, so that it binds nobody (RFC 8449 section 4). But who
   * says so can hardly do more, and smaller records are always allowed.
   */
  #maxPlaintextBytes(hello: NegotiatedHello): number {
    const { maxFragmentBytes } = hello.recordSizes;
    return maxPlaintextBytes(hello.version, { maxFragmentBytes, recordSizeLimit: this.#recordSizeLimit });
  }

  /** Undefined for 0-RTT data: we have no key for it, nor has OpenSSL, and the client sends it again. */
  #look(record: TlsRecord): FlightContent | undefined {
    try {
      const content = this.#reader.read(record);
      if (record.type === ContentType.applicationData) this.#mayBeEarlyData = false;
      if (content.kind === "alert") this.#reader.takeAlert("client", content.alert);
      return content;
    } catch (error) {
      const isEarlyData =
        this.#mayBeEarlyData && error instanceof TlsBridgeError && error.code === "bad-record-mac";
      if (!isEarlyData) throw error;
      return undefined;
    }
  }

  #countOpened({ type, length }: TlsRecord): void {
    this.#openedRecords++;
    const { explicitNonceBytes, tagBytes } = this.hello.suite;
    if (type === ContentType.handshake) this.#openedBytes += length - explicitNonceBytes - tagBytes;
  }

  #requireNoError(reply: Uint8Array): void {
    const { error } = this.#handshake;
    if (error === undefined) return;
    // OpenSSL's own alert.
    this.#send(reply);
    const reason = error.code ?? "UNSPECIFIED";
    const message = `the client's handshake does not work out: ${reason}`;
    throw new BridgeFailed({ code: "handshake", message, from: "client", reason });
  }
}
