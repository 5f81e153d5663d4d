import { type HandshakeFrame, HandshakeReader, RecordReader, type TlsRecord } from "@faultwire/tls-parser";
import type { Side } from "../side.ts";

/** One direction of a connection, as a {@link HandshakeTracker} reads it. */
export class Flow {
  /** Whether this side has sent its ChangeCipherSpec (TLS 1.2 and older), so that its records can't be read. */
  isProtected = false;
  hasEnded = false;
  bytes = 0;
  /** Whether the last complete record was an alert, or in TLS 1.3 is as long as an encrypted one. */
  endsWithAlert = false;
  /** Whether record boundaries are lost. */
  isUnreadable = false;
  // There only while they hold part of something: most connections are idle most of the time, and a reader also keeps
  // its last chunk alive.
  #records: RecordReader | undefined;
  #messages: HandshakeReader | undefined;

  /** Calls `take` for each record that is complete now. Throws what {@link RecordReader} throws. */
  readRecords(chunk: Uint8Array, take: (record: TlsRecord) => void): void {
    // What application data says is nobody's business here; it is counted, and not kept.
    const records = this.#records ?? new RecordReader({ skipApplicationData: true });
    for (const record of records.push(chunk)) take(record);
    this.#records = records.pendingBytes > 0 ? records : undefined;
  }

  /** Calls `take` for each handshake message that is complete now. Throws what {@link HandshakeReader} throws. */
  readMessages(fragment: Uint8Array, maxMessageBytes: number, take: (frame: HandshakeFrame) => void): void {
    const messages = this.#messages ?? new HandshakeReader({ maxMessageBytes });
    for (const frame of messages.push(fragment)) take(frame);
    this.#messages = messages.pendingBytes > 0 ? messages : undefined;
  }

  /** Bytes of a handshake message that is not complete. */
  get pendingMessageBytes(): number {
    return this.#messages?.pendingBytes ?? 0;
  }

  /** Bytes of a record that is not complete. */
  get pendingRecordBytes(): number {
    return this.#records?.pendingBytes ?? 0;
  }

  /** Bytes of both. */
  get pendingBytes(): number {
    return this.pendingMessageBytes + this.pendingRecordBytes;
  }

  /** Record boundaries are lost: nothing more will be read. */
  drop(): void {
    this.isUnreadable = true;
    this.#records = undefined;
    this.#messages = undefined;
  }

  /** Message boundaries are lost, record boundaries are not. */
  dropMessages(): void {
    this.#messages = undefined;
  }

  /** What follows is encrypted. */
  protect(): void {
    this.isProtected = true;
    this.dropMessages();
  }
}

/** Both directions of a connection. */
export type Flows = Readonly<Record<Side, Flow>>;
