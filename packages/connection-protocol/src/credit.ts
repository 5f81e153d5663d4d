/** Credit: how many bytes one end may send to the other for one peer, so that neither holds more than it said. */
import { connectionLimits } from "./connection-limits.ts";
import { ConnectionProtocolError } from "./connection-protocol-error.ts";

/**
 * Holds the credit that an end says against the limits.
 *
 * @throws ConnectionProtocolError `bad-message`
 *
 * @example
 * ```ts
 * const credit = checkFirstCredit(message.creditBytes);
 * ```
 */
export function checkFirstCredit(creditBytes: number): number {
  const { minCreditBytes, maxCreditBytes } = connectionLimits;
  if (creditBytes < minCreditBytes || creditBytes > maxCreditBytes)
    throw new ConnectionProtocolError(
      "bad-message",
      `credit_bytes is ${creditBytes}; from ${minCreditBytes} to ${maxCreditBytes} expected`,
    );
  return creditBytes;
}

/** Sends one peer's bytes to the other end as far as there is credit. What can't go yet waits here, in order. */
export class CreditSender {
  readonly #send: (bytes: Uint8Array) => void;
  #creditBytes: number;
  #waiting: (Uint8Array | (() => void))[] = [];
  #waitingBytes = 0;
  #unacknowledgedBytes = 0;

  /**
   * @param creditBytes - What the other end takes at the beginning.
   * @param send - Sends a piece, of `connectionLimits.maxBytes` at the most.
   */
  constructor(creditBytes: number, send: (bytes: Uint8Array) => void) {
    this.#creditBytes = creditBytes;
    this.#send = send;
  }

  /** Bytes that may be sent now. */
  get creditBytes(): number {
    return this.#creditBytes;
  }
  /** Bytes that wait for credit. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }
  /** Bytes that were sent, and for which no new credit has come: the other end may still hold them. */
  get unacknowledgedBytes(): number {
    return this.#unacknowledgedBytes;
  }

  /** Sends bytes behind those before. The memory is this end's until it is sent. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#flush();
  }

  /** Does something behind all bytes that were written so far. */
  behind(act: () => void): void {
    this.#waiting.push(act);
    this.#flush();
  }

  /** Takes credit of the other end. @throws ConnectionProtocolError `bad-message` */
  grant(bytes: number): void {
    const { maxCreditBytes } = connectionLimits;
    if (bytes === 0 || this.#creditBytes + bytes > maxCreditBytes)
      throw new ConnectionProtocolError(
        "bad-message",
        `credit of ${bytes} bytes beside ${this.#creditBytes} that are unused; from 1 to ${maxCreditBytes} together expected`,
      );
    this.#creditBytes += bytes;
    this.#unacknowledgedBytes = Math.max(0, this.#unacknowledgedBytes - bytes);
    this.#flush();
  }

  /** Forgets all that waits: nothing goes to that peer any more. */
  forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#unacknowledgedBytes = 0;
  }

  #flush(): void {
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      if (typeof next === "function") {
        this.#waiting.shift();
        next();
        continue;
      }
      const size = Math.min(next.length, this.#creditBytes, connectionLimits.maxBytes);
      if (size === 0) return;
      if (size === next.length) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(size);
      this.#waitingBytes -= size;
      this.#creditBytes -= size;
      this.#unacknowledgedBytes += size;
      this.#send(next.subarray(0, size));
    }
  }
}

/** Counts one peer's bytes that the other end sends against the credit that it was given, and gives it more. */
export class CreditReceiver {
  readonly #windowBytes: number;
  readonly #grant: (bytes: number) => void;
  /** What may still come. */
  #leftBytes: number;
  #heldBytes = 0;
  /** Bytes that are done, and for which no credit was given yet. */
  #doneBytes = 0;

  /** @param grant - Tells the other end that it may send so many bytes more. */
  constructor(windowBytes: number, grant: (bytes: number) => void) {
    this.#windowBytes = windowBytes;
    this.#leftBytes = windowBytes;
    this.#grant = grant;
  }

  /** Bytes that have come and are not done. Never more than the window. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes have come. @throws ConnectionProtocolError `credit-exceeded` */
  take(bytes: number): void {
    if (bytes > this.#leftBytes)
      throw new ConnectionProtocolError(
        "credit-exceeded",
        `${bytes} bytes came where there was credit for ${this.#leftBytes}`,
      );
    this.#leftBytes -= bytes;
    this.#heldBytes += bytes;
  }

  /**
   * Bytes that have come are held no more. Credit is given a quarter of the window at a time: so the other end always has
   * three quarters of it to send with, or there are bytes here that will bring it more.
   */
  done(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#doneBytes += bytes;
    if (this.#doneBytes < this.#windowBytes / 4) return;
    const more = this.#doneBytes;
    this.#doneBytes = 0;
    this.#leftBytes += more;
    this.#grant(more);
  }
}
