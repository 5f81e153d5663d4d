/** HTTP in clear in a tunnel heard on both sides: the exchanges on one side, the tunnel's ticks on the other. */

import type { Decision } from "@faultwire/fault-engine";
import {
  type Acquaintance,
  HttpExchanges,
  hostOfHead,
  isOfBytes,
  meetHttp,
  type Side,
} from "@faultwire/fault-session";
import { headerValue } from "@faultwire/http1";
import type { ConversationContext } from "./conversation-context.ts";
import type { TickSession, Ticks } from "./ticks.ts";
import { closeReason } from "./verdict.ts";
import { noTls } from "./ways.ts";

/** A session that can be asked whether it has changed anything, and that ends. */
export interface PairedSession extends TickSession {
  /** Whether the peers have got something else than what was said to them. */
  readonly hasChanged: boolean;
  finish(): void;
}

export class PlainHttpSession implements PairedSession {
  readonly #exchanges: HttpExchanges;
  #met: Acquaintance | undefined;
  readonly isBusy = false;

  constructor(context: ConversationContext, ticks: Ticks) {
    const { policy, desk, now, userAgent } = context;
    this.#exchanges = new HttpExchanges({
      policy,
      desk,
      now,
      userAgent,
      insteadOf: context.insteadOf,
      introduce: (head) => {
        const met = meetHttp(context, hostOfHead(head), headerValue(head.headers, "user-agent"));
        this.#met = met;
        if (met?.decision) this.#strike(met, met.decision, context);
        return met?.facts ?? null;
      },
      unread: (reason, from) => context.unread(reason, from, this.#met),
      port: {
        toClient: (bytes) => ticks.send("server", bytes),
        toServer: (bytes) => ticks.send("client", bytes),
        endClient: () => ticks.end("server", closeReason),
        whenGone: (what, told) => ticks.whenGone("server", what === "ended", told),
        stall: (from, ms) => ticks.stall(from, ms),
      },
    });
  }

  get hasChanged(): boolean {
    return this.#exchanges.hasChanged;
  }
  get wakeAtMs(): number | undefined {
    return this.#exchanges.wakeAtMs;
  }

  get isFull(): boolean {
    return this.#exchanges.isFull;
  }

  see(from: Side, chunk: Uint8Array): void {
    if (from === "client") this.#exchanges.fromClient(chunk);
    else this.#exchanges.fromServer(chunk);
  }
  idle(): Promise<void> {
    return Promise.resolve();
  }
  keeps(from: Side): boolean {
    return keepsCall(this.#exchanges, from);
  }
  holds(from: Side, hasOutput: boolean): boolean {
    return holdsCall(this.#exchanges, from, hasOutput);
  }
  isInRecord(): boolean {
    return false;
  }
  get isScheduled(): boolean {
    return this.#exchanges.isScheduled;
  }
  get isMute(): boolean {
    return this.#exchanges.isMute;
  }
  wake(atMs: number): void {
    this.#exchanges.wake(atMs);
  }
  ask(): void {
    this.#exchanges.ask();
  }
  #strike(met: Acquaintance, decision: Decision, context: ConversationContext): void {
    if (decision.fault.kind.startsWith("tls.") || !isOfBytes(decision)) met.outcome(noTls);
    else context.wire?.(decision, (reason) => met.outcome(reason));
  }

  finish(): void {
    this.#exchanges.finish();
    this.#met?.outcome("the connection ended first");
  }
}

/** A server → client call with nothing for the client is worth keeping while the upstream has nothing to say. */
export function keepsCall(exchanges: HttpExchanges, from: Side): boolean {
  return from === "server" && !exchanges.isOpaque && !exchanges.upstreamOwes;
}

/**
 * A call waits for what is due later, so that there is a call to send it with. One that stalls for ever is kept, so that
 * the upstream's end does not end it.
 */
export function holdsCall(exchanges: HttpExchanges, from: Side, hasOutput: boolean): boolean {
  if (from === "client" || exchanges.isOpaque) return false;
  const isLast = exchanges.isSending && !exchanges.upstreamOwes;
  if (exchanges.wakeAtMs !== undefined) return !hasOutput || (exchanges.isScheduled && isLast);
  return exchanges.isSending && !hasOutput;
}
