/** All connections that hosts hand over whole, and the streams that carry them. */
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import {
  ConnectionProtocolError,
  isProcessConnection,
  PluginStream,
  type UnfinishedMessages,
} from "@faultwire/connection-protocol";
import { writeCountIs } from "@faultwire/fault-engine/internal";
import { type FaultPolicy, Interception, withoutThrowing } from "@faultwire/fault-session";
import type { CarrierRuntime } from "@faultwire/runtime";
import { every, pause } from "@faultwire/timers";
import { sweepMs } from "./connection-times.ts";
import { type ConnectionContext, PluginConnection } from "./plugin-connection.ts";

/** Limits of the table, against a host, or another program that reaches the port, that opens streams without end. */
export const connectionTableLimits = {
  /** Connections at the same time; more are refused with RESOURCE_EXHAUSTED, which hosts let pass. */
  maxConnections: 10_000,
} as const;

/** What the table needs. */
export interface ConnectionsOptions {
  readonly runtime: CarrierRuntime;
  /** The runtime's; with no targets while the plugin takes leave. */
  readonly policy: FaultPolicy;
  /** Whether the plugin dials for hosts that can't. */
  readonly mayDial: boolean;
  /** Where messages that are not whole are counted, with those of the host's other calls. */
  readonly memory?: UnfinishedMessages;
  readonly maxConnections?: number;
}

/** How often it is looked whether connections have come to their end, in ms. */
const lookMs = 25;

export class Connections {
  readonly #context: ConnectionContext;
  readonly #maxConnections: number;
  readonly #memory: UnfinishedMessages | undefined;
  readonly #all = new Set<PluginConnection>();
  /** How many connections each connection of HTTP/2 carries. */
  readonly #carried = new Map<Http2Session, number>();
  readonly #endSweeps: () => void;
  #ids = 0;

  constructor({ runtime, policy, mayDial, memory, maxConnections }: ConnectionsOptions) {
    const { interception, clock } = runtime;
    this.#memory = memory;
    this.#maxConnections = maxConnections ?? connectionTableLimits.maxConnections;
    this.#context = {
      runtime,
      policy: withoutThrowing(policy, (question, message) =>
        runtime.tell({ type: "policy-bug", question, message }, {}),
      ),
      interception: interception && new Interception(interception, clock.now),
      mayDial,
    };
    this.#endSweeps = every(sweepMs, () => this.look(), { keepsAlive: false });
  }

  /** Connections that are known now. */
  get size(): number {
    return this.#all.size;
  }

  /** Takes a stream of a server, or leaves it: false means that it is untouched. */
  readonly take = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean => {
    if (!isProcessConnection(headers)) return false;
    this.#ids++;
    const connection = new PluginConnection(this.#ids, this.#context);
    const ears = {
      message: connection.message.bind(connection),
      over: () => {
        this.#all.delete(connection);
        connection.over();
      },
      bug: connection.bug.bind(connection),
    };
    const opened = new PluginStream(stream, ears, this.#memory);
    connection.begin(opened);
    if (this.#all.size >= this.#maxConnections)
      opened.end(
        new ConnectionProtocolError(
          "too-much",
          `${writeCountIs(this.#maxConnections, "connection")} open, the most that are taken`,
        ),
      );
    else this.#add(connection, stream);
    return true;
  };

  #add(connection: PluginConnection, stream: ServerHttp2Stream): void {
    this.#all.add(connection);
    const { session } = stream;
    if (!session) return;
    this.#carried.set(session, (this.#carried.get(session) ?? 0) + 1);
    stream.on("close", () => {
      const count = (this.#carried.get(session) ?? 1) - 1;
      if (count > 0) this.#carried.set(session, count);
      else this.#carried.delete(session);
    });
  }

  /** Whether a connection of HTTP/2 carries connections of clients. */
  isCarriedBy(session: ServerHttp2Session): boolean {
    return this.#carried.has(session);
  }

  /** Looks whether times are over. */
  look(): void {
    const now = this.#context.runtime.clock.now();
    for (const connection of this.#all) connection.look(now);
  }

  /** Lets go of what faults hold; connections end as soon as nothing is under way on them. */
  drain(): void {
    for (const connection of this.#all) connection.drain();
  }

  /** Waits until no connection is under way; for so long at the most, and no longer once that is hurried. */
  async ended(maxMs: number, hurry: AbortSignal): Promise<void> {
    const { now } = this.#context.runtime.clock;
    const deadlineMs = now() + maxMs;
    while (this.#all.size > 0 && now() < deadlineMs && !hurry.aborted) {
      this.look();
      await pause(lookMs, hurry).catch(() => {});
    }
  }

  /** Ends everything. */
  close(): void {
    this.#endSweeps();
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
  }
}
