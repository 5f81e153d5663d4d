/** A connection that a plugin has accepted: the proxy keeps the sockets and does what the plugin says. */
import { create } from "@bufbuild/protobuf";
import {
  ConnectionProtocolError,
  checkBytes,
  checkEnd,
  connectionLimits,
  DialFailedSchema,
  DialledSchema,
  DrainSchema,
  GoneSchema,
  type ProcessConnectionResponse,
  type Watch,
} from "@faultwire/connection-protocol";
import type { Line } from "@faultwire/lines";
import type { PluginTalk } from "./plugin-talk.ts";
import { RelayedPeer } from "./relayed-peer.ts";

/** What such a connection needs. */
export interface PluginCarrierOptions {
  readonly talk: PluginTalk;
  readonly client: Line;
  /** Opens a connection to the upstream. */
  readonly dial: () => Line;
  /** Says for people why the upstream can't be reached. */
  readonly unreachable: (error: Error) => string;
  readonly onMoved: () => void;
}

export class PluginCarrier {
  readonly #options: PluginCarrierOptions;
  readonly #client: RelayedPeer;
  readonly #upstreams = new Map<number, RelayedPeer>();
  /** Questions of the plugin's that wait for an answer, or whose answers it has not read. */
  #watches = 0;
  #isOver = false;
  #hasLeft = false;

  constructor(options: PluginCarrierOptions) {
    this.#options = options;
    const { talk, client, onMoved } = options;
    talk.ears = {
      message: (message) => this.#take(message),
      over: (failure) => this.#ended(failure !== undefined),
    };
    this.#client = new RelayedPeer({ peer: 0, line: client, talk, onMoved });
  }

  /** Only the plugin knows; it ends the connection by itself where nothing is under way and the proxy takes leave. */
  readonly isQuiet = false;

  /** Bytes that the proxy holds of this connection, by what holds them; each within its credit. */
  get heldBytes(): { readonly toClient: number; readonly fromClient: number } {
    return { toClient: this.#client.heldBytes, fromClient: this.#client.waitingBytes };
  }

  /** Takes bytes of the client that were read before. */
  receive(bytes: Uint8Array): void {
    this.#client.receive(bytes);
  }

  /** Lets go of what faults hold: for a shutdown. */
  release(): void {
    if (!this.#isOver) this.#options.talk.say({ case: "drain", value: create(DrainSchema) });
  }

  /** Ends everything at once. */
  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.talk.cancel();
    this.#closeAll();
  }

  /** Ends the plugin's part and the upstream's connection; the client's goes on with somebody else. */
  leaveClient(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#client.leave();
  }

  #take(message: ProcessConnectionResponse["message"]): void {
    const { onMoved } = this.#options;
    switch (message.case) {
      case "bytes": {
        const { peer, data } = message.value;
        checkBytes(data);
        onMoved();
        this.#peer(peer)?.say(data);
        return;
      }
      case "end": {
        const how = checkEnd(message.value.kind);
        this.#peer(message.value.peer)?.end(how);
        return;
      }
      case "close":
        this.#peer(message.value.peer)?.close();
        return;
      case "credit":
        this.#peer(message.value.peer)?.granted(message.value.bytes);
        return;
      case "dial":
        this.#dial(message.value.peer);
        return;
      case "watch":
        this.#watch(message.value);
        return;
      case "accept":
      case "passThrough":
      case "refuse":
        throw new ConnectionProtocolError("bad-message", `a second decision (${message.case})`);
      case undefined:
        throw new ConnectionProtocolError(
          "bad-message",
          "a message that says nothing, or nothing that is known",
        );
      default:
        message satisfies never;
    }
  }

  /** A plugin that asks and does not read the answers would fill the process with them. */
  #watch({ id, peer, isEnd }: Watch): void {
    const { maxWatches } = connectionLimits;
    if (this.#watches >= maxWatches)
      throw new ConnectionProtocolError(
        "too-much",
        `more than ${maxWatches} questions whose answers were not read`,
      );
    const found = this.#peer(peer);
    if (!found) return;
    this.#watches++;
    found.watch(isEnd, () =>
      this.#options.talk.say({ case: "gone", value: create(GoneSchema, { id }) }, () => {
        this.#watches--;
      }),
    );
  }

  /** @returns undefined for the client where it has gone on without the plugin. */
  #peer(peer: number): RelayedPeer | undefined {
    if (peer === 0) return this.#hasLeft ? undefined : this.#client;
    const found = this.#upstreams.get(peer);
    if (!found) throw new ConnectionProtocolError("bad-message", `peer ${peer} was never dialled`);
    return found;
  }

  #dial(peer: number): void {
    const { talk, dial, unreachable, onMoved } = this.#options;
    const { maxDials, maxTextLength } = connectionLimits;
    if (peer !== this.#upstreams.size + 1 || peer > maxDials)
      throw new ConnectionProtocolError(
        "bad-message",
        `dial ${peer} behind ${this.#upstreams.size}; one after the other, up to ${maxDials}, expected`,
      );
    const line = dial();
    this.#upstreams.set(
      peer,
      new RelayedPeer({
        peer,
        line,
        talk,
        onMoved,
        onOpened: () => talk.say({ case: "dialled", value: create(DialledSchema, { peer }) }),
        onFailed: (error) => {
          const reason = unreachable(error).slice(0, maxTextLength);
          talk.say({ case: "dialFailed", value: create(DialFailedSchema, { peer, reason }) });
        },
      }),
    );
  }

  /** The plugin says no more. Where it broke off, so do both ends: a peer can't go on with a part of what was said. */
  #ended(isBroken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!isBroken) {
      this.#closeAll();
      return;
    }
    if (!this.#hasLeft) this.#client.break();
    for (const upstream of this.#upstreams.values()) upstream.break();
  }

  #closeAll(): void {
    if (!this.#hasLeft) this.#client.close();
    for (const upstream of this.#upstreams.values()) upstream.close();
  }
}
