import { ContentType, decodeAlert, RecordReader, type TlsRecord } from "@faultwire/tls-parser";
import { alertFailure, BridgeFailed, isFarewell, limitFailure } from "./bridge-failure.ts";
import type { BridgeSide } from "./bridge-peers.ts";
import { tlsBridgeLimits } from "./tls-bridge-limits.ts";

/** An alert that is not encrypted. */
const ALERT_BYTES = 2;

interface Waiter {
  readonly from: BridgeSide;
  resolve(record: TlsRecord): void;
  reject(reason: unknown): void;
}

/** What one peer has sent and nobody has asked for. */
class RecordQueue {
  readonly reader = new RecordReader();
  readonly records: TlsRecord[] = [];
  waitingBytes = 0;
  handshakeBytes = 0;
}

/**
 * Both peers' records, as long as the handshakes ask for them one at a time. Each is handed out in the order of its
 * peer; what comes too early waits, up to a limit.
 */
export class RecordInbox {
  readonly #queues: Readonly<Record<BridgeSide, RecordQueue>> = {
    client: new RecordQueue(),
    server: new RecordQueue(),
  };
  readonly #onWait: () => void;
  #waiter: Waiter | undefined;
  #isClosed = false;
  /** Why this peer will send nothing more. */
  readonly #lost: Partial<Record<BridgeSide, unknown>> = {};

  /** @param onWait - called whenever somebody begins to wait for a record that is not there */
  constructor(onWait: () => void) {
    this.#onWait = onWait;
  }

  /** Whether somebody waits for a record. */
  get isWaitedFor(): boolean {
    return this.#waiter !== undefined;
  }

  /** The reader of a peer's stream, for whoever goes on with it behind the handshakes. */
  reader(from: BridgeSide): RecordReader {
    return this.#queues[from].reader;
  }

  /** Bytes of that peer's records that wait. */
  waitingBytes(from: BridgeSide): number {
    return this.#queues[from].waitingBytes;
  }

  /**
   * Takes a peer's next bytes, whose memory may be used again afterwards.
   *
   * @throws {@link BridgeFailed} beyond a limit, and for an alert of the peer that nobody waits for; `TlsParseError` for
   *   what is no record
   */
  push(from: BridgeSide, bytes: Uint8Array): void {
    const queue = this.#queues[from];
    if (queue.waitingBytes + queue.reader.pendingBytes + bytes.length > tlsBridgeLimits.bufferedBytes)
      throw new BridgeFailed(limitFailure(from, "bufferedBytes"));
    // A copy, since the records wait while the caller may use his memory again.
    for (const record of queue.reader.push(Uint8Array.from(bytes))) {
      const waiter = this.#waiter;
      if (waiter?.from === from) {
        this.#waiter = undefined;
        this.#count(from, record);
        waiter.resolve(record);
        continue;
      }
      requireNoFarewell(from, record);
      if (queue.records.length >= tlsBridgeLimits.bufferedRecords)
        throw new BridgeFailed(limitFailure(from, "bufferedRecords"));
      queue.records.push(record);
      queue.waitingBytes += record.byteLength;
    }
  }

  /** A peer's next record, as soon as it is there. One caller at a time may wait. */
  async next(from: BridgeSide): Promise<TlsRecord> {
    if (this.#isClosed) throw new Error("the bridge has ended");
    const record = this.shift(from);
    if (record !== undefined) {
      this.#count(from, record);
      return record;
    }
    const lost = this.#lost[from];
    if (lost !== undefined) throw lost;
    return new Promise((resolve, reject) => {
      this.#waiter = { from, resolve, reject };
      this.#onWait();
    });
  }

  /** A peer's next record, if it is there. */
  shift(from: BridgeSide): TlsRecord | undefined {
    const queue = this.#queues[from];
    const record = queue.records.shift();
    queue.waitingBytes -= record?.byteLength ?? 0;
    return record;
  }

  /** This peer will send nothing more: whoever waits for it, now or later, is turned away with that reason. */
  lose(from: BridgeSide, reason: unknown): void {
    this.#lost[from] = reason;
    const waiter = this.#waiter;
    if (waiter?.from !== from) return;
    this.#waiter = undefined;
    waiter.reject(reason);
  }

  /** Forgets what waits; whoever waits for something is turned away. */
  close(): void {
    this.#isClosed = true;
    for (const queue of Object.values(this.#queues)) {
      queue.records.length = 0;
      queue.waitingBytes = 0;
    }
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(new Error("the bridge has ended"));
  }

  #count(from: BridgeSide, record: TlsRecord): void {
    const queue = this.#queues[from];
    queue.handshakeBytes += record.byteLength;
    if (queue.handshakeBytes > tlsBridgeLimits.handshakeBytes)
      throw new BridgeFailed(limitFailure(from, "handshakeBytes"));
  }
}

/** Nobody waits for this peer, but its farewell ends the other one's waiting. */
function requireNoFarewell(from: BridgeSide, { type, length, fragment }: TlsRecord): void {
  if (type !== ContentType.alert || length !== ALERT_BYTES) return;
  const alert = decodeAlert(fragment);
  if (isFarewell(alert)) throw new BridgeFailed(alertFailure(from, alert));
}
