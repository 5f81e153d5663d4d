/**
 * What two peers say to each other through a tunnel that the host wrapped on one side only: finds the protocol, the
 * target, asks the policy, and decides chunk by chunk what goes on. One direction comes in read calls, the other in
 * write calls, which can be answered with little: much that can be done with both sides can't be done here.
 */

import type { UnreadReason } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1";
import { detectProtocol } from "@faultwire/tls-parser";
import { type ChunkAnswer, closed, closeReason, pass } from "./chunk-answer.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { HttpConversation } from "./http-conversation.ts";
import { TlsConversation } from "./tls-conversation.ts";

export class Conversation {
  readonly #context: ConversationContext;
  /** `undefined` while the protocol is not known, `null` when nothing needs to be watched. */
  #watcher: Watcher | null | undefined;
  /** The client's first bytes, until they tell the protocol. */
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

  /** Why the tunnel is to end, once it is. */
  get closing(): string | undefined {
    return this.#closing;
  }

  /** Ends the tunnel with the next call that can. */
  close(): void {
    this.#closing ??= closeReason;
  }

  /** The tunnel is over: tells what is left to tell. */
  finish(): void {
    this.#watcher?.finish();
    this.#watcher = null;
  }

  /** Takes one chunk and says what becomes of it. */
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
    // What is too short to tell goes on all the same: its sender may be waiting for an answer to just that.
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
