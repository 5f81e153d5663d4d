/**
 * One tunnel of the host. The host's calls, on one side or on both, become two streams of bytes. A session (both sides) or
 * a conversation (one side) decides which bytes go on. The tunnel turns that into answers that the host can carry out
 * (docs/fault-host.md).
 */

import {
  close,
  hostLimits,
  type ProcessTunnelDataResponse,
  passThrough,
  replace,
  swallow,
} from "@faultwire/fault-protocol";
import {
  ConnectionSession,
  type FaultDesk,
  type FaultPolicy,
  type Interception,
  type Side,
  type TellUnread,
  unreadTeller,
} from "@faultwire/fault-session";
import { closeReason } from "./chunk-answer.ts";
import { Conversation } from "./conversation.ts";
import type { TunnelEventBody } from "./events.ts";
import type { HostPace } from "./host-pace.ts";
import { Lane, type LaneNews, type ReadReply } from "./lane.ts";
import { Outlook } from "./outlook.ts";
import { Prompter } from "./prompter.ts";
import { Ticks } from "./ticks.ts";
import type { Timers } from "./timers.ts";
import { insteadInTunnel } from "./ways.ts";

/** One call of the host. */
export interface TunnelCall {
  /** The host's id of the tunnel: the same on both sides. */
  readonly id: string;
  /** The side that the host wrapped. */
  readonly side: Side;
  /** `read`: bytes that came from that side (INGRESS). `write`: bytes about to go to it (EGRESS). */
  readonly kind: "read" | "write";
  /** The bytes. The tunnel keeps them until its answer, and on a read call longer: the memory must not be used again. */
  readonly chunk: Uint8Array;
}

/** Takes the one answer of a call. */
export type Reply = (answer: ProcessTunnelDataResponse) => void;

export interface TunnelOptions {
  readonly policy: FaultPolicy;
  readonly timers: Timers;
  /** The `user-agent` of requests that we send to the upstream ourselves. */
  readonly userAgent: string;
  /** Names of requests and budgets, which all tunnels share. */
  readonly desk: FaultDesk;
  /** How HTTPS is opened; undefined where it stays closed. */
  readonly interception: Interception | undefined;
  /** The host's pace, shared by all its tunnels. */
  readonly pace: HostPace;
  /** See {@link Lane}. */
  readonly guardMs?: number;
}

/** The peer that said a call's bytes. A read call holds bytes of its own side, a write call those of the other side. */
export function sourceOf(call: TunnelCall): Side {
  return call.kind === "read" ? call.side : other(call.side);
}

const other = (side: Side): Side => (side === "client" ? "server" : "client");

/** The longest answer that has room for filler behind it. */
const maxPaddedBytes = hostLimits.maxAnswerChunkBytes - hostLimits.maxWriteChunkBytes;

/** A tunnel whose calls come on both sides. */
interface Pair {
  readonly ticks: Ticks;
  readonly session: ConnectionSession;
}

export class Tunnel {
  readonly id: string;
  readonly createdAtMs: number;
  readonly bytesFrom: Record<Side, number> = { client: 0, server: 0 };
  readonly #options: TunnelOptions;
  readonly #tell: (event: TunnelEventBody) => void;
  readonly #unread: TellUnread;
  /** By the peer that said the bytes. */
  readonly #lanes: Readonly<Record<Side, Lane>>;
  /** Read calls that the lanes hold, by the peer that said the bytes. */
  readonly #heldReads: Record<Side, Reply | undefined> = { client: undefined, server: undefined };
  /** Set while calls come on both sides. */
  #pair: Pair | undefined;
  /** Used otherwise, by the side whose calls come. */
  readonly #conversations: Record<Side, Conversation | undefined> = { client: undefined, server: undefined };
  #paired: boolean;

  constructor(id: string, paired: boolean, options: TunnelOptions, tell: (event: TunnelEventBody) => void) {
    this.id = id;
    this.createdAtMs = options.timers.now();
    this.#options = options;
    this.#tell = tell;
    const { policy, timers } = options;
    this.#unread = unreadTeller({ policy, now: timers.now, tell });
    this.#paired = paired;
    const laneOptions = { ...options, paired };
    const onNews = (news: LaneNews): void => this.#onNews(news);
    this.#lanes = { client: new Lane(laneOptions, onNews), server: new Lane(laneOptions, onNews) };
  }

  /** Takes a call and answers it, now or later. The host sends one call at a time for each side and kind. */
  handle(call: TunnelCall, reply: Reply): void {
    const from = sourceOf(call);
    const lane = this.#lanes[from];
    if (call.kind === "read") {
      this.bytesFrom[from] += call.chunk.length;
      this.#read(call, from, lane, reply);
      return;
    }
    if (lane.paired && !lane.expectsEcho) lane.unpair();
    if (!lane.paired && !lane.hasFiller) {
      this.bytesFrom[from] += call.chunk.length;
      this.#write(call, from, reply);
      return;
    }
    lane.write(call.chunk, {
      release: () => reply(passThrough()),
      offerAgain: () => reply(swallow()),
      replace: (bytes) => reply(replace(bytes)),
      refuse: () => reply(close("faultwire: what came back is not what was sent")),
    });
  }

  /** Forgets everything that is held. Calls without an answer get none: their tunnel is gone. */
  end(): void {
    this.#lanes.client.end();
    this.#lanes.server.end();
    this.#heldReads.client = undefined;
    this.#heldReads.server = undefined;
    this.#pair?.session.finish();
    this.#pair?.ticks.stop();
    this.#pair = undefined;
    this.#conversations.client?.finish();
    this.#conversations.server?.finish();
  }

  /** Ends the holds of faults. Everything else goes on as before. */
  drain(): void {
    this.#pair?.ticks.release();
    this.#lanes.client.drain();
    this.#lanes.server.drain();
  }

  /** Answers every call that is held, so that the host does not wait for ever: for a shutdown. An opened connection ends. */
  release(): void {
    this.#pair?.ticks.release();
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
  }

  #read(call: TunnelCall, from: Side, lane: Lane, reply: Reply): void {
    const pair = this.#paired ? this.#pairOf() : this.#pair;
    if (pair) {
      pair.ticks.call(other(from), call.chunk, {
        forward: (bytes) => this.#forward(from, lane, bytes, call.chunk.length, reply),
        canDrip: this.#isProven,
        drip: (parts) => lane.drip(parts, this.#held(from, reply)),
        settleLast: (bytes) => lane.settleLast(bytes),
        swallow: () => reply(swallow()),
        close: (reason) => reply(close(reason)),
      });
      return;
    }
    const answer = this.#conversation(call.side).see(from, "read", call.chunk);
    if (answer.kind === "close") reply(close(answer.reason));
    else {
      const bytes = answer.kind === "pass" ? call.chunk : answer.bytes;
      reply(bytes.length === 0 ? swallow() : replace(bytes));
    }
  }

  #forward(from: Side, lane: Lane, bytes: Uint8Array, chunkBytes: number, reply: Reply): void {
    const held = this.#held(from, reply);
    // Bytes that fill whole buffers need no filler. Before the first echo filler must not be given.
    const isFull = bytes.length % hostLimits.maxWriteChunkBytes === 0;
    if (!isFull && this.#isProven && bytes.length <= maxPaddedBytes) lane.pad(bytes, held);
    else lane.read(bytes, chunkBytes, held);
  }

  /** Whether an echo has proven that the host wrapped both sides. */
  get #isProven(): boolean {
    return this.#lanes.client.isProven || this.#lanes.server.isProven;
  }

  /** The answer to a read call that a lane holds. */
  #held(from: Side, reply: Reply): ReadReply {
    this.#heldReads[from] = reply;
    return {
      forward: (answer) => {
        this.#heldReads[from] = undefined;
        reply(replace(answer));
      },
    };
  }

  #write(call: TunnelCall, from: Side, reply: Reply): void {
    if (this.#pair) {
      // These bytes were decided about when they were read.
      reply(passThrough());
      return;
    }
    const answer = this.#conversation(call.side).see(from, "write", call.chunk);
    if (answer.kind === "pass") reply(passThrough());
    else if (answer.kind === "close") reply(close(answer.reason));
    else reply(answer.bytes.length === 0 ? passThrough() : replace(answer.bytes));
  }

  #pairOf(): Pair {
    if (this.#pair) return this.#pair;
    const { policy, timers, desk, userAgent, interception } = this.#options;
    const prompter = new Prompter(userAgent);
    const ticks = new Ticks(
      timers,
      (error) => this.#onBug(error),
      (to) => this.#onEnd(to),
    );
    const { hooks } = prompter;
    const session = new ConnectionSession({
      carrier: ticks,
      hooks,
      policy,
      desk,
      interception,
      tell: this.#tell,
    });
    prompter.serve(session);
    ticks.drive({ session, outlook: new Outlook(session), prompter });
    this.#pair = { ticks, session };
    return this.#pair;
  }

  /** The conversation of a side, where calls come on one side only. */
  #conversation(side: Side): Conversation {
    const { policy, timers, desk, userAgent, interception } = this.#options;
    const wouldOpen = interception !== undefined;
    const conversation =
      this.#conversations[side] ??
      new Conversation({
        ...{ side, policy, desk, userAgent, wouldOpen, now: timers.now },
        ...{ tell: this.#tell, unread: this.#unread, insteadOf: insteadInTunnel },
      });
    this.#conversations[side] = conversation;
    return conversation;
  }

  /** Our own code has thrown. A connection that is not changed yet goes on unread; any other ends in order. */
  #onBug(error: unknown): void {
    const pair = this.#pair;
    if (!pair) return;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tell({ type: "bug", message });
    pair.session.abandon();
  }

  /** A connection that is not read ends at once: a read call toward that peer that a lane still holds is closed. */
  #onEnd(to: Side): void {
    const { session } = this.#pair ?? {};
    if (session && !session.exchanges && !session.openedTls) this.#closeHeldRead(other(to), closeReason);
  }

  #closeHeldRead(from: Side, reason: string): void {
    const reply = this.#heldReads[from];
    if (!reply) return;
    this.#heldReads[from] = undefined;
    this.#lanes[from].dropRead();
    reply(close(reason));
  }

  #onNews(news: LaneNews): void {
    switch (news.kind) {
      case "unpaired":
        this.#unpair();
        return;
      case "recovered":
        this.#tell({ type: "recovered", bytes: news.bytes });
        return;
      case "mismatch":
        this.#tell({ type: "mismatch", expectedBytes: news.expectedBytes, foundBytes: news.foundBytes });
        for (const side of ["client", "server"] as const) {
          const reason = "faultwire: what came back is not what was sent";
          this.#pair?.ticks.endFor(side, reason);
          this.#closeHeldRead(side, reason);
        }
        this.#pair?.ticks.pump();
        return;
      default:
        news satisfies never;
    }
  }

  /** Only one side is wrapped, or the two sides are separate streams (a TCP mapping with TLS of the host's own). */
  #unpair(): void {
    if (!this.#paired) return;
    this.#paired = false;
    this.#tell({ type: "unpaired" });
    const pair = this.#pair;
    if (pair?.session.hasChanged) {
      // The peers can't go on with a connection of which a part was changed.
      for (const side of ["client", "server"] as const)
        pair.ticks.endFor(side, "faultwire: one side is not wrapped");
    } else pair?.session.leave();
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
    pair?.ticks.pump();
  }
}
