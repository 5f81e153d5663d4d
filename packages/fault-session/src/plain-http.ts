/** HTTP/1.1 in clear: the exchanges on one side, the session on the other. */
import { headerValue } from "@faultwire/http1";
import { type EndKind, otherSide, sessionLimits } from "./carrier.ts";
import type { Side } from "./events.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import { type Acquaintance, hostOfHead, meetHttp } from "./introduction.ts";
import type { Part, PartContext } from "./part.ts";
import { isOfBytes } from "./wire-fault.ts";

/** Whether exchanges keep so much that nothing more is to be read from this peer for now. */
export function isFull(exchanges: HttpExchanges, from: Side): boolean {
  if (from === "client") return exchanges.isFull;
  // What is held until all of it has come, as a message to be changed is, goes on only by what is still to be read.
  const goesByItself = exchanges.wakeAtMs !== undefined || exchanges.isSending;
  return goesByItself && exchanges.heldBytes("server") >= sessionLimits.maxHeldBytes;
}

/** Why faults of TLS are none of plain HTTP. */
export const noTls = "there is no TLS in clear";

export class PlainHttp implements Part {
  readonly exchanges: HttpExchanges;
  readonly keepsBytes = true;
  readonly #context: PartContext;
  #met: Acquaintance | undefined;
  /** The upstream has ended; the client's end waits for what still goes to it. */
  #owedEnd: EndKind | undefined;

  constructor(context: PartContext) {
    this.#context = context;
    const { policy, desk, now, hooks, unread, unsentReason } = context;
    this.exchanges = new HttpExchanges({
      policy,
      desk,
      now,
      hooks,
      unsentReason,
      ...(context.insteadOf ? { insteadOf: context.insteadOf } : {}),
      unread: (reason, from) => unread(reason, from, this.#met),
      introduce: (head) => {
        const met = meetHttp(context, hostOfHead(head), headerValue(head.headers, "user-agent"));
        this.#met = met;
        const decision = met?.decision;
        if (met && decision) {
          if (decision.fault.kind.startsWith("tls.") || !isOfBytes(decision)) met.outcome(noTls);
          else context.faultBytes(decision, met);
        }
        return met?.facts ?? null;
      },
      port: {
        toClient: (bytes) => context.send("client", bytes),
        toServer: (bytes) => context.send("server", bytes),
        endClient: (how) => context.endClient(how),
        whenGone: (what, told) => context.whenGone("client", what, told),
        hold: (to, ms) => context.hold(to, ms),
      },
    });
  }

  get hasChanged(): boolean {
    return this.exchanges.hasChanged;
  }
  get wakeAtMs(): number | undefined {
    return this.exchanges.wakeAtMs;
  }
  heldBytes(from: Side): number {
    return this.exchanges.heldBytes(from);
  }
  isFull(from: Side): boolean {
    return isFull(this.exchanges, from);
  }

  get isMute(): boolean {
    return this.exchanges.isStalled;
  }

  receive(from: Side, bytes: Uint8Array): void {
    if (from === "client") this.exchanges.fromClient(bytes);
    else this.exchanges.fromServer(bytes);
    this.#payEnd();
  }

  ended(from: Side, how: EndKind): void {
    if (from === "server") {
      this.exchanges.serverEnded(how);
      this.#owedEnd = how;
    } else {
      this.exchanges.clientEnded();
      this.#context.end(otherSide(from), how);
    }
    this.#payEnd();
  }

  unreachable(reason: string): void {
    this.exchanges.unreachable(reason);
  }

  wake(): void {
    this.exchanges.wake();
    this.#payEnd();
  }

  finish(): void {
    this.exchanges.finish();
    this.#met?.outcome(endedFirst);
  }

  #payEnd(): void {
    if (this.#owedEnd === undefined || this.exchanges.owesClient) return;
    this.#context.end("client", this.#owedEnd);
    this.#owedEnd = undefined;
    this.exchanges.leave();
  }
}
