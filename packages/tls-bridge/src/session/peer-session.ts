import {
  AlertDescription,
  AlertLevel,
  ContentType,
  decodeAlert,
  decodeHandshake,
  encodeAlert,
  encodeHandshake,
  type HandshakeFrame,
  HandshakeReader,
  HandshakeType,
  ProtocolVersion,
  type TlsRecord,
} from "@faultwire/tls-parser";
import { alertFailure, BridgeFailed, limitFailure, recordFailed } from "../bridge/bridge-failure.ts";
import type { BridgeSide } from "../bridge/bridge-peers.ts";
import { tlsBridgeLimits } from "../bridge/tls-bridge-limits.ts";
import type { RecordOpener } from "../record-protection/record-opener.ts";
import type { RecordSealer, SealOptions } from "../record-protection/record-sealer.ts";
import { ByteQueue } from "./byte-queue.ts";

/** Who gets what a peer sends, and takes what goes to it; the same for both peers. */
export interface PeerSessionPort {
  data(from: BridgeSide, plaintext: Uint8Array): void;
  closeNotify(from: BridgeSide): void;
  alert(from: BridgeSide, level: number, description: number): void;
  send(to: BridgeSide, bytes: Uint8Array): void;
}

/** A session between two records, with nothing under way: all that another one needs to go on in its place. */
export interface PeerSessionAtRest {
  /** Opens what the peer says. */
  readonly opener: RecordOpener;
  /** Seals what goes to the peer. */
  readonly sealer: RecordSealer;
  /** Records without data since the last one with data, which are limited. */
  readonly idleRecords: number;
  /** Warnings of the peer so far, which are limited. */
  readonly warningAlerts: number;
  /** Key updates that we have asked for and that have not come. */
  readonly updatesAskedFor: number;
  /** Whether the peer has asked for new keys of ours since the last record of data. */
  readonly isUpdateDue: boolean;
  /** Records of application data for this peer so far. */
  readonly dataRecords: number;
}

/** One peer behind its handshake: opens its records, answers what TLS itself has to answer, seals ours. */
export class PeerSession {
  readonly #peer: BridgeSide;
  readonly #opener: RecordOpener;
  readonly #sealer: RecordSealer;
  readonly #port: PeerSessionPort;
  /** Application data that is still to be sealed: less than a record, which more may be added to. */
  readonly #unsealed: ByteQueue = new ByteQueue();
  /** What is to be sealed before that, each in records of its own. */
  #due: Uint8Array[] = [];
  readonly #messages = new HandshakeReader({ maxMessageBytes: tlsBridgeLimits.postHandshakeBytes });
  #idleRecords = 0;
  #warningAlerts = 0;
  /** Key updates of the peer's that we have asked for and that have not come. */
  #updatesAskedFor = 0;
  /**
   * The peer has asked for a key update of ours. It comes before the next record of data, so that one answers however many
   * requests of a peer that we say nothing to (RFC 8446 section 4.6.3).
   */
  #isUpdateDue = false;
  #dataRecords = 0;
  #isReadClosed = false;
  #isWriteClosed = false;

  /** @param rest - What goes on here of a session that rested: its opener and its sealer are given. */
  constructor(
    peer: BridgeSide,
    opener: RecordOpener,
    sealer: RecordSealer,
    port: PeerSessionPort,
    rest?: PeerSessionAtRest,
  ) {
    this.#peer = peer;
    this.#opener = opener;
    this.#sealer = sealer;
    this.#port = port;
    if (!rest) return;
    this.#idleRecords = rest.idleRecords;
    this.#warningAlerts = rest.warningAlerts;
    this.#updatesAskedFor = rest.updatesAskedFor;
    this.#isUpdateDue = rest.isUpdateDue;
    this.#dataRecords = rest.dataRecords;
  }

  /** What has to be kept of it; `undefined` while something is under way, or one of both has said its last. */
  get atRest(): PeerSessionAtRest | undefined {
    const isUnderWay = this.#unsealed.length + this.#due.length + this.#messages.pendingBytes > 0;
    if (isUnderWay || this.#isReadClosed || this.#isWriteClosed) return undefined;
    return {
      opener: this.#opener,
      sealer: this.#sealer,
      idleRecords: this.#idleRecords,
      warningAlerts: this.#warningAlerts,
      updatesAskedFor: this.#updatesAskedFor,
      isUpdateDue: this.#isUpdateDue,
      dataRecords: this.#dataRecords,
    };
  }

  /** Whether close_notify has gone both ways. */
  get isClosed(): boolean {
    return this.#isReadClosed && this.#isWriteClosed;
  }

  /** Whether the peer has said close_notify. */
  get isReadClosed(): boolean {
    return this.#isReadClosed;
  }

  /** Records of application data for this peer; what was written so far is sealed with that. */
  get dataRecords(): number {
    this.flush();
    return this.#dataRecords;
  }

  /**
   * Takes the peer's next record. What comes behind its close_notify is not looked at (RFC 8446 section 6.1).
   *
   * @throws {@link BridgeFailed}, `TlsBridgeError`, `TlsParseError`
   */
  take(record: TlsRecord): void {
    if (this.#isReadClosed) return;
    if (this.#isTls13 && record.type === ContentType.changeCipherSpec) {
      // Middleboxes are fond of them, but only up to the peer's Finished (RFC 8446 section 5).
      this.#unexpected("ChangeCipherSpec behind Finished");
    }
    const { contentType, plaintext } = this.#opener.open(record);
    if (contentType !== ContentType.handshake && this.#messages.pendingBytes > 0)
      this.#unexpected(`a record of type ${contentType} within a handshake message`);
    switch (contentType) {
      case ContentType.applicationData:
        this.#takeData(plaintext);
        return;
      case ContentType.alert:
        this.#takeAlert(plaintext);
        return;
      case ContentType.handshake:
        this.#takeHandshake(plaintext);
        return;
      default:
        this.#unexpected(`a record of type ${contentType}`);
    }
  }

  /**
   * Takes application data; it is sealed by the next {@link flush}, so that what is written in small pieces, such as a
   * head and its body, fills one record. Nothing goes out behind a close_notify.
   *
   * @param plaintext - Leave it alone until then.
   * @param options - With them it becomes records of its own, at once.
   */
  write(plaintext: Uint8Array, options?: SealOptions): void {
    if (this.#isWriteClosed) return;
    const isPiece = options === undefined && plaintext.length > 0;
    if (!isPiece) {
      this.flush();
      this.#seal([plaintext], options);
      return;
    }
    const { maxPlaintextBytes } = this.#sealer;
    if (this.#unsealed.length + plaintext.length > maxPlaintextBytes) this.#fill();
    if (plaintext.length < maxPlaintextBytes) this.#unsealed.push(plaintext);
    else this.#due.push(plaintext);
  }

  /** Seals what was written. */
  flush(): void {
    this.#fill();
    if (this.#due.length === 0) return;
    const due = this.#due;
    this.#due = [];
    this.#seal(due);
  }

  /** Nothing more goes into the record that is being filled. */
  #fill(): void {
    if (this.#unsealed.length > 0) this.#due.push(this.#unsealed.take());
  }

  #seal(plaintexts: readonly Uint8Array[], options?: SealOptions): void {
    if ((this.#sealer.keyUpdateDue && this.#isTls13) || this.#isUpdateDue) this.#updateKeys(false);
    const before = this.#sealer.sequenceNumber;
    const [only] = plaintexts;
    const records =
      only && plaintexts.length === 1
        ? this.#sealer.seal(ContentType.applicationData, only, options)
        : this.#sealer.sealAll(ContentType.applicationData, plaintexts);
    this.#port.send(this.#peer, records);
    this.#dataRecords += this.#sealer.sequenceNumber - before;
  }

  /** Seals an alert, any, behind what was written. */
  sendAlert(level: number, description: number): void {
    if (this.#isWriteClosed) return;
    this.flush();
    this.#port.send(this.#peer, this.#sealer.seal(ContentType.alert, encodeAlert({ level, description })));
    this.#isWriteClosed = description === AlertDescription.closeNotify || level === AlertLevel.fatal;
  }

  /**
   * Tells the peer of new keys, and uses them.
   *
   * @throws `TlsBridgeError` `no-key-update` in TLS 1.2
   */
  updateKeys(updateRequested: boolean): void {
    if (this.#isWriteClosed) return;
    this.flush();
    this.#updateKeys(updateRequested);
  }

  #updateKeys(updateRequested: boolean): void {
    const message = encodeHandshake({ kind: "keyUpdate", updateRequested });
    if (this.#isTls13) this.#port.send(this.#peer, this.#sealer.seal(ContentType.handshake, message));
    this.#sealer.updateKeys();
    if (updateRequested) this.#updatesAskedFor++;
    else this.#isUpdateDue = false;
  }

  get #isTls13(): boolean {
    return this.#opener.suite.version === "TLSv1.3";
  }

  #takeData(plaintext: Uint8Array): void {
    if (plaintext.length === 0) {
      this.#countIdle();
      return;
    }
    this.#idleRecords = 0;
    this.#port.data(this.#peer, plaintext);
  }

  #takeAlert(plaintext: Uint8Array): void {
    const alert = decodeAlert(plaintext);
    const { level, description } = alert;
    if (description === AlertDescription.closeNotify) {
      this.#isReadClosed = true;
      this.#port.closeNotify(this.#peer);
      return;
    }
    this.#port.alert(this.#peer, level, description);
    // In TLS 1.3 every other alert is fatal, but the one that announces a close (RFC 8446 section 6).
    const isWarning = level === AlertLevel.warning;
    const goesOn = this.#isTls13 ? description === AlertDescription.userCanceled : isWarning;
    if (!goesOn) throw new BridgeFailed(alertFailure(this.#peer, alert));
    if (++this.#warningAlerts > tlsBridgeLimits.warningAlerts)
      throw new BridgeFailed(limitFailure(this.#peer, "warningAlerts"));
    this.#countIdle();
  }

  #takeHandshake(fragment: Uint8Array): void {
    let isWhole = false;
    for (const message of this.#messages.push(fragment)) {
      isWhole = true;
      this.#takeMessage(message);
    }
    // A part of a message is work, too.
    if (!isWhole) this.#countIdle();
  }

  #takeMessage(message: HandshakeFrame): void {
    if (this.#isTls13) this.#takeTls13Message(message);
    else this.#takeTls12Message(message);
  }

  #takeTls13Message(message: HandshakeFrame): void {
    const isTicket = message.type === HandshakeType.newSessionTicket && this.#peer === "server";
    if (!isTicket && message.type !== HandshakeType.keyUpdate)
      this.#unexpected(`a handshake message of type ${message.type}`);
    const decoded = decodeHandshake(message, { version: ProtocolVersion.tls13 });
    // Tickets are for OpenSSL's client, which is gone; we never resume.
    if (isTicket) {
      this.#countIdle();
      return;
    }
    if (this.#messages.pendingBytes > 0) this.#unexpected("a message that spans a change of keys");
    // One that was asked for costs the peer as much as us.
    if (this.#updatesAskedFor > 0) this.#updatesAskedFor--;
    else this.#countIdle();
    this.#opener.updateKeys();
    this.#isUpdateDue ||= decoded.kind === "keyUpdate" && decoded.updateRequested;
  }

  /** A renegotiation is refused, which ends nothing (RFC 5246 section 7.2.2). */
  #takeTls12Message({ type }: HandshakeFrame): void {
    const asks = this.#peer === "client" ? HandshakeType.clientHello : HandshakeType.helloRequest;
    if (type !== asks) this.#unexpected(`a handshake message of type ${type}`);
    this.#countIdle();
    this.sendAlert(AlertLevel.warning, AlertDescription.noRenegotiation);
  }

  #countIdle(): void {
    if (++this.#idleRecords > tlsBridgeLimits.idleRecords)
      throw new BridgeFailed(limitFailure(this.#peer, "idleRecords"));
  }

  #unexpected(found: string): never {
    throw recordFailed(this.#peer, found, AlertDescription.unexpectedMessage);
  }
}
