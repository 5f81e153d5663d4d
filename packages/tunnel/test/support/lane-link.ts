/**
 * Two lanes in the reference host's own copy loops, in memory. Calls and answers take a time of their own on their way, in
 * order on each of the two connections, so they cross in all ways that a real host and a busy machine let them.
 */
import { close, hostLimits, passThrough, replace, swallow } from "@faultwire/fault-protocol";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import {
  type SimulatedCall,
  type SimulatedPlugin,
  SimulatedTunnel,
  type TunnelEnd,
} from "../../../fault-host/test/support/simulated-tunnel.ts";
import { HostPace } from "../../src/host-pace.ts";
import { Lane } from "../../src/lane/lane.ts";
import type { LaneNews } from "../../src/lane/lane-calls.ts";
import type { TimedPart } from "../../src/timed-parts.ts";

/** Turns of the host in a millisecond of the clock. */
export const turnsPerMs = 10;

type Answer = Parameters<SimulatedPlugin>[1];

/** What a direction's source says: byte number `at`. */
export const byteAt = (at: number): number => (at * 31 + (at >> 8) * 7 + 11) & 255;

export const bytesFrom = (at: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => byteAt(at + index));

export interface LaneLinkOptions {
  /** How many turns the next call or answer takes. */
  readonly delayTurns: () => number;
  /** How many bytes are sure to follow behind so many of a source; 0 where nothing is known. */
  readonly sureBytes: (from: TunnelEnd, said: number) => number;
  /** Splits a read call's bytes into parts with times, or does not. */
  readonly parts?: (from: TunnelEnd, bytes: Uint8Array, nowMs: number) => readonly TimedPart[] | undefined;
  /** Whether the direction ends behind so many bytes of a source. */
  readonly isEnd?: (from: TunnelEnd, said: number) => boolean;
}

const other = (end: TunnelEnd): TunnelEnd => (end === "client" ? "server" : "client");

export class LaneLink {
  readonly timers: ManualTimers = manualTimers(1000);
  readonly news: LaneNews[] = [];
  readonly host: SimulatedTunnel;
  readonly lanes: Readonly<Record<TunnelEnd, Lane>>;
  /** Bytes that the lanes were shown, by the source. */
  readonly said: Record<TunnelEnd, number> = { client: 0, server: 0 };
  readonly #options: LaneLinkOptions;
  readonly #ended: Record<TunnelEnd, boolean> = { client: false, server: false };
  #turn = 0;
  #due: { readonly at: number; readonly act: () => void }[] = [];
  readonly #lastDue = new Map<string, number>();

  constructor(options: LaneLinkOptions) {
    this.#options = options;
    const pace = new HostPace();
    const make = (from: TunnelEnd): Lane =>
      new Lane(
        {
          timers: this.timers,
          pace,
          isPairProven: () => this.lanes.client.isProven || this.lanes.server.isProven,
          opposite: () => this.lanes[other(from)],
        },
        (news) => this.news.push(news),
      );
    this.lanes = { client: make("client"), server: make("server") };
    this.host = new SimulatedTunnel(["client", "server"], (call, reply) => {
      this.#later(`${call.side} calls`, () =>
        this.#handle(call, (response) => this.#later(`${call.side} answers`, () => reply(response))),
      );
      return () => {};
    });
  }

  /** What a peer has got. */
  got(to: TunnelEnd): Uint8Array {
    return Buffer.concat(this.host[to].writes);
  }

  gotBytes(to: TunnelEnd): number {
    return this.host[to].writes.reduce((sum, { length }) => sum + length, 0);
  }

  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      for (let turn = 0; turn < turnsPerMs; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        this.#turn++;
        const due = this.#due.filter(({ at: when }) => when <= this.#turn);
        this.#due = this.#due.filter(({ at: when }) => when > this.#turn);
        for (const { act } of due) act();
      }
      this.timers.advance(1);
    }
  }

  /** Runs until that is so, for so many milliseconds at the most. */
  async until(isSo: () => boolean, maxMs: number): Promise<void> {
    for (let ms = 0; ms < maxMs && !isSo(); ms++) await this.run(1);
  }

  close(): void {
    this.host.stop();
    this.lanes.client.end();
    this.lanes.server.end();
  }

  /** On a connection nothing overtakes. */
  #later(connection: string, act: () => void): void {
    const at = Math.max(this.#lastDue.get(connection) ?? 0, this.#turn + this.#options.delayTurns());
    this.#lastDue.set(connection, at);
    this.#due.push({ at, act });
  }

  #handle({ side, kind, chunk }: SimulatedCall, reply: Answer): void {
    if (kind === "write") {
      const lane = this.lanes[other(side)];
      if (!lane.expectsEcho) throw new Error("a write call that nothing was answered for");
      lane.write(chunk, {
        release: () => reply(passThrough()),
        replace: (bytes) => reply(replace(bytes)),
        refuse: () => reply(close("refused")),
      });
      return;
    }
    const lane = this.lanes[side];
    this.lanes[other(side)].receiverSpoke();
    const held = {
      forward: (bytes: Uint8Array) => reply(replace(bytes)),
      swallow: () => reply(swallow()),
      close: (reason: string) => reply(close(reason)),
    };
    if (this.#ended[side]) {
      lane.close("over", held);
      return;
    }
    const { parts, isEnd, sureBytes } = this.#options;
    this.said[side] += chunk.length;
    const isLast = isEnd?.(side, this.said[side]) ?? false;
    if (isLast) this.#ended[side] = true;
    const isProven = this.lanes.client.isProven || this.lanes.server.isProven;
    const timed = isProven ? parts?.(side, chunk, this.timers.now()) : undefined;
    if (timed) lane.drip(timed, held);
    else
      lane.read(chunk, held, {
        sureBytes: isLast ? 0 : sureBytes(side, this.said[side]),
        isLikely: !isLast && chunk.length >= hostLimits.maxReadChunkBytes,
      });
  }
}
