/** Counts the responses that go to a client, so that it is known when an upstream has answered all that it was asked. */
import { LENIENT_RESPONSES, type RequestHead, type ResponseItem, ResponseReader } from "@faultwire/http1";

/** Requests of one client that wait for their responses at one upstream. */
const maxOutstandingRequests = 2048;

export class ResponseWatch {
  readonly #reader = new ResponseReader({ maxOutstandingRequests }, LENIENT_RESPONSES);
  #outstanding = 0;
  #hasBegun = false;
  #isUpgraded = false;
  #isLost = false;

  /** Requests that are not answered yet. */
  get outstanding(): number {
    return this.#outstanding;
  }
  /** Whether a part of a response has gone to the client, and not all of it. */
  get hasBegun(): boolean {
    return this.#hasBegun || this.#reader.pendingBytes > 0;
  }
  /** Whether it is HTTP no more, by agreement of both. */
  get isUpgraded(): boolean {
    return this.#isUpgraded;
  }
  /** Whether responses can't be told from each other any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  expect({ method }: RequestHead): void {
    this.#outstanding++;
    this.#reader.expect(method);
  }

  saw(bytes: Uint8Array): void {
    if (this.#isLost || this.#isUpgraded) return;
    for (const item of this.#reader.push(bytes)) this.#item(item);
  }

  #item(item: ResponseItem): void {
    if (item.kind === "head") this.#hasBegun = true;
    if (item.kind === "end") {
      this.#outstanding--;
      this.#hasBegun = false;
    }
    if (item.kind === "interim" && item.status === 101) this.#isUpgraded = true;
    else if (item.kind === "malformed" || item.kind === "opaque") this.#isLost = true;
  }
}
