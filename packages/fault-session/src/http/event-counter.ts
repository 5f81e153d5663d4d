/** Counts server-sent events that pass, without keeping or reading them. */
import { type Header, headerValue } from "@faultwire/http1";

const lf = 10;
const cr = 13;
const colon = 58;

/**
 * Counts the events of a stream as readers of it would: blocks that an empty line ends and that hold more than comments
 * (HTML Standard section 9.2.6). Line ends are LF, CR or both.
 */
export class EventCounter {
  #events = 0;
  #isLineEmpty = true;
  #hasField = false;
  #afterCr = false;

  /** Events that are whole so far. */
  get events(): number {
    return this.#events;
  }

  /** Takes a part of the body. */
  push(data: Uint8Array): void {
    for (const byte of data) {
      const isRestOfEnd = byte === lf && this.#afterCr;
      this.#afterCr = byte === cr;
      if (isRestOfEnd) continue;
      if (byte === lf || byte === cr) this.#endLine();
      else if (this.#isLineEmpty) {
        this.#isLineEmpty = false;
        if (byte !== colon) this.#hasField = true;
      }
    }
  }

  #endLine(): void {
    if (this.#isLineEmpty && this.#hasField) {
      this.#events++;
      this.#hasField = false;
    }
    this.#isLineEmpty = true;
  }
}

/** A counter for a response whose body is a stream of events that can be read; `undefined` for any other. */
export function eventCounterFor(headers: readonly Header[]): EventCounter | undefined {
  const isStream = /^text\/event-stream\b/i.test(headerValue(headers, "content-type") ?? "");
  const coding = headerValue(headers, "content-encoding") ?? "identity";
  return isStream && /^identity$/i.test(coding.trim()) ? new EventCounter() : undefined;
}
