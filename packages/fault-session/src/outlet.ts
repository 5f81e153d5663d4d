/** What goes to one peer, on its way out: a fault of the connection's bytes, then a hold, then the carrier. */
import type { FaultMachine, StreamAction } from "@faultwire/fault-engine";
import type { Carrier, EndKind } from "./carrier.ts";
import type { Side } from "./events.ts";

type Told = (isGone: boolean) => void;

/** What waits behind a hold: bytes, or somebody who wants to know when those before have gone. */
type Kept =
  | { readonly bytes: Uint8Array; readonly canWait: boolean }
  | { readonly what: "sent" | "ended"; readonly told: Told };

export class Outlet {
  readonly #to: Side;
  readonly #carrier: Carrier;
  readonly #broken: (how: EndKind) => void;
  #machine: FaultMachine | undefined;
  /** Nothing goes before this moment. */
  #openAtMs = Number.NEGATIVE_INFINITY;
  /** What waits for it. */
  #kept: Kept[] = [];
  #keptBytes = 0;
  /** Who wants to know when what the machine still holds has gone. */
  #waiters: { readonly what: "sent" | "ended"; readonly told: Told }[] = [];
  /** The end that was asked for, and waits for what goes before it. */
  #end: EndKind | undefined;
  #hasEnded = false;
  #isForgotten = false;
  /** The fault of the bytes has ended the connection at a point of this direction. */
  #isBroken = false;

  /** @param broken - Told when the fault of this direction's bytes ends the connection. */
  constructor(to: Side, carrier: Carrier, broken: (how: EndKind) => void) {
    this.#to = to;
    this.#carrier = carrier;
    this.#broken = broken;
  }

  /** Whether nothing goes to this peer any more, now or once what waits has gone. */
  get isClosed(): boolean {
    return this.#end !== undefined || this.#hasEnded || this.#isBroken;
  }

  /** Whether nothing has happened here that a new outlet would not do the same way. */
  get isClear(): boolean {
    const waits = this.#kept.length + this.#waiters.length > 0;
    return !waits && !this.#machine && !this.isClosed && !this.#isForgotten && this.heldUntilMs === undefined;
  }

  /** Whether a fault works on the bytes that go to this peer. */
  get hasMachine(): boolean {
    return this.#machine !== undefined;
  }

  /** Until when nothing goes to this peer (for ever is `Infinity`); undefined while nothing holds it back. */
  get heldUntilMs(): number | undefined {
    return this.#openAtMs > this.#carrier.now() ? this.#openAtMs : undefined;
  }

  /** Whether something waits for this peer that will never go. */
  get isMute(): boolean {
    if (this.#hasEnded) return false;
    if (this.#openAtMs === Number.POSITIVE_INFINITY) return this.#kept.length > 0 || this.#end !== undefined;
    return this.isScheduled && this.#machine?.wakeAtMs === undefined;
  }

  /** Bytes that wait, in the fault's machine and behind the hold. */
  get pendingBytes(): number {
    return this.#keptBytes + (this.#machine?.pendingBytes ?? 0);
  }

  /** Whether what waits goes at times that nothing a peer may still say can change. */
  get isScheduled(): boolean {
    return this.#machine !== undefined && this.#machine.pendingBytes > 0;
  }

  get wakeAtMs(): number | undefined {
    if (this.#hasEnded) return undefined;
    const machine = this.#machine?.wakeAtMs ?? Number.POSITIVE_INFINITY;
    // An end that waits for the machine's bytes comes when the machine is woken.
    const isWaited = this.#kept.length > 0 || (this.#end !== undefined && !this.isScheduled);
    const at = Math.min(machine, isWaited ? this.#openAtMs : Number.POSITIVE_INFINITY);
    return Number.isFinite(at) ? at : undefined;
  }

  send(bytes: Uint8Array, canWait = false): void {
    if (bytes.length === 0 || this.isClosed) return;
    if (this.#machine) this.#perform(this.#machine.push(new Uint8Array(bytes), this.#carrier.now()));
    else this.#put(bytes, canWait);
  }

  /** As {@link Carrier.whenGone}. */
  whenGone(what: "sent" | "ended", told: Told): void {
    if (this.#isForgotten) return;
    if ((this.#machine?.pendingBytes ?? 0) > 0) this.#waiters.push({ what, told });
    else if (this.#kept.length > 0) this.#kept.push({ what, told });
    else this.#carrier.whenGone(this.#to, what, told);
  }

  /** The peer's connection ends behind what waits for it. */
  end(how: EndKind): void {
    if (this.#end !== undefined || this.#hasEnded) return;
    this.#end = how;
    this.#settle();
  }

  /** The peer's connection ends now; what waits goes nowhere. */
  cut(how: EndKind): void {
    if (this.#hasEnded) return;
    this.#drop();
    this.#finish(how, true);
  }

  /** The peer's connection broke: nothing can go to it any more, and nobody is told that it has. */
  forget(): void {
    this.#drop();
    this.#hasEnded = true;
    this.#isForgotten = true;
  }

  /** Nothing goes to this peer for so long; `null` is for ever. */
  hold(ms: number | null): void {
    const until = ms === null ? Number.POSITIVE_INFINITY : this.#carrier.now() + ms;
    this.#openAtMs = Math.max(this.#openAtMs, until);
  }

  /** From now on the bytes go through this machine. */
  setMachine(machine: FaultMachine): void {
    this.#machine = machine;
  }

  /** The bytes go through no machine any more; what it holds goes at once. */
  clearMachine(): void {
    const machine = this.#machine;
    this.#machine = undefined;
    if (machine) this.#perform(machine.wake(Number.POSITIVE_INFINITY));
    this.#settle();
  }

  /** Lets go of everything that waits: for a shutdown. */
  release(): void {
    this.#openAtMs = Number.NEGATIVE_INFINITY;
    this.clearMachine();
  }

  wake(nowMs: number): void {
    const machine = this.#machine;
    if (machine?.wakeAtMs !== undefined && machine.wakeAtMs <= nowMs) this.#perform(machine.wake(nowMs));
    this.#settle();
  }

  #perform(actions: readonly StreamAction[]): void {
    for (const action of actions) {
      if (this.#hasEnded) return;
      if (action.kind === "bytes") this.#put(action.bytes, false);
      else if (action.kind !== "end") {
        this.#isBroken = true;
        this.#broken(action.kind === "close" ? "fin" : "reset");
      }
    }
  }

  #put(bytes: Uint8Array, canWait: boolean): void {
    if (this.#kept.length === 0 && this.#openAtMs <= this.#carrier.now()) {
      this.#carrier.send(this.#to, bytes, canWait);
      return;
    }
    // Copied, because the memory that it came in may be used again; not by `slice`, which copies nothing of a Buffer.
    this.#kept.push({ bytes: new Uint8Array(bytes), canWait });
    this.#keptBytes += bytes.length;
  }

  /** Sends what is due, and ends behind it. */
  #settle(): void {
    if (this.#hasEnded || this.#openAtMs > this.#carrier.now()) return;
    const kept = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    for (const each of kept) {
      if ("bytes" in each) this.#carrier.send(this.#to, each.bytes, each.canWait);
      else this.#carrier.whenGone(this.#to, each.what, each.told);
    }
    if ((this.#machine?.pendingBytes ?? 0) === 0)
      for (const { what, told } of this.#waiters.splice(0)) this.#carrier.whenGone(this.#to, what, told);
    if (this.#end !== undefined && (this.#machine?.pendingBytes ?? 0) === 0) this.#finish(this.#end, false);
  }

  #drop(): void {
    this.#machine = undefined;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#waiters = [];
  }

  #finish(how: EndKind, isUrgent: boolean): void {
    this.#hasEnded = true;
    this.#end = how;
    this.#carrier.end(this.#to, how, { isUrgent });
  }
}
