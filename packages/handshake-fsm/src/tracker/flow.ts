import { HandshakeReader, RecordReader } from "@faultwire/tls-parser";

/** One direction of a connection, as a {@link HandshakeTracker} reads it. */
export class Flow {
  /** Whether this side has sent its ChangeCipherSpec (TLS 1.2 and older), so that its records can't be read. */
  isProtected = false;
  hasEnded = false;
  bytes = 0;
  /** Whether record boundaries are lost. */
  isUnreadable = false;
  // Made when they are needed and let go afterwards: most of a connection's life needs neither.
  #records: RecordReader | undefined;
  #messages: HandshakeReader | undefined;

  get records(): RecordReader {
    // What application data says is nobody's business here; it is counted, and not kept.
    this.#records ??= new RecordReader({ skipApplicationData: true });
    return this.#records;
  }

  messages(maxMessageBytes: number): HandshakeReader {
    this.#messages ??= new HandshakeReader({ maxMessageBytes });
    return this.#messages;
  }

  /** Bytes of a handshake message that is not complete. */
  get pendingMessageBytes(): number {
    return this.#messages?.pendingBytes ?? 0;
  }

  /** Bytes of a record that is not complete. */
  get pendingRecordBytes(): number {
    return this.#records?.pendingBytes ?? 0;
  }

  /** No handshake message will come that can be read. */
  dropMessages(): void {
    this.#messages = undefined;
  }
}
