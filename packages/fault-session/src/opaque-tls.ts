/** TLS that stays closed, on a carrier that has both peers: every byte passes, up to the moment of a fault. */

import { type EndKind, otherSide } from "./carrier.ts";
import type { Side } from "./events.ts";
import { type Acquaintance, meetTls } from "./introduction.ts";
import type { Part, PartContext } from "./part.ts";
import { passesUnread, type SessionAtRest } from "./session-rest.ts";
import { TlsFollower } from "./tls-follower.ts";
import { strikeOf } from "./tls-strike.ts";

export class OpaqueTls implements Part {
  readonly #context: PartContext;
  readonly #follower: TlsFollower;
  #hasChanged = false;
  /** Bytes were kept back and nothing else was done: once they have gone, it is a connection like any other. */
  #hasOnlyHeld = false;
  /** The client's connection has ended: what still comes goes nowhere. */
  #isOver = false;

  /** @param met - Where the connection was introduced before. */
  constructor(context: PartContext, met?: Acquaintance) {
    this.#context = context;
    this.#follower = new TlsFollower({
      now: context.now,
      tell: context.tell,
      unread: context.unread,
      meet: (hello) => {
        const acquaintance = met ?? meetTls(context, hello, "opaque");
        const { decision } = acquaintance ?? {};
        if (!acquaintance || !decision) return { met: acquaintance, strike: undefined };
        const strike = strikeOf(decision.fault);
        if (typeof strike === "string") acquaintance.outcome(strike);
        else if (strike === null) context.faultBytes(decision, acquaintance);
        return { met: acquaintance, strike: typeof strike === "object" ? (strike ?? undefined) : undefined };
      },
      established: (known) => {
        if (known?.decision?.fault.kind === "tls.handshake-slow") context.leaveBytes();
      },
    });
  }

  heldBytes(from: Side): number {
    return from === "client" ? this.#follower.pendingBytes : 0;
  }

  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  get isFollowing(): boolean {
    return !this.#follower.isOver && !this.#follower.isWaiting && !this.#hasChanged;
  }

  get atRest(): SessionAtRest | undefined {
    const { met, isOver } = this.#follower;
    const isTold = !met?.decision || met.isTold;
    const isAsSaid = !this.#hasChanged || this.#hasOnlyHeld;
    return isOver && isTold && isAsSaid && !this.#isOver ? passesUnread : undefined;
  }

  receive(from: Side, chunk: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#follower.isOver) {
      this.#context.send(otherSide(from), chunk);
      return;
    }
    const reached = this.#follower.see(from, chunk);
    if (!reached) {
      this.#context.send(otherSide(from), chunk);
      return;
    }
    const { strike, recordEnd } = reached;
    this.#hasChanged = true;
    switch (strike.act.kind) {
      case "hold":
        this.#hasOnlyHeld = true;
        this.#follower.met?.outcome(null);
        // A request that is held does not arrive; everything else is held on its way to the client.
        this.#context.hold(strike.at === "request" ? "server" : "client", strike.act.ms);
        this.#context.send(otherSide(from), chunk);
        return;
      case "alert":
        this.#context.send("client", strike.act.bytes);
        this.#end("fin", "sent");
        return;
      case "end":
        // The handshake's last message still arrives; what came along with it does not.
        if (strike.at === "established")
          this.#context.send(otherSide(from), chunk.subarray(0, Math.max(0, recordEnd)));
        this.#end(strike.act.how, "ended");
        return;
      default:
        strike.act satisfies never;
    }
  }

  ended(from: Side, how: EndKind): void {
    this.#context.end(otherSide(from), how);
  }

  finish(): void {
    this.#follower.finish();
  }

  #end(how: EndKind, what: "sent" | "ended"): void {
    this.#isOver = true;
    const { met } = this.#follower;
    this.#context.endClient(how);
    // An alert tells the client by itself; otherwise the end does.
    this.#context.whenGone("client", what, (isGone) =>
      met?.outcome(isGone ? null : this.#context.unsentReason),
    );
  }
}
