/**
 * What two peers say to each other through a tunnel: finds the protocol, the target, asks the policy, and decides
 * chunk by chunk what goes on. It knows read calls from write calls only by what each can do.
 */
import { detectProtocol } from "@faultwire/tls-parser";
import { joinBytes } from "./bytes.ts";
import type { Side, TunnelEventBody } from "./events.ts";
import { HttpConversation } from "./http-conversation.ts";
import type { TunnelPolicy } from "./policy.ts";
import { TlsConversation } from "./tls-conversation.ts";
import { closed, closeReason, pass, type Verdict } from "./verdict.ts";

export interface ConversationOptions {
  /** Says who we are where we have to ask the upstream something ourselves. */
  readonly userAgent: string;
}

/** How a direction reaches us: as read calls (any answer is possible) or as write calls (few are). */
export type CallKind = "read" | "write";

/** What a protocol's part of a conversation is given. */
export interface ConversationContext {
  /** The sides that this conversation is heard on; narrows when one of two turns out not to be wrapped. */
  sides: readonly Side[];
  readonly policy: TunnelPolicy;
  readonly userAgent: string;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: (event: TunnelEventBody) => void;
  /** From now on the tunnel is to end, with whatever call comes. */
  readonly close: () => void;
  /** Nothing needs to be watched any more: every byte goes on as it is. */
  readonly leave: () => void;
}

/** A protocol's part: both directions' chunks in the order seen. */
export interface Watcher {
  fromClient(chunk: Uint8Array, kind: CallKind): Verdict;
  fromServer(chunk: Uint8Array, kind: CallKind): Verdict;
  /** What a write call is answered with while the tunnel is to end. */
  endingWrite(from: Side, clientEnded: boolean): Verdict;
  /** The tunnel is over. */
  finish(): void;
}

export class Conversation {
  readonly #context: ConversationContext;
  /** `undefined` while the protocol is not known, `null` when nothing needs to be watched. */
  #watcher: Watcher | null | undefined;
  /** The client's first bytes, until they tell the protocol. */
  #prefix = new Uint8Array(0);
  #closing: string | undefined;
  #clientEnded = false;
  #seenBy: Side | undefined;

  constructor(
    sides: readonly Side[],
    policy: TunnelPolicy,
    options: ConversationOptions,
    now: () => number,
    tell: (event: TunnelEventBody) => void,
  ) {
    this.#context = {
      sides,
      policy,
      userAgent: options.userAgent,
      now,
      tell,
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

  /** It turns out that one side only is wrapped. @returns the side that this conversation has been heard on. */
  narrow(): Side | undefined {
    const side = this.#seenBy;
    if (side) this.#context.sides = [side];
    return side;
  }

  /** Takes one chunk and says what becomes of it. */
  see(from: Side, kind: CallKind, chunk: Uint8Array): Verdict {
    this.#seenBy ??= kind === "read" ? from : from === "client" ? "server" : "client";
    if (this.#closing !== undefined) return this.#end(from, kind);
    const watcher = this.#watcher;
    if (watcher === null) return pass;
    const verdict = watcher
      ? from === "client"
        ? watcher.fromClient(chunk, kind)
        : watcher.fromServer(chunk, kind)
      : this.#detect(from, kind, chunk);
    if (verdict.kind === "close") {
      this.close();
      if (from === "client") this.#clientEnded = true;
    }
    return verdict;
  }

  #end(from: Side, kind: CallKind): Verdict {
    if (kind === "read") {
      if (from === "client") this.#clientEnded = true;
      return closed;
    }
    return this.#watcher ? this.#watcher.endingWrite(from, this.#clientEnded) : closed;
  }

  #detect(from: Side, kind: CallKind, chunk: Uint8Array): Verdict {
    // A server that speaks first speaks neither TLS nor HTTP.
    if (from === "server") return this.#unknown();
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
        if (detection.message === "response") return this.#unknown();
        return this.#found(new HttpConversation(this.#context, forwarded), chunk, kind);
      case "sslv2":
      case "other":
        return this.#unknown();
      default:
        return detection satisfies never;
    }
  }

  #found(watcher: Watcher, chunk: Uint8Array, kind: CallKind): Verdict {
    this.#watcher = watcher;
    this.#prefix = new Uint8Array(0);
    return watcher.fromClient(chunk, kind);
  }

  #unknown(): Verdict {
    this.#watcher = null;
    this.#context.tell({
      type: "connection",
      protocol: "other",
      host: undefined,
      alpnProtocols: [],
      target: false,
      sides: this.#context.sides,
    });
    return pass;
  }
}
