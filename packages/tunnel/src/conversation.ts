/**
 * A connection in a tunnel that the host wrapped on one side only. The conversation finds the protocol and the target,
 * asks the policy, and decides chunk by chunk what goes on. One direction comes in read calls, the other in write calls.
 * Few answers are possible to a write call, so many faults need both sides and are not carried out here.
 */

import type { UnreadReason } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1/internal";
import { detectProtocol } from "@faultwire/tls-parser";
import { type ChunkAnswer, closed, closeReason, pass } from "./chunk-answer.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { HttpConversation } from "./http-conversation.ts";
import { TlsConversation } from "./tls-conversation.ts";

export class Conversation {
  readonly #context: ConversationContext;
  /** `undefined`: the protocol is not known yet. `null`: every byte goes on unread. */
  #watcher: Watcher | null | undefined;
  /** The client's first bytes, as long as they do not show the protocol. */
  #prefix = new Uint8Array(0);
  #closing: string | undefined;
  #clientEnded = false;

  constructor(context: Omit<ConversationContext, "close" | "leave">) {
    this.#context = {
      ...context,
      close: () => this.close(),
      leave: () => {
        this.#watcher = null;
      },
    };
  }

  /** Why the tunnel is to end; undefined while it is not. */
  get closing(): string | undefined {
    return this.#closing;
  }

  /** Bytes of the peers that are kept. */
  get heldBytes(): number {
    return this.#prefix.length + (this.#watcher?.heldBytes ?? 0);
  }

  /** The tunnel is to end, with the next calls. */
  close(): void {
    this.#closing ??= closeReason;
  }

  /** The tunnel is over: the last events are told. */
  finish(): void {
    this.#watcher?.finish();
    this.#watcher = null;
  }

  /** Takes one chunk. @returns what becomes of it. */
  see(from: Side, kind: CallKind, chunk: Uint8Array): ChunkAnswer {
    if (this.#closing !== undefined) return this.#end(from, kind);
    const watcher = this.#watcher;
    if (watcher === null) return pass;
    const answer = watcher
      ? from === "client"
        ? watcher.fromClient(chunk, kind)
        : watcher.fromServer(chunk, kind)
      : this.#detect(from, kind, chunk);
    if (answer.kind === "close") {
      this.close();
      if (from === "client") this.#clientEnded = true;
    }
    return answer;
  }

  #end(from: Side, kind: CallKind): ChunkAnswer {
    if (kind === "read") {
      if (from === "client") this.#clientEnded = true;
      return this.#watcher?.endingRead(from) ?? closed;
    }
    return this.#watcher ? this.#watcher.endingWrite(from, this.#clientEnded) : closed;
  }

  #detect(from: Side, kind: CallKind, chunk: Uint8Array): ChunkAnswer {
    // A server that speaks first speaks neither TLS nor HTTP.
    if (from === "server") return this.#unknown("other-protocol", from);
    // A chunk that is too short to show the protocol goes on all the same: the client may wait for an answer to it.
    const forwarded = this.#prefix;
    const prefix = joinBytes([forwarded, chunk]);
    const detection = detectProtocol(prefix);
    switch (detection.kind) {
      case "more":
        this.#prefix = prefix.slice();
        return pass;
      case "tls":
        return this.#found(new TlsConversation(this.#context, forwarded), chunk, kind);
      case "http":
        if (detection.message === "response") return this.#unknown("other-protocol", from);
        return this.#found(new HttpConversation(this.#context, forwarded), chunk, kind);
      case "sslv2":
        return this.#unknown("malformed-hello", from);
      case "other":
        return this.#unknown("other-protocol", from);
      default:
        return detection satisfies never;
    }
  }

  #found(watcher: Watcher, chunk: Uint8Array, kind: CallKind): ChunkAnswer {
    this.#watcher = watcher;
    this.#prefix = new Uint8Array(0);
    return watcher.fromClient(chunk, kind);
  }

  #unknown(reason: UnreadReason, from: Side): ChunkAnswer {
    this.#watcher = null;
    this.#context.tell({
      type: "detected",
      protocol: "other",
      host: undefined,
      alpnProtocols: [],
      target: false,
    });
    this.#context.unread(reason, from);
    return pass;
  }
}
