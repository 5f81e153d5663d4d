/** One connection of a host: what the host says becomes lines, and a session between them, as on sockets of our own. */
import { isIP } from "node:net";
import { create } from "@bufbuild/protobuf";
import {
  AcceptSchema,
  ConnectionProtocolError,
  checkBytes,
  checkEnd,
  checkOpen,
  connectionLimits,
  Entrance,
  type Open,
  PassThroughSchema,
  type PluginStream,
  type ProcessConnectionRequest,
} from "@faultwire/connection-protocol";
import { ConnectionSession, type FaultPolicy, type Interception } from "@faultwire/fault-session";
import {
  type ConnectRefused,
  endedFirst,
  type MetConnect,
  meetConnect,
} from "@faultwire/fault-session/internal";
import { type Line, LineCarrier, SecureLine, SecureLineError } from "@faultwire/lines";
import type { CarrierRuntime } from "@faultwire/runtime";
import { connectionTimes, maxUnreadBytes } from "./connection-times.ts";
import { ownDial } from "./own-dial.ts";
import { refuseMessage } from "./refuse-message.ts";
import { response, StreamLine } from "./stream-line.ts";

/** What all connections share. */
export interface ConnectionContext {
  readonly runtime: CarrierRuntime;
  /** The runtime's, which does not throw; nothing new fails by it while the plugin takes leave. */
  readonly policy: FaultPolicy;
  readonly interception: Interception | undefined;
  /** Whether the plugin dials for hosts that can't. */
  readonly mayDial: boolean;
}

export class PluginConnection {
  readonly #context: ConnectionContext;
  readonly #id: number;
  readonly #openedAtMs: number;
  #movedAtMs: number;
  #stream!: PluginStream;
  #open: Open | undefined;
  #refused: ConnectRefused | undefined;
  #carrier: LineCarrier | undefined;
  #client: StreamLine | undefined;
  /** Upstreams of the host's by the number of their dial. */
  readonly #upstreams = new Map<number, StreamLine>();
  /** Upstreams of our own. */
  readonly #own = new Set<Line>();
  #dials = 0;
  readonly #watches = new Map<number, (isGone: boolean) => void>();
  #watchIds = 0;
  /** Since when nothing goes to the client any more, and nothing that it still says is wanted. */
  #overAtMs: number | undefined;
  #isLeaving = false;
  /** Since when all is said. */
  #endedAtMs: number | undefined;

  constructor(id: number, context: ConnectionContext) {
    this.#id = id;
    this.#context = context;
    this.#openedAtMs = context.runtime.clock.now();
    this.#movedAtMs = this.#openedAtMs;
  }

  /** The stream on which all is said. Once, at the beginning. */
  begin(stream: PluginStream): void {
    this.#stream = stream;
  }

  /** Takes what the host says. @throws ConnectionProtocolError where it breaks a rule. */
  message({ message }: ProcessConnectionRequest): void {
    if (this.#endedAtMs !== undefined) return;
    this.#movedAtMs = this.#context.runtime.clock.now();
    if (message.case === undefined)
      throw new ConnectionProtocolError(
        "bad-message",
        "a message that says nothing, or nothing that is known",
      );
    if (!this.#open) {
      if (message.case !== "open")
        throw new ConnectionProtocolError("bad-message", `${message.case} came first; open expected`);
      this.#decide(message.value);
      this.#settle();
      return;
    }
    if (message.case === "open") throw new ConnectionProtocolError("bad-message", "a second open");
    this.#take(message);
    this.#settle();
  }

  /** The host is gone, or says no more: the connection is over. */
  over(): void {
    this.#refused?.outcome(endedFirst);
    this.#refused = undefined;
    this.#end();
  }

  /** An error of ours. */
  bug(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#context.runtime.tell({ type: "bug", message }, { connection: this.#id });
  }

  /** Lets go of what faults hold, and ends as soon as nothing is under way. */
  drain(): void {
    this.#isLeaving = true;
    this.#carrier?.release();
    this.#leaveIfQuiet();
  }

  /** Ends the connection at once. A host resets one that is in the middle of something: half of it must not pass for the whole. */
  destroy(): void {
    const isWhole = this.#carrier === undefined || this.#carrier.isQuiet;
    this.#end(isWhole ? undefined : new ConnectionProtocolError("leaving", "the plugin ends"));
  }

  /** Looks whether a time is over; call it now and then. */
  look(nowMs: number): void {
    const { lingerMs, halfOpenMs, idleMs } = connectionTimes;
    const quietMs = nowMs - this.#movedAtMs;
    if (this.#endedAtMs !== undefined) {
      // A stream of which a host does not end its half would keep its place for ever.
      if (nowMs - this.#endedAtMs >= connectionLimits.endMs) this.#stream.close();
      return;
    }
    if (!this.#open) {
      const { openMs } = connectionLimits;
      if (quietMs >= openMs)
        this.#end(new ConnectionProtocolError("too-late", `no open came within ${openMs} ms`));
      return;
    }
    this.#settle();
    const client = this.#client;
    const isHalfOpen = client !== undefined && (client.peerEnd !== undefined || client.hasEnded);
    const halfMs = this.#carrier?.isQuiet ? Math.min(lingerMs, halfOpenMs) : halfOpenMs;
    const isOver =
      (this.#overAtMs !== undefined && nowMs - this.#overAtMs >= lingerMs) ||
      (isHalfOpen && quietMs >= halfMs) ||
      quietMs >= idleMs;
    if (isOver) this.#end();
  }

  #decide(open: Open): void {
    const version = checkOpen(open);
    this.#open = open;
    const { host, port, userAgent, entrance } = open;
    const { policy } = this.#context;
    const isTarget = policy.isTarget(host);
    const isOnlyName = entrance === Entrance.REQUESTS;
    // An address names nobody: what is said inside of a tunnel may.
    if (!isTarget && (isOnlyName || isIP(host) === 0)) {
      this.#context.runtime.tell(
        { type: "detected", protocol: "unread", host, alpnProtocols: [], target: false },
        { connection: this.#id },
      );
      this.#passThrough("no target");
      return;
    }
    if (!open.abilities?.dial && !this.#context.mayDial)
      throw new ConnectionProtocolError(
        "unable",
        "the host can't dial, and this plugin may not; start the plugin on loopback, or let the host dial",
      );
    const asked = { host, port, userAgent: userAgent === "" ? undefined : userAgent };
    const openedAtMs = this.#openedAtMs - open.ageMs;
    const met = isTarget
      ? meetConnect({ policy, now: this.#context.runtime.clock.now, openedAtMs }, asked)
      : undefined;
    if (met?.refused) {
      this.#refused = met.refused;
      this.#stream.send(response({ case: "refuse", value: refuseMessage(met.refused.plan) }));
      return;
    }
    const { creditBytes } = connectionLimits;
    this.#stream.send(response({ case: "accept", value: create(AcceptSchema, { version, creditBytes }) }));
    this.#carry(open, openedAtMs, met?.verdict);
  }

  #passThrough(reason: string): void {
    this.#stream.send(response({ case: "passThrough", value: create(PassThroughSchema, { reason }) }));
    this.#end();
  }

  #carry(open: Open, openedAtMs: number, verdict: MetConnect["verdict"] | undefined): void {
    const { runtime, policy, interception } = this.#context;
    const { host, port, entrance, abilities } = open;
    const known = { port, ...(verdict ? { connect: verdict } : {}) };
    const client = this.#line(0, () => {});
    this.#client = client;
    const carrier: LineCarrier = new LineCarrier({
      client,
      openedAtMs,
      dial: () => this.#dial(open),
      secure: (line, name) =>
        this.#secure(line, name, () => carrier.session.exchanges?.upstreamOwes ?? false),
      isLazy: false,
      upstreamAnswerMs: connectionTimes.upstreamAnswerMs,
      silentClientMs: entrance === Entrance.REQUESTS ? undefined : connectionTimes.silentClientMs,
      session: (carries) =>
        new ConnectionSession({
          carrier: carries,
          policy: { ...policy, connection: (news) => policy.connection({ ...news, ...known }) },
          desk: runtime.desk,
          interception,
          host: isIP(host) ? undefined : host,
          tell: (event) => runtime.tell(event, { connection: this.#id }),
        }),
      ...(abilities?.reset ? {} : { insteadOf: insteadOfReset }),
      clock: runtime.clock,
      maxUnreadBytes,
      unreachable: (error) => unreachableReason(open, error),
      onBug: (error) => this.bug(error),
      onMoved: () => {
        this.#movedAtMs = runtime.clock.now();
      },
      onOver: () => this.#isOver(),
    });
    this.#carrier = carrier;
  }

  #line(peer: number, onClosed: () => void): StreamLine {
    const { creditBytes } = this.#open as Open;
    return new StreamLine({
      peer,
      stream: this.#stream,
      watches: { add: (told) => this.#watch(told) },
      hostCreditBytes: creditBytes,
      onClosed,
    });
  }

  #watch(told: (isGone: boolean) => void): number {
    this.#watchIds++;
    // A host that answers nothing: the oldest question is given up.
    if (this.#watches.size >= connectionLimits.maxWatches) {
      const [oldest] = this.#watches.keys();
      if (oldest !== undefined) this.#watches.delete(oldest);
    }
    this.#watches.set(this.#watchIds, told);
    return this.#watchIds;
  }

  #dial(open: Open): Line {
    if (!open.abilities?.dial) {
      const line = ownDial(open, this.#context.runtime.clock, (error) => this.bug(error));
      this.#own.add(line);
      return line;
    }
    this.#dials++;
    if (this.#dials > connectionLimits.maxDials)
      throw new ConnectionProtocolError("too-much", `more than ${connectionLimits.maxDials} dials`);
    const peer = this.#dials;
    const line = this.#line(peer, () => this.#upstreams.delete(peer));
    this.#upstreams.set(peer, line);
    this.#stream.send(response({ case: "dial", value: { $typeName: "faultwire.connection.v1.Dial", peer } }));
    return line;
  }

  #secure(line: Line, host: string, isOwed: () => boolean): Line {
    const { runtime, interception } = this.#context;
    if (!interception) throw new Error("TLS with an upstream where no HTTPS is opened");
    const { contexts } = interception;
    return new SecureLine(line, {
      host,
      trust: runtime.upstreamTrust,
      contexts,
      clock: runtime.clock,
      guard: (act) => {
        try {
          act();
        } catch (error) {
          this.bug(error);
          this.#end(new ConnectionProtocolError("internal", "an error of the plugin's; its log says more"));
        }
      },
      handshakeMs: connectionTimes.handshakeMs,
      isOwed,
      onFailed: ({ code, message }) =>
        runtime.tell({ type: "session-failed", host, code, message }, { connection: this.#id }),
    });
  }

  #take(message: Exclude<ProcessConnectionRequest["message"], { case: undefined } | { case: "open" }>): void {
    switch (message.case) {
      case "bytes": {
        const { peer, data } = message.value;
        checkBytes(data);
        this.#peer(peer)?.receive(data);
        return;
      }
      case "end":
        this.#peer(message.value.peer)?.ended(checkEnd(message.value.kind));
        return;
      case "closed":
        this.#peer(message.value.peer)?.closed();
        return;
      case "credit":
        this.#peer(message.value.peer)?.granted(message.value.bytes);
        return;
      case "dialled":
        this.#upstream(message.value.peer)?.opened();
        return;
      case "dialFailed":
        this.#upstream(message.value.peer)?.failed(
          new Error(message.value.reason.slice(0, connectionLimits.maxTextLength)),
        );
        return;
      case "gone": {
        const told = this.#watches.get(message.value.id);
        this.#watches.delete(message.value.id);
        told?.(true);
        return;
      }
      case "refused": {
        if (!this.#refused) throw new ConnectionProtocolError("bad-message", "refused, where nothing was");
        const { undoneReason } = message.value;
        this.#refused.outcome(undoneReason === "" ? null : undoneReason);
        this.#refused = undefined;
        this.#end();
        return;
      }
      case "drain":
        this.drain();
        return;
      default:
        message satisfies never;
    }
  }

  /** @returns undefined for a peer that was closed here, of which the host may still have said something. */
  #peer(peer: number): StreamLine | undefined {
    if (peer !== 0) return this.#upstream(peer);
    if (!this.#client)
      throw new ConnectionProtocolError(
        "bad-message",
        "something of a peer before the connection was accepted",
      );
    return this.#client;
  }

  #upstream(peer: number): StreamLine | undefined {
    const line = this.#upstreams.get(peer);
    if (!line && (peer === 0 || peer > this.#dials))
      throw new ConnectionProtocolError("bad-message", `peer ${peer} was never dialled`);
    return line;
  }

  /** Nothing goes to the client any more: it may linger for a while from when it has got all. */
  #isOver(): void {
    if (this.#overAtMs !== undefined) return;
    this.#overAtMs = Number.POSITIVE_INFINITY;
    this.#client?.whenGone("sent", () => {
      this.#overAtMs = this.#context.runtime.clock.now();
    });
  }

  #leaveIfQuiet(): void {
    if (this.#isLeaving && (this.#carrier?.isQuiet ?? false)) this.#end();
  }

  /** The stream ends when nothing of the connection is left. */
  #settle(): void {
    if (this.#isLeaving) this.#leaveIfQuiet();
    if (!this.#client?.isClosed) return;
    for (const line of this.#own) if (!line.isClosed) return;
    if (this.#upstreams.size === 0) this.#end();
  }

  #end(error?: ConnectionProtocolError): void {
    if (this.#endedAtMs !== undefined) return;
    this.#endedAtMs = this.#context.runtime.clock.now();
    this.#stream.end(error);
    this.#carrier?.destroy();
    this.#client?.closed();
    for (const line of this.#upstreams.values()) line.closed();
    for (const line of this.#own) line.destroy();
    this.#watches.clear();
  }
}

/** What a host that can't reset does in its place. */
const insteadOfReset: NonNullable<LineCarrier["insteadOf"]> = (fault) => {
  const isReset = fault.kind === "connection.reset" || ("stop" in fault && fault.stop === "reset");
  return isReset ? "a FIN, because the host can't reset" : undefined;
};

function unreachableReason({ host, port }: Open, error: Error): string {
  const whom = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (error instanceof SecureLineError) return `${whom} can't be reached: ${error.message}`;
  // A host's own words name whom it could not reach.
  return error.message === "" ? `${whom} can't be reached` : error.message;
}
