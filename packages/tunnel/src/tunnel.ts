/**
 * One tunnel of the host. The host's calls, on one side or on both, become two streams of bytes. A session (both sides) or
 * a conversation (one side) decides which bytes go on. The tunnel turns that into answers that the host can carry out
 * (docs/fault-host.md).
 */

import { close, hostLimits, passThrough, replace, swallow } from "@faultwire/fault-protocol";
import {
  ConnectionSession,
  type FaultDesk,
  type FaultPolicy,
  type Interception,
  type Side,
} from "@faultwire/fault-session";
import { type TellUnread, unreadTeller } from "@faultwire/fault-session/internal";
import { closeReason } from "./chunk-answer.ts";
import { Conversation } from "./conversation.ts";
import type { TunnelEventBody } from "./events.ts";
import { Farewell, farewellReason, type Waiting } from "./farewell.ts";
import type { HostPace } from "./host-pace.ts";
import { Lane } from "./lane/lane.ts";
import {
  type Following,
  type LaneAtRest,
  type LaneNews,
  nothingFollows,
  type ReadReply,
} from "./lane/lane-calls.ts";
import { RecordMeter } from "./lane/record-meter.ts";
import { Outlook } from "./outlook.ts";
import { Prompter } from "./prompter.ts";
import { Ticks } from "./ticks.ts";
import type { Timers } from "./timers.ts";
import type { TunnelAtRest } from "./tunnel-at-rest.ts";
import { type Reply, sourceOf, type TunnelCall } from "./tunnel-call.ts";
import { insteadInTunnel } from "./ways.ts";

/** What one tunnel is made from. */
export interface TunnelOptions {
  /** Says what fails. */
  readonly policy: FaultPolicy;
  /** Tell the time, and call when it has come. */
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

const other = (side: Side): Side => (side === "client" ? "server" : "client");

const brokenReason = "faultwire: one side is not wrapped";
const givenUpReason = "faultwire: nobody said anything for too long";

/** What a tunnel shows that is over, though the host tells nothing of it. See `TunnelEnd`. */
export type SignOfEnd = "said-all" | "end-due" | "handshake" | "in-record" | "in-message";

/** Whether a fault keeps back what is to go to a peer. */
const isHeldBack = (session: ConnectionSession): boolean =>
  (["client", "server"] as const).some((side) => {
    const { heldUntilMs, isScheduled } = session.outlet(side);
    return heldUntilMs !== undefined || isScheduled;
  });

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
  /** Tell what is sure to follow, by the peer that says it. */
  readonly #meters: Readonly<Record<Side, RecordMeter>>;
  /** Set while calls come on both sides. */
  #pair: Pair | undefined;
  /** Used otherwise, by the side whose calls come. */
  readonly #conversations: Record<Side, Conversation | undefined> = { client: undefined, server: undefined };
  #paired: boolean;
  readonly #farewell = new Farewell();
  /** Directions that were closed here, by the peer that said the bytes. */
  readonly #closed: Record<Side, boolean> = { client: false, server: false };
  /** Bytes that went to this peer in write calls since it was last heard. */
  readonly #sentSince: Record<Side, number> = { client: 0, server: 0 };
  #lastCallAtMs: number;
  /** A changed connection can't be carried on, because one side turned out not to be wrapped. */
  #isBroken = false;
  /** It was given up here: then nothing is told of a host that wrapped one side. */
  #isReleased = false;

  /** @param rest - What was kept of the tunnel, where it rested and goes on now; only of one that is {@link atRest}. */
  constructor(
    id: string,
    paired: boolean,
    options: TunnelOptions,
    tell: (event: TunnelEventBody) => void,
    rest?: TunnelAtRest,
  ) {
    this.id = id;
    this.createdAtMs = rest?.createdAtMs ?? options.timers.now();
    this.#lastCallAtMs = rest?.lastCallAtMs ?? this.createdAtMs;
    this.#options = options;
    this.#tell = tell;
    const { policy, timers } = options;
    this.#unread = unreadTeller({ policy, now: timers.now, tell });
    this.#paired = paired;
    const laneOptions = { ...options, paired, isPairProven: () => this.#isProven };
    const onNews = (news: LaneNews): void => this.#onNews(news);
    const lane = (from: Side): Lane =>
      new Lane({ ...laneOptions, opposite: () => this.#lanes[other(from)] }, onNews);
    this.#lanes = { client: lane("client"), server: lane("server") };
    this.#meters = {
      client: new RecordMeter(rest?.client.isTls),
      server: new RecordMeter(rest?.server.isTls),
    };
    if (rest) this.#resume(rest);
  }

  /** What has to be kept of the tunnel, where it rests: both sides are wrapped, and nothing is under way or held. */
  get atRest(): TunnelAtRest | undefined {
    const { ticks, session } = this.#pair ?? {};
    if (!ticks?.isAtRest || !this.#isProven || this.#isReleased || this.#farewell.isOver) return undefined;
    const [client, server, kept] = [this.#laneAtRest("client"), this.#laneAtRest("server"), session?.atRest];
    if (!client || !server || !kept) return undefined;
    const { last } = this.#farewell;
    return {
      createdAtMs: this.createdAtMs,
      lastCallAtMs: this.#lastCallAtMs,
      bytesFromClient: this.bytesFrom.client,
      bytesFromServer: this.bytesFrom.server,
      sentToClient: this.#sentSince.client,
      sentToServer: this.#sentSince.server,
      client,
      server,
      lastFrom: last?.from,
      lastHeardAtMs: last?.atMs ?? 0,
      session: kept,
    };
  }

  /** Nobody has said anything for long: a handshake is followed no further. What may still come of it passes. */
  stopFollowing(): void {
    const { session } = this.#pair ?? {};
    if (session?.isFollowing && !isHeldBack(session)) session.leave();
  }

  /** Whether both directions were closed here: a tunnel of the host is over then. */
  get isClosed(): boolean {
    return this.#closed.client && this.#closed.server;
  }

  /** Whether later bytes of this tunnel must not pass unread: they may be tokens, follow what is kept here, or belong to a session that is ours. */
  get isOurs(): boolean {
    const { session } = this.#pair ?? {};
    const hasTokens = this.#lanes.client.hasTokens || this.#lanes.server.hasTokens;
    const isChanged = session?.hasChanged === true || session?.openedTls !== undefined;
    return hasTokens || isChanged || this.heldBytes > 0;
  }

  /** When a call came, or was answered, the last time. */
  get lastCallAtMs(): number {
    return this.#lastCallAtMs;
  }

  /** Why this tunnel is over if it stays quiet; undefined where it may be quiet and alive. */
  get signOfEnd(): SignOfEnd | undefined {
    const { session, ticks } = this.#pair ?? {};
    if (!session || !ticks) return undefined;
    const { openedTls, exchanges } = session;
    const isSpent = openedTls?.isFarewelled || exchanges?.isSpent;
    if (isSpent && this.heldBytes === 0) return "said-all";
    // As long as the host waits for an answer of this direction, it cancels the call when the tunnel is over.
    const toClient = this.#lanes.server;
    const isDue = toClient.heldBytes + session.heldBytes("server") > 0 || toClient.hasCall;
    if (ticks.awaitsCallToEndWith && !isDue) return "end-due";
    // While a fault or a call is under way here, the tunnel is quiet by our own doing.
    if (isHeldBack(session) || toClient.hasCall || this.#lanes.client.hasCall) return undefined;
    if (openedTls && !exchanges && !openedTls.hasFailed) return "handshake";
    if (this.#meters.client.sureBytes + this.#meters.server.sureBytes > 0) return "in-record";
    // What is spoken behind an upgrade is quiet for as long as its peers like.
    const mayBeQuiet = exchanges?.isOpaque || session.http2 !== undefined;
    return mayBeQuiet || session.wakeAtMs !== undefined || session.atRest ? undefined : "in-message";
  }

  /** Bytes that are kept here: what the peers have said, what is to go to them, and what the host is still to show again. */
  get heldBytes(): number {
    const { session, ticks } = this.#pair ?? {};
    const ofPair =
      (session?.heldBytes("client") ?? 0) + (session?.heldBytes("server") ?? 0) + (ticks?.heldBytes ?? 0);
    const { client, server } = this.#conversations;
    const unpaired = (client?.heldBytes ?? 0) + (server?.heldBytes ?? 0);
    return ofPair + unpaired + this.#lanes.client.heldBytes + this.#lanes.server.heldBytes;
  }

  /** Since when the host does not come with the write call that an answer of ours is sure to bring; undefined where none is. */
  get unclaimedSinceMs(): number | undefined {
    // Until an echo has come, the host may have wrapped one side only, and shows nothing again.
    if (!this.#isProven) return undefined;
    const isUnclaimed = this.#lanes.client.isUnclaimed || this.#lanes.server.isUnclaimed;
    return isUnclaimed ? this.#lastCallAtMs : undefined;
  }

  /** Bytes that the peer of an unclaimed answer was sent since it last said something; the more of both. */
  get sentBytes(): number {
    return Math.max(this.#sentSince.client, this.#sentSince.server);
  }

  /** Takes a call and answers it, now or later. The host sends one call at a time for each side and kind. */
  handle(call: TunnelCall, answered: Reply): void {
    const from = sourceOf(call);
    this.#lastCallAtMs = this.#options.timers.now();
    if (call.kind === "read") this.#sentSince[from] = 0;
    const reply: Reply = (answer) => {
      const { action } = answer;
      this.#lastCallAtMs = this.#options.timers.now();
      if (action.case === "close") this.#closed[from] = true;
      else if (call.kind === "write")
        this.#sentSince[call.side] +=
          action.case === "replace" ? action.value.modifiedChunk.length : call.chunk.length;
      answered(answer);
    };
    const lane = this.#lanes[from];
    if (call.kind === "read") {
      this.bytesFrom[from] += call.chunk.length;
      this.#meters[from].push(call.chunk);
      this.#lanes[other(from)].receiverSpoke();
      const isClosed = this.#farewell.heard(from, this.#options.timers.now());
      // Of the upstream's bytes those that wait already go first.
      if (isClosed && !(from === "server" && this.#pair)) lane.close(farewellReason, this.#readReply(reply));
      else this.#read(call, from, lane, reply);
      return;
    }
    if (lane.paired && !lane.expectsEcho) lane.unpair();
    if (!lane.paired && !lane.hasTokens) {
      this.bytesFrom[from] += call.chunk.length;
      this.#farewell.heard(from, this.#options.timers.now());
      this.#write(call, from, reply);
      return;
    }
    lane.write(call.chunk, {
      release: () => reply(passThrough()),
      replace: (bytes) => reply(replace(bytes)),
      refuse: () => reply(close("faultwire: what came back is not what was sent")),
    });
  }

  /** Tells what has gone to the peers by now. */
  tellGone(): void {
    this.#pair?.ticks.pump();
  }

  /** Forgets everything that is held. Calls without an answer get none: their tunnel is gone. */
  end(): void {
    this.#endLanes();
    this.#pair?.session.finish();
    this.leave();
    this.#conversations.client?.finish();
    this.#conversations.server?.finish();
  }

  /** Forgets everything, and tells of nothing: what was {@link atRest} goes on elsewhere. */
  leave(): void {
    this.#endLanes();
    this.#pair?.ticks.stop();
    this.#pair = undefined;
  }

  #endLanes(): void {
    this.#lanes.client.end();
    this.#lanes.server.end();
  }

  /** Ends the holds of faults. Everything else goes on as before. */
  drain(): void {
    this.#pair?.ticks.release();
    this.#lanes.client.drain();
    this.#lanes.server.drain();
  }

  /** The plugin is about to go: ends the tunnel when a peer speaks again, or only when the client begins something new. */
  farewell(what: "new" | "all"): void {
    this.#farewell.begin(what);
    if (!this.#farewell.closesAll) return;
    this.#pair?.ticks.endFor("client", farewellReason);
    this.#pair?.ticks.pump();
  }

  /** Whether the plugin has to stay for this tunnel when it is about to go. */
  isAwaited(waiting: Waiting): boolean {
    return this.#farewell.isAwaited(this.#options.timers.now(), waiting);
  }

  /** Whether the tunnel has come to its end by an answer of ours. */
  get isOver(): boolean {
    return this.#farewell.isOver;
  }

  /** Answers every call that is held, so that the host does not wait for ever: for a shutdown. An opened connection ends. */
  release(): void {
    this.#isReleased = true;
    this.#pair?.ticks.release();
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
  }

  /**
   * Answers every call that is held, and ends the directions of those that nothing comes for: the tunnel is given up. The host
   * cancels no read call when its peers have gone, so that one without an answer would keep its sockets for ever.
   */
  giveUp(): void {
    this.release();
    this.#pair?.ticks.closeHeld(givenUpReason);
  }

  #laneAtRest(from: Side): LaneAtRest | undefined {
    const lane = this.#lanes[from].atRest;
    const { sureBytes, isTls } = this.#meters[from];
    return lane && sureBytes === 0 ? { ...lane, isTls } : undefined;
  }

  #resume(rest: TunnelAtRest): void {
    this.bytesFrom.client = rest.bytesFromClient;
    this.bytesFrom.server = rest.bytesFromServer;
    this.#sentSince.client = rest.sentToClient;
    this.#sentSince.server = rest.sentToServer;
    this.#lanes.client.resume(rest.client);
    this.#lanes.server.resume(rest.server);
    if (rest.lastFrom) this.#farewell.resume(rest.lastFrom, rest.lastHeardAtMs);
    this.#pairOf().session.resume(rest.session);
  }

  #read(call: TunnelCall, from: Side, lane: Lane, reply: Reply): void {
    const pair = this.#paired ? this.#pairOf() : this.#pair;
    if (pair) {
      const held = this.#readReply(reply);
      pair.ticks.call(other(from), call.chunk, {
        forward: (bytes, isLast) =>
          lane.read(bytes, held, isLast ? nothingFollows : this.#following(from, call)),
        canDrip: this.#isProven,
        drip: (parts) => lane.drip(parts, held),
        settleLast: (bytes) => lane.settleLast(bytes),
        swallow: () => lane.read(NOTHING, held, this.#following(from, call)),
        close: (reason) => lane.close(reason, held),
      });
      return;
    }
    const answer = this.#conversation(call.side).see(from, "read", call.chunk);
    if (answer.kind === "close") this.#close(reply, answer.reason);
    else {
      const bytes = answer.kind === "pass" ? call.chunk : answer.bytes;
      reply(bytes.length === 0 ? swallow() : replace(bytes));
    }
  }

  /** What is known to follow behind this read call's bytes. */
  #following(from: Side, { chunk }: TunnelCall): Following {
    const { sureBytes, isFull } = this.#meters[from];
    return { sureBytes, isLikely: isFull || chunk.length >= hostLimits.maxReadChunkBytes };
  }

  #readReply(reply: Reply): ReadReply {
    return {
      forward: (bytes) => reply(replace(bytes)),
      swallow: () => reply(swallow()),
      close: (reason) => this.#close(reply, reason),
    };
  }

  /** Closes a read call. */
  #close(reply: Reply, reason: string): void {
    this.#farewell.closed();
    reply(close(reason));
  }

  /** Whether an echo has proven that the host wrapped both sides. */
  get #isProven(): boolean {
    return this.#lanes.client.isProven || this.#lanes.server.isProven;
  }

  #write(call: TunnelCall, from: Side, reply: Reply): void {
    if (this.#pair) {
      // These bytes were decided about when they were read, or nothing is to go on any more.
      reply(this.#isBroken ? close(brokenReason) : passThrough());
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
        ...{ side, policy, desk, userAgent, wouldOpen, now: timers.now, openedAtMs: this.createdAtMs },
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
    if (session && !session.exchanges && !session.openedTls) this.#lanes[other(to)].closeHeld(closeReason);
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
          this.#lanes[side].closeHeld(reason, true);
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
    if (!this.#isReleased) this.#tell({ type: "unpaired" });
    const pair = this.#pair;
    if (pair?.session.hasChanged) {
      // The peers can't go on with a connection of which a part was changed.
      this.#isBroken = true;
      pair.ticks.endBoth(brokenReason);
    } else pair?.session.leave();
    this.#lanes.client.unpair();
    this.#lanes.server.unpair();
    pair?.ticks.pump();
  }
}

const NOTHING = new Uint8Array(0);
