/**
 * TLS in a tunnel that the host wrapped on one side only: reads the ClientHello, asks the policy, and where something is
 * to happen to the connection follows the handshake up to the moment. Nothing is decrypted.
 *
 * A close is carried out where the client sees it at once: on server → client read calls, which give the client
 * its FIN. Where only the client's side is registered it travels by the upstream, which ends when its stream ends.
 */
import type { Moment } from "@faultwire/fault-engine";
import { meetTls, type Side, strikeOf, TlsFollower } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1";
import { type ChunkAnswer, closed, needsBothSides, pass } from "./chunk-answer.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { provocation } from "./provocation.ts";

export class TlsConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #follower: TlsFollower;
  /** An alert that goes to the client in place of the next flight. */
  #alert: Uint8Array | undefined;
  /** Whether the upstream has got its alert: one is enough. */
  #isProvoked = false;

  /** @param forwarded - What the client has sent before and what has gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    const { now, tell, unread, side, wouldOpen } = context;
    this.#follower = new TlsFollower({
      now,
      tell,
      unread,
      // The other direction comes in write calls, and the host loses some of those.
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
    // Toward the client: while it may still wait for this flight to speak again, the flight has to go on.
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
    // An alert is told of when it goes.
    if (strike.act.kind === "alert") this.#alert = strike.act.bytes;
    else this.#follower.met?.outcome(null);
    this.#context.close();
    return this.#answer(strike.at, from, kind, chunk, recordEnd);
  }

  /** What becomes of the chunk in which the moment is reached, `recordEnd` bytes into it. */
  #answer(moment: Moment, from: Side, kind: CallKind, chunk: Uint8Array, recordEnd: number): ChunkAnswer {
    const isServer = this.#context.side === "server";
    switch (moment) {
      case "client-hello":
        // The upstream's answer to it is what can be closed. With the client's side alone that is not so: the FIN
        // has to go by the upstream.
        return isServer ? pass : closed;
      case "server-hello":
        // A write call's close would leave the client waiting: there the flight goes on, and what follows ends.
        return kind === "read" ? this.endingRead("server") : pass;
      case "established":
        // The handshake is whole; a request that came along with its end must not arrive, and as its sender now
        // waits, the upstream has to be made to speak.
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
