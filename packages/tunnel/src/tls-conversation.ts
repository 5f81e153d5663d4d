/**
 * TLS in a tunnel that the host wrapped on one side only. It reads the ClientHello and asks the policy. Where a fault is
 * decided, it follows the handshake up to the fault's moment. It decrypts nothing.
 *
 * With the server's side registered, a close answers a read call that holds the server's bytes: the client gets its FIN at
 * once. With the client's side alone, the client's direction is closed: the upstream sees that end and ends its own
 * connection, and that end reaches the client.
 */
import type { Moment } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { meetTls, strikeOf, TlsFollower } from "@faultwire/fault-session/internal";
import { joinBytes } from "@faultwire/http1/internal";
import { type ChunkAnswer, closed, needsBothSides, pass } from "./chunk-answer.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { provocation } from "./provocation.ts";

export class TlsConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #follower: TlsFollower;
  /** An alert that goes to the client in place of the server's next bytes. */
  #alert: Uint8Array | undefined;
  /** Whether the upstream has got an alert of ours. One is enough. */
  #isProvoked = false;

  /** @param forwarded - The client's bytes before, which have gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    const { now, tell, unread, side, wouldOpen } = context;
    this.#follower = new TlsFollower({
      now,
      tell,
      unread,
      // The other direction comes in write calls, and the host does not show all of its bytes.
      lossy: side === "client" ? "server" : "client",
      established: () => {},
      meet: (hello) => {
        const met = meetTls(context, hello, "opaque");
        if (met && wouldOpen) tell({ type: "not-opened", host: met.host, why: "one-side" });
        const strike = met?.decision ? strikeOf(met.decision.fault) : undefined;
        if (typeof strike === "string") met?.outcome(strike);
        else if (strike === null || strike?.act.kind === "hold") met?.outcome(needsBothSides);
        else return { met, strike };
        return { met, strike: undefined };
      },
    });
    if (forwarded.length > 0) this.#follower.see("client", forwarded);
  }

  get heldBytes(): number {
    return this.#follower.pendingBytes;
  }

  fromClient(chunk: Uint8Array, kind: CallKind): ChunkAnswer {
    return this.#see("client", chunk, kind);
  }

  fromServer(chunk: Uint8Array, kind: CallKind): ChunkAnswer {
    return this.#see("server", chunk, kind);
  }

  endingRead(from: Side): ChunkAnswer {
    const alert = this.#alert;
    if (from === "client" || !alert) return closed;
    this.#alert = undefined;
    this.#follower.met?.outcome(null);
    return { kind: "bytes", bytes: alert };
  }

  endingWrite(from: Side, clientEnded: boolean): ChunkAnswer {
    // Bytes for the client go on as long as its direction is open: the client may need them to speak again, and the tunnel
    // can end with that call.
    if (from === "server") return clientEnded ? closed : pass;
    if (this.#isProvoked) return closed;
    this.#isProvoked = true;
    return { kind: "bytes", bytes: provocation };
  }

  finish(): void {
    this.#follower.finish();
  }

  #see(from: Side, chunk: Uint8Array, kind: CallKind): ChunkAnswer {
    const reached = this.#follower.see(from, chunk);
    if (!reached) {
      if (this.#follower.isOver) this.#context.leave();
      return pass;
    }
    const { strike, recordEnd } = reached;
    // A fault with an alert is told of when the alert goes.
    if (strike.act.kind === "alert") this.#alert = strike.act.bytes;
    else this.#follower.met?.outcome(null);
    this.#context.close();
    return this.#answer(strike.at, from, kind, chunk, recordEnd);
  }

  /** The answer to the chunk that reaches the moment. `recordEnd`: where in the chunk its record ends. */
  #answer(moment: Moment, from: Side, kind: CallKind, chunk: Uint8Array, recordEnd: number): ChunkAnswer {
    const isServer = this.#context.side === "server";
    switch (moment) {
      case "client-hello":
        // With the server's side, the call that brings the upstream's answer is closed. With the client's side alone,
        // the client's direction is closed, and the upstream ends in turn.
        return isServer ? pass : closed;
      case "server-hello":
        // To close a write call would leave the client waiting. Here the server's bytes go on, and the next call ends the
        // tunnel.
        return kind === "read" ? this.endingRead("server") : pass;
      case "established":
        // The handshake is over. A request may have come in the same chunk, and the upstream must not get it. The client
        // then waits for a response, so an alert makes the upstream speak.
        if (from === "client" && !isServer) return closed;
        if (recordEnd === chunk.length) return pass;
        this.#isProvoked = true;
        return { kind: "bytes", bytes: joinBytes([chunk.subarray(0, recordEnd), provocation]) };
      case "response-head":
        return kind === "read" ? closed : pass;
      case "request":
        if (kind === "read") return closed;
        this.#isProvoked = true;
        return { kind: "bytes", bytes: provocation };
      default:
        return moment satisfies never;
    }
  }
}
