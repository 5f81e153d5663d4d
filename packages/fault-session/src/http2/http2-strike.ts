import type { Http2Fault } from "@faultwire/fault-engine";
import { type BodyPoint, pointOf } from "./stream-point.ts";

/** A fault of HTTP/2 that was decided for a request, and how far it has come. */
export class Http2Strike {
  readonly fault: Http2Fault;
  #point: BodyPoint | null = null;
  /** It was carried out. */
  isDone = false;
  /** Why it was not, where that is known. */
  undoneReason: string | null = null;
  /** It goes on when its request is over, so that the end of the request does not make it undone. */
  readonly outlivesRequest: boolean;
  /** What comes behind the point, while the client has not got what comes before; `null` where nothing waits. */
  held: Uint8Array[] | null = null;
  heldBytes = 0;
  /** The response has ended behind what is held. */
  isEndHeld = false;

  constructor(fault: Http2Fault) {
    this.fault = fault;
    this.outlivesRequest = fault.kind === "http2.ping";
  }

  /** Where it strikes in the response's body, while that point has not come. */
  get point(): BodyPoint | null {
    return this.#point;
  }

  set point(point: BodyPoint | null) {
    this.#point?.close();
    this.#point = point;
  }

  /** Whether it has to read the response's events, which must not be compressed then. */
  get readsEvents(): boolean {
    return pointOf(this.fault)?.kind === "events";
  }

  /** Keeps what comes behind the point. */
  hold(data: Uint8Array): void {
    this.held ??= [];
    if (data.length === 0) return;
    this.held.push(data);
    this.heldBytes += data.length;
  }

  /** Gives back what was kept. */
  letGo(): readonly Uint8Array[] {
    const { held } = this;
    this.held = null;
    this.heldBytes = 0;
    return held ?? [];
  }
}
