/** A line to an upstream whose responses are read on their way; the class below says what becomes of their heads. */

import {
  type InterimResponse,
  LENIENT_RESPONSES,
  type ResponseHead,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import { type LineEars, WrappedLine } from "@faultwire/lines";

/** Requests that wait for their responses. */
const maxOutstandingRequests = 2048;

export abstract class ResponseLine extends WrappedLine {
  readonly #responses = new ResponseReader({ maxOutstandingRequests }, LENIENT_RESPONSES);
  #isRead = true;
  /** The class below has refused a response: nothing of this upstream is wanted any more. */
  #isDeaf = false;

  /**
   * A head has come.
   *
   * @returns What goes on in its place; `undefined` where the response is refused, which this method then has told.
   */
  protected abstract answered(head: ResponseHead | InterimResponse): Uint8Array | undefined;

  /** Whether responses are still read: it is HTTP, as far as can be told. */
  protected get isRead(): boolean {
    return this.#isRead;
  }

  /** A request goes out. What was asked tells how an answer is read: one to HEAD has no body. */
  protected asks(method: string): void {
    this.#responses.expect(method);
  }

  override listen(ears: LineEars): void {
    this.line.listen({
      ...ears,
      data: (bytes) => this.#heard(bytes, ears),
      ended: (how) => {
        if (this.#isDeaf) return;
        // What is no whole head goes on as it came.
        if (this.#isRead) this.#pass(this.#responses.finish(), ears);
        this.#isRead = false;
        ears.ended(how);
      },
    });
  }

  #heard(bytes: Uint8Array, ears: LineEars): void {
    if (this.#isDeaf) return;
    if (!this.#isRead) {
      ears.data(bytes);
      return;
    }
    for (const item of this.#responses.push(bytes)) {
      const isHead = item.kind === "head" || item.kind === "interim";
      const said = isHead ? this.answered(item) : item.bytes;
      if (said === undefined) {
        this.#isDeaf = true;
        return;
      }
      if (said.length > 0) ears.data(said);
      if (isLast(item)) this.#stop(ears);
    }
  }

  /** It is HTTP no more, or can't be read: all that comes goes on as it is. */
  #stop(ears: LineEars): void {
    if (!this.#isRead) return;
    this.#isRead = false;
    this.#pass(this.#responses.becomeOpaque(), ears);
  }

  #pass(items: readonly ResponseItem[], ears: LineEars): void {
    for (const { bytes } of items) if (bytes.length > 0) ears.data(bytes);
  }
}

/** Whether nothing behind it is a response. */
function isLast(item: ResponseItem): boolean {
  if (item.kind === "interim") return item.status === 101;
  return item.kind === "malformed" || item.kind === "opaque";
}
