/**
 * One tunnel of the host: its calls on one side or on both become two byte streams, a conversation decides what
 * goes on, and the answers are shaped to what the host can do with them (docs/fault-host.md).
 */
import {
  close,
  type ProcessTunnelDataResponse,
  passThrough,
  replace,
  swallow,
} from "@faultwire/fault-protocol";
import { Conversation, type ConversationOptions } from "./conversation.ts";
import type { Side, TunnelEventBody } from "./events.ts";
import type { HostPace } from "./host-pace.ts";
import { Lane, type LaneNews } from "./lane.ts";
import type { TunnelPolicy } from "./policy.ts";
import type { Timers } from "./timers.ts";

/** One call of the host. */
export interface TunnelCall {
  /** The host's id of the tunnel: the same on both sides. */
  readonly id: string;
  /** The side that the host wrapped. */
  readonly side: Side;
  /** `read`: bytes that came from that side (INGRESS). `write`: bytes about to go to it (EGRESS). */
  readonly kind: "read" | "write";
  /** The bytes; kept until the answer, and for a while after it on a read call: must not be reused. */
  readonly chunk: Uint8Array;
}

/** Takes the one answer of a call. */
export type Reply = (answer: ProcessTunnelDataResponse) => void;

export interface TunnelOptions extends ConversationOptions {
  readonly policy: TunnelPolicy;
  readonly timers: Timers;
  /** The host's pace, shared by all its tunnels. */
  readonly pace: HostPace;
  /** See {@link Lane}. */
  readonly guardMs?: number;
}

/** Whose bytes a call carries: what is read from a side comes from it, what is written to it from the other. */
export function sourceOf(call: TunnelCall): Side {
  return call.kind === "read" ? call.side : other(call.side);
}

const other = (side: Side): Side => (side === "client" ? "server" : "client");

export class Tunnel {
  readonly id: string;
  readonly createdAtMs: number;
  readonly bytesFrom: Record<Side, number> = { client: 0, server: 0 };
  readonly #options: TunnelOptions;
  readonly #tell: (event: TunnelEventBody) => void;
  /** By the source of the bytes. */
  readonly #lanes: Readonly<Record<Side, Lane>>;
  /** Read calls that the lanes hold, by the source of the bytes. */
  readonly #heldReads: Record<Side, Reply | undefined> = { client: undefined, server: undefined };
  /** By the side whose calls it sees; both are the same one while the tunnel is paired. */
  readonly #conversations: Record<Side, Conversation | undefined> = { client: undefined, server: undefined };
  #paired: boolean;

  constructor(id: string, paired: boolean, options: TunnelOptions, tell: (event: TunnelEventBody) => void) {
    this.id = id;
    this.createdAtMs = options.timers.now();
    this.#options = options;
    this.#tell = tell;
    this.#paired = paired;
    const laneOptions = { ...options, paired };
    const onNews = (news: LaneNews): void => this.#onNews(news);
    this.#lanes = { client: new Lane(laneOptions, onNews), server: new Lane(laneOptions, onNews) };
  }

  /** Takes a call and answers it, now or later. The host has one call at a time per side and kind. */
  handle(call: TunnelCall, reply: Reply): void {
    const from = sourceOf(call);
    const lane = this.#lanes[from];
    if (call.kind === "read") {
      this.bytesFrom[from] += call.chunk.length;
      this.#read(call, from, lane, reply);
      return;
    }
    if (lane.paired && !lane.expectsEcho) lane.unpair();
    if (!lane.paired) {
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

  /** Forgets everything that is held; unanswered calls stay unanswered (their tunnel is gone). */
  end(): void {
    this.#lanes.client.end();
    this.#lanes.server.end();
    this.#heldReads.client = undefined;
    this.#heldReads.server = undefined;
    this.#conversations.client?.finish();
    this.#conversations.server?.finish();
  }

  /** Answers what is held so that nothing hangs: for a shutdown. */
  release(): void {
    this.#paired = false;
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
  }

  #read(call: TunnelCall, from: Side, lane: Lane, reply: Reply): void {
    const conversation = this.#conversation(call.side);
    const verdict = conversation.see(from, "read", call.chunk);
    if (verdict.kind === "close") {
      reply(close(verdict.reason));
    } else {
      const bytes = verdict.kind === "pass" ? call.chunk : verdict.bytes;
      if (bytes.length === 0) {
        reply(swallow());
      } else {
        this.#heldReads[from] = reply;
        lane.read(bytes, call.chunk.length, {
          forward: (answer) => {
            this.#heldReads[from] = undefined;
            reply(replace(answer));
          },
        });
      }
    }
    // What this call brought may still have to go on; what the other direction holds has not.
    if (conversation.closing !== undefined) this.#closeHeldRead(other(from), conversation.closing);
  }

  #write(call: TunnelCall, from: Side, reply: Reply): void {
    const conversation = this.#conversation(call.side);
    const verdict = conversation.see(from, "write", call.chunk);
    if (verdict.kind === "pass") reply(passThrough());
    else if (verdict.kind === "close") reply(close(verdict.reason));
    else reply(verdict.bytes.length === 0 ? passThrough() : replace(verdict.bytes));
  }

  /** The conversation that the calls of a side belong to. */
  #conversation(side: Side): Conversation {
    const known = this.#conversations[side];
    if (known) return known;
    const { policy, timers } = this.#options;
    const sides: Side[] = this.#paired ? ["client", "server"] : [side];
    const conversation = new Conversation(sides, policy, this.#options, timers.now, this.#tell);
    for (const each of sides) this.#conversations[each] = conversation;
    return conversation;
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
          this.#conversation(side).close();
          this.#closeHeldRead(side, "faultwire: what came back is not what was sent");
        }
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
    const shared = this.#conversations.client ?? this.#conversations.server;
    this.#conversations.client = undefined;
    this.#conversations.server = undefined;
    const side = shared?.narrow();
    if (shared && side) this.#conversations[side] = shared;
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
  }
}
