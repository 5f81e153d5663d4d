/** A client's handshake with us, followed until it is told. */
import { HandshakeTracker } from "@faultwire/handshake-fsm";
import type { ClientHello } from "@faultwire/tls-parser";
import type { Side } from "./events.ts";
import type { PartContext } from "./part.ts";

/** A connection can be open and quiet for hours: what only its handshake needs is let go when that is over and told. */
export class HandshakeTelling {
  readonly #context: Pick<PartContext, "tell">;
  #tracker: HandshakeTracker | undefined;
  #hello: ClientHello | undefined;
  #isTold = false;
  #isOver = false;

  /** @param hello - Undefined for a handshake that is over and was told. */
  constructor(hello: ClientHello | undefined, context: Pick<PartContext, "tell" | "now">) {
    this.#context = context;
    this.#hello = hello;
    this.#isTold = hello === undefined;
    this.#isOver = hello === undefined;
    if (hello) this.#tracker = new HandshakeTracker({ now: context.now });
  }

  /** The client's, until the handshake is over and told. */
  get hello(): ClientHello | undefined {
    return this.#hello;
  }

  /** Whether nothing of the handshake is left to be told. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The handshake is over: what is spoken inside begins. */
  over(): void {
    this.#isOver = true;
    this.#forget();
  }

  /** Takes what goes over the wire between the client and us; tells of the handshake when it is established. */
  follow(from: Side, bytes: Uint8Array): void {
    if (this.#isTold || bytes.length === 0) return;
    for (const event of this.#tracker?.push(from, bytes) ?? []) if (event.kind === "established") this.tell();
  }

  /** Tells of the handshake as far as it came, once. */
  tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const tracker = this.#tracker;
    const clientHello = this.#hello;
    this.#forget();
    tracker?.end();
    if (tracker) this.#context.tell({ type: "handshake", clientHello, handshake: tracker.summary() });
  }

  #forget(): void {
    if (!this.#isTold) return;
    this.#tracker = undefined;
    if (this.#isOver) this.#hello = undefined;
  }
}
