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

/** Who gets what a peer sends, and takes what goes to it. */
export interface PeerSessionPort {
  data(plaintext: Uint8Array): void;
  closeNotify(): void;
  alert(level: number, description: number): void;
  send(bytes: Uint8Array): void;
}

/** One peer behind its handshake: opens its records, answers what TLS itself has to answer, seals ours. */
export class PeerSession {
  readonly #peer: BridgeSide;
  readonly #opener: RecordOpener;
  readonly #sealer: RecordSealer;
  readonly #port: PeerSessionPort;
  readonly #messages = new HandshakeReader({ maxMessageBytes: tlsBridgeLimits.postHandshakeBytes });
  #idleRecords = 0;
  #warningAlerts = 0;
  /** Key updates of the peer's that we have asked for and that have not come. */
  #updatesAskedFor = 0;
  #dataRecords = 0;
  #isReadClosed = false;
  #isWriteClosed = false;

  constructor(peer: BridgeSide, opener: RecordOpener, sealer: RecordSealer, port: PeerSessionPort) {
    this.#peer = peer;
    this.#opener = opener;
    this.#sealer = sealer;
    this.#port = port;
  }

  /** Whether close_notify has gone both ways. */
  get isClosed(): boolean {
    return this.#isReadClosed && this.#isWriteClosed;
  }

  /** Whether the peer has said close_notify. */
  get isReadClosed(): boolean {
    return this.#isReadClosed;
  }

  /** Records of application data that were sealed for this peer. */
  get dataRecords(): number {
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

  /** Seals application data. Nothing goes out behind a close_notify. */
  write(plaintext: Uint8Array, options?: SealOptions): void {
    if (this.#isWriteClosed) return;
    if (this.#sealer.keyUpdateDue && this.#isTls13) this.updateKeys(false);
    const before = this.#sealer.sequenceNumber;
    this.#port.send(this.#sealer.seal(ContentType.applicationData, plaintext, options));
    this.#dataRecords += this.#sealer.sequenceNumber - before;
  }

  /** Seals an alert, any. */
  sendAlert(level: number, description: number): void {
    if (this.#isWriteClosed) return;
    this.#port.send(this.#sealer.seal(ContentType.alert, encodeAlert({ level, description })));
    this.#isWriteClosed = description === AlertDescription.closeNotify || level === AlertLevel.fatal;
  }

  /**
   * Tells the peer of new keys, and uses them.
   *
   * @throws `TlsBridgeError` `no-key-update` in TLS 1.2
   */
  updateKeys(updateRequested: boolean): void {
    if (this.#isWriteClosed) return;
    const message = encodeHandshake({ kind: "keyUpdate", updateRequested });
    if (this.#isTls13) this.#port.send(this.#sealer.seal(ContentType.handshake, message));
    this.#sealer.updateKeys();
    if (updateRequested) this.#updatesAskedFor++;
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
    this.#port.data(plaintext);
  }

  #takeAlert(plaintext: Uint8Array): void {
    const alert = decodeAlert(plaintext);
    const { level, description } = alert;
    if (description === AlertDescription.closeNotify) {
      this.#isReadClosed = true;
      this.#port.closeNotify();
      return;
    }
    this.#port.alert(level, description);
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
    // Tickets are for OpenSSL's client, which is gone; we never resume.
    if (message.type === HandshakeType.newSessionTicket && this.#peer === "server") {
      this.#countIdle();
      return;
    }
    if (message.type !== HandshakeType.keyUpdate)
      this.#unexpected(`a handshake message of type ${message.type}`);
    const decoded = decodeHandshake(message, { version: ProtocolVersion.tls13 });
    if (this.#messages.pendingBytes > 0) this.#unexpected("a message that spans a change of keys");
    // One that was asked for costs the peer as much as us.
    if (this.#updatesAskedFor > 0) this.#updatesAskedFor--;
    else this.#countIdle();
    this.#opener.updateKeys();
    if (decoded.kind === "keyUpdate" && decoded.updateRequested) this.updateKeys(false);
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
