/**
 * One tunnel of the host in memory: the same copy loops and plugin streams as in a started host, without sockets and
 * without gRPC. What a socket takes is said by the test, so a write is short where the test wants it, on any machine.
 */
import type { ProcessTunnelDataResponse } from "@faultwire/fault-protocol";
import { copyUntilBothEnd, type RunningCopy } from "../../src/poll/copy-both-ways.ts";
import { type ChunkCall, PluginStream } from "../../src/poll/plugin-stream.ts";
import { PENDING, type Pending, type PollStream, type Waker } from "../../src/poll/poll.ts";

/** One of the two ends of a tunnel. */
export type TunnelEnd = "client" | "server";

/** A call as the plugin gets it. */
export interface SimulatedCall {
  readonly side: TunnelEnd;
  readonly kind: "read" | "write";
  readonly chunk: Uint8Array;
}

/** The plugin: gives `reply` one answer, now or later. Returns what is to be called when the host cancels the call. */
export type SimulatedPlugin = (
  call: SimulatedCall,
  reply: (response: ProcessTunnelDataResponse) => void,
) => () => void;

/**
 * How much room a socket has to have before it says so: a third of its send buffer, as in Linux. A writer that found no room
 * at all then finds that much.
 */
const roomToTellBytes = 43_690;

/** The host's socket to a peer, and the peer behind it. */
export class MemorySocket implements PollStream {
  readonly #incoming: Uint8Array[] = [];
  readonly #got: Uint8Array[] = [];
  /** How many bytes leave before the peer has to read. */
  #room = Number.POSITIVE_INFINITY;
  #hasPeerEnded = false;
  #reader: Waker | undefined;
  #writer: Waker | undefined;
  /** Whether the host has ended its direction to the peer. */
  hasEnded = false;
  /** Whether the host has given the socket up. */
  isDropped = false;

  /** The peer says something. */
  says(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#incoming.push(bytes);
    this.#wakeReader();
  }

  /** The peer ends its direction. */
  ends(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#wakeReader();
  }

  /** From now on so many bytes leave before the peer has to read. */
  holdRoom(bytes: number): void {
    this.#room = bytes;
  }

  /** The peer has read so many bytes more. Only a host that waits for room is told, once there is enough. */
  reads(bytes: number): void {
    this.#room += bytes;
    if (this.#room < roomToTellBytes) return;
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.wake();
  }

  /** What the peer has got, write by write. */
  get writes(): readonly Uint8Array[] {
    return this.#got;
  }

  pollRead(waker: Waker, into: Uint8Array): number | Pending {
    let length = 0;
    while (length < into.length) {
      const next = this.#incoming[0];
      if (!next) break;
      const part = next.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length === next.length) this.#incoming.shift();
      else this.#incoming[0] = next.subarray(part.length);
    }
    if (length > 0) return length;
    if (this.#hasPeerEnded) return 0;
    this.#reader = waker;
    return PENDING;
  }

  pollWrite(waker: Waker, bytes: Uint8Array): number | Pending {
    const taken = Math.min(bytes.length, this.#room);
    if (taken === 0) {
      this.#writer = waker;
      return PENDING;
    }
    this.#room -= taken;
    this.#got.push(bytes.slice(0, taken));
    return taken;
  }

  shutdown(): void {
    this.hasEnded = true;
  }

  drop(): void {
    this.isDropped = true;
    this.hasEnded = true;
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.wake();
  }
}

class SimulatedChunkCall implements ChunkCall {
  readonly #call: SimulatedCall;
  readonly #plugin: SimulatedPlugin;
  #response: ProcessTunnelDataResponse | undefined;
  #waker: Waker | undefined;
  #cancel: (() => void) | undefined;
  #isMade = false;

  constructor(call: SimulatedCall, plugin: SimulatedPlugin) {
    this.#call = call;
    this.#plugin = plugin;
  }

  poll(waker: Waker): ProcessTunnelDataResponse | Pending {
    if (this.#response) return this.#response;
    this.#waker = waker;
    if (!this.#isMade) {
      this.#isMade = true;
      // An answer never comes within the poll that makes the call: it crosses a connection both ways.
      this.#cancel = this.#plugin(this.#call, (response) =>
        setImmediate(() => {
          this.#response = response;
          this.#waker?.wake();
        }),
      );
    }
    return PENDING;
  }

  cancel(): void {
    if (!this.#response) this.#cancel?.();
  }
}

/** A CONNECT tunnel with a plugin on the given sides. */
export class SimulatedTunnel {
  readonly client: MemorySocket = new MemorySocket();
  readonly server: MemorySocket = new MemorySocket();
  /** Every call that was made, in order. */
  readonly calls: SimulatedCall[] = [];
  readonly #copy: RunningCopy;

  constructor(sides: readonly TunnelEnd[], plugin: SimulatedPlugin) {
    const wrap = (socket: MemorySocket, side: TunnelEnd): PollStream => {
      if (!sides.includes(side)) return socket;
      return new PluginStream(socket, (kind, chunk) => {
        const call: SimulatedCall = { side, kind, chunk };
        this.calls.push(call);
        return new SimulatedChunkCall(call, plugin);
      });
    };
    this.#copy = copyUntilBothEnd(wrap(this.client, "client"), wrap(this.server, "server"));
  }

  /** Gives the tunnel up, as a host that is stopped. */
  stop(): void {
    this.#copy.stop();
  }
}
