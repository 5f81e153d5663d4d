/** A host that loses nothing and one tunnel in it: what peers say goes in, what each of them gets is collected. */
import { hostLimits } from "@faultwire/fault-protocol";
import type { EndKind, Side } from "@faultwire/fault-session";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import type { Link } from "../../../fault-session/test/support/link.ts";
import { type TunnelEvent, Tunnels, type TunnelsOptions } from "../../src/index.ts";

export interface TunnelProbeOptions extends Partial<TunnelsOptions> {
  readonly sides?: readonly Side[];
  /** The sides that the host has wrapped for this tunnel, where those are not the registered ones. */
  readonly wraps?: readonly Side[];
  /** The host's id of the tunnel; `t` unless given. */
  readonly id?: string;
  /** It is another tunnel of the same host as this one's. */
  readonly beside?: TunnelProbe | undefined;
}

const other = (side: Side): Side => (side === "client" ? "server" : "client");
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export class TunnelProbe implements Link {
  readonly timers: ManualTimers;
  readonly tunnels: Tunnels;
  readonly events: TunnelEvent[];
  readonly #id: string;
  /** Directions that have ended, by who says the bytes. */
  readonly ended = new Set<Side>();
  readonly #sides: readonly Side[];
  readonly #got: Record<Side, Uint8Array[]> = { client: [], server: [] };
  readonly #writes: Record<Side, number[]> = { client: [], server: [] };
  readonly #queues: Record<Side, Uint8Array[]> = { client: [], server: [] };
  readonly #buffers: Record<Side, Uint8Array> = { client: new Uint8Array(0), server: new Uint8Array(0) };
  readonly #isOffering: Record<Side, boolean> = { client: false, server: false };
  readonly #hasEnded: Record<Side, boolean> = { client: false, server: false };
  readonly #inHand: Record<Side, boolean> = { client: false, server: false };
  readonly #isReading: Record<Side, boolean> = { client: false, server: false };

  constructor(options: TunnelProbeOptions & Pick<TunnelsOptions, "policy">) {
    const { sides = ["server", "client"], wraps = sides, id = "t", beside, ...rest } = options;
    this.#sides = wraps;
    this.#id = id;
    this.timers = beside?.timers ?? manualTimers();
    this.events = beside?.events ?? [];
    this.tunnels =
      beside?.tunnels ??
      new Tunnels({
        timers: this.timers,
        userAgent: "faultwire/test",
        registeredSides: () => sides,
        onEvent: (event) => this.events.push(event),
        ...rest,
      });
  }

  /** A peer says something; the host reads it in chunks of so many bytes. */
  says(from: Side, bytes: Uint8Array | string, chunkBytes: number = hostLimits.maxReadChunkBytes): void {
    const all = typeof bytes === "string" ? ascii(bytes) : bytes;
    for (let at = 0; at < all.length; at += chunkBytes)
      this.#queues[from].push(all.subarray(at, at + chunkBytes));
    this.#read(from);
  }

  /** A peer ends its stream: the other one's ends when everything before has gone on, unless a call is in hand. */
  ends(from: Side): void {
    this.#hasEnded[from] = true;
    this.#read(from);
  }

  /** What a peer has got so far. */
  got(side: Side): Uint8Array {
    // It is asked for each millisecond.
    if (this.#got[side].length !== 1) this.#got[side] = [concatBytes(this.#got[side])];
    return this.#got[side][0]!;
  }

  /** How many writes a peer has got, what was taken included, and of how many bytes. */
  writeSizes(side: Side): readonly number[] {
    return this.#writes[side];
  }
  writes(side: Side): number {
    return this.#writes[side].length;
  }

  /** A direction that ends gives its other end a FIN. */
  endOf(to: Side): EndKind | undefined {
    return this.ended.has(other(to)) ? "fin" : undefined;
  }

  close(): void {
    this.tunnels.close();
  }
  get remains(): number {
    return this.timers.armed + this.tunnels.size;
  }

  /** The same as text, and taken. */
  take(side: Side): string {
    const text = Buffer.from(this.got(side)).toString("latin1");
    this.#got[side] = [];
    return text;
  }

  /** The host waits for the answer to a read call of this direction. */
  isHeld(from: Side): boolean {
    return this.#inHand[from];
  }

  /** Lets time pass, a millisecond at a time, and everything that is under way in between. */
  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      this.timers.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Waits until a peer has got something that satisfies. */
  async until(side: Side, satisfies: (bytes: Uint8Array) => boolean): Promise<void> {
    for (let turn = 0; turn < 5000; turn++) {
      if (satisfies(this.got(side))) return;
      await this.run(1);
    }
    throw new Error(`the ${side} never got it: ${this.got(side).length} bytes`);
  }

  /** Reads on, as long as calls are answered at once; not by recursion, for a peer may say ten thousand chunks. */
  #read(from: Side): void {
    if (this.#isReading[from]) return;
    this.#isReading[from] = true;
    while (this.#readOnce(from));
    this.#isReading[from] = false;
  }

  #readOnce(from: Side): boolean {
    if (this.#inHand[from] || this.ended.has(from)) return false;
    const chunk = this.#queues[from].shift();
    if (!chunk) {
      if (this.#hasEnded[from] && this.#buffers[from].length === 0) this.ended.add(from);
      return false;
    }
    if (!this.#sides.includes(from)) {
      this.#write(from, chunk);
      return true;
    }
    this.#inHand[from] = true;
    this.tunnels.handle({ id: this.#id, side: from, kind: "read", chunk }, ({ action }) => {
      this.#inHand[from] = false;
      if (action.case === "close") this.ended.add(from);
      else if (action.case === "replace") this.#write(from, action.value.modifiedChunk);
      this.#read(from);
    });
    return true;
  }

  /** Puts bytes behind those that are to be written already, and offers what is there. */
  #write(from: Side, bytes: Uint8Array): void {
    this.#buffers[from] = concatBytes([this.#buffers[from], bytes]);
    this.#offer(from);
  }

  #offer(from: Side): void {
    const buffer = this.#buffers[from];
    if (this.#isOffering[from] || buffer.length === 0 || this.ended.has(from)) return;
    const to = other(from);
    if (!this.#sides.includes(to)) {
      this.#got[to].push(buffer);
      this.#buffers[from] = new Uint8Array(0);
      return;
    }
    const chunk = buffer.subarray(0, hostLimits.maxWriteChunkBytes);
    this.#isOffering[from] = true;
    this.tunnels.handle({ id: this.#id, side: to, kind: "write", chunk }, ({ action }) => {
      this.#isOffering[from] = false;
      if (action.case === "close") {
        this.ended.add(from);
        return;
      }
      const written = action.case === "replace" ? action.value.modifiedChunk : chunk;
      if (written.length > 0) {
        this.#got[to].push(written);
        this.#writes[to].push(written.length);
        this.#buffers[from] = this.#buffers[from].subarray(chunk.length);
        this.#read(from);
      }
      queueMicrotask(() => this.#offer(from));
    });
  }
}
