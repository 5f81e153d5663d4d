/**
 * TLS in a tunnel that stays opaque: reads the ClientHello, asks the policy, and where the connection is to be
 * closed follows the handshake up to the moment. Nothing is decrypted.
 *
 * A close is carried out where the client sees it at once: on server → client read calls, which give the client
 * its FIN. Where only the client's side is registered it travels by the upstream, which ends when its stream ends.
 */
import { type HandshakeEvent, HandshakeTracker } from "@faultwire/handshake-fsm";
import {
  alpnProtocolsOf,
  type ClientHello,
  ContentType,
  RecordReader,
  serverNameOf,
  TlsParseError,
  type TlsRecord,
} from "@faultwire/tls-parser";
import { joinBytes } from "./bytes.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation.ts";
import type { Side } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import type { ConnectionFault, ConnectionMoment } from "./policy.ts";
import { closed, pass, type Verdict } from "./verdict.ts";

/**
 * An alert that no peer expects outside a handshake (RFC 8446 section 6): fatal, internal_error, in clear. It makes
 * an upstream end a connection, so that the client's end can be ended with it, before it has seen a request.
 */
const provocation = Uint8Array.of(ContentType.alert, 3, 3, 0, 2, 2, 80);

export class TlsConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #records: Readonly<Record<Side, RecordReader>> = {
    client: new RecordReader({ skipApplicationData: true }),
    server: new RecordReader({ skipApplicationData: true }),
  };
  readonly #tracker: HandshakeTracker;
  #clientHello: ClientHello | undefined;
  #host = "";
  #fault: ConnectionFault | undefined;
  #established = false;
  /** Whether the upstream has got its alert: one is enough. */
  #provoked = false;
  #reported = false;

  /** @param forwarded what the client has sent before and what has gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    // With one side registered, the other direction comes in write calls, and the host loses some of those.
    const [only, another] = context.sides;
    const lossy: Side | undefined =
      another !== undefined ? undefined : only === "client" ? "server" : "client";
    this.#tracker = new HandshakeTracker({ now: context.now, ...(lossy ? { lossy } : {}) });
    for (const _ of this.#records.client.push(forwarded));
  }

  fromClient(chunk: Uint8Array, kind: CallKind): Verdict {
    return this.#see("client", chunk, kind);
  }

  fromServer(chunk: Uint8Array, kind: CallKind): Verdict {
    return this.#see("server", chunk, kind);
  }

  endingWrite(from: Side, clientEnded: boolean): Verdict {
    // Toward the client: while it may still wait for this flight to speak again, the flight has to go on.
    if (from === "server") return clientEnded ? closed : pass;
    if (this.#provoked) return closed;
    this.#provoked = true;
    return { kind: "bytes", bytes: provocation };
  }

  /** The tunnel is over: what is known of a handshake that was not completed is worth telling, too. */
  finish(): void {
    if (!this.#clientHello) return;
    this.#tracker.end();
    this.#report();
  }

  #see(from: Side, chunk: Uint8Array, kind: CallKind): Verdict {
    const reader = this.#records[from];
    const chunkStart = reader.consumedBytes + reader.pendingBytes;
    try {
      for (const record of reader.push(chunk)) {
        if (!this.#reaches(from, record)) continue;
        const { at } = this.#fault ?? { at: "client-hello" };
        this.#report();
        this.#context.close();
        this.#context.tell({ type: "fault", fault: "close", host: this.#host, at, stage: "done" });
        return this.#verdict(at, from, kind, chunk, reader.consumedBytes - chunkStart);
      }
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      this.#lostTrack();
      return pass;
    }
    if (this.#tracker.state.name === "lost-track") this.#lostTrack();
    else if (this.#established && !this.#fault) this.#leave();
    return pass;
  }

  /** What becomes of the chunk in which the moment is reached, `recordEnd` bytes into it. */
  #verdict(
    moment: ConnectionMoment,
    from: Side,
    kind: CallKind,
    chunk: Uint8Array,
    recordEnd: number,
  ): Verdict {
    switch (moment) {
      case "client-hello":
        // The upstream's answer to it is what can be closed. With the client's side alone that is not so: the FIN
        // has to go by the upstream.
        return this.#context.sides.includes("server") ? pass : closed;
      case "server-hello":
        // A write call's close would leave the client waiting: there the flight goes on, and what follows ends.
        return kind === "read" ? closed : pass;
      case "established":
        // The handshake is whole; a request that came along with its end must not arrive, and as its sender now
        // waits, the upstream has to be made to speak.
        if (from === "client" && !this.#context.sides.includes("server")) return closed;
        if (recordEnd === chunk.length) return pass;
        this.#provoked = true;
        return { kind: "bytes", bytes: joinBytes([chunk.subarray(0, recordEnd), provocation]) };
      case "application-data":
        if (kind === "read") return closed;
        this.#provoked = true;
        return { kind: "bytes", bytes: provocation };
      default:
        return moment satisfies never;
    }
  }

  /** Follows one record. @returns whether the moment of the fault is reached with it. */
  #reaches(from: Side, record: TlsRecord): boolean {
    const wasEstablished = this.#established;
    let reached = false;
    for (const event of this.#tracker.feed(from, record)) {
      const moment = this.#momentOf(event);
      if (moment !== undefined && moment === this.#fault?.at) reached = true;
    }
    if (from === "client" && wasEstablished && record.type === ContentType.applicationData)
      reached ||= this.#fault?.at === "application-data";
    return reached;
  }

  #momentOf(event: HandshakeEvent): ConnectionMoment | undefined {
    switch (event.kind) {
      case "clientHello":
        // A second one, after a HelloRetryRequest, is the same connection's.
        if (event.isSecond) return undefined;
        this.#met(event.hello);
        return "client-hello";
      case "serverHello":
        return "server-hello";
      case "established":
        this.#established = true;
        return "established";
      case "state":
      case "alert":
      case "violation":
      case "closed":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #met(hello: ClientHello): void {
    const { policy, tell, sides } = this.#context;
    const serverName = serverNameOf(hello);
    const host = serverName === undefined ? undefined : hostOfAuthority(serverName);
    const target = host !== undefined && policy.isTarget(host);
    const alpnProtocols = alpnProtocolsOf(hello);
    this.#clientHello = hello;
    tell({ type: "connection", protocol: "tls", host, alpnProtocols, target, sides });
    this.#fault = target ? policy.connection({ protocol: "tls", host, alpnProtocols }) : undefined;
    this.#host = host ?? "";
    if (this.#fault)
      tell({ type: "fault", fault: "close", host: this.#host, at: this.#fault.at, stage: "decided" });
  }

  /** The bytes are not TLS any more, or some are missing: what was to happen later can't be timed. */
  #lostTrack(): void {
    if (this.#fault) this.#context.tell({ type: "fault-skipped", fault: "close", why: "lost-track" });
    this.#leave();
  }

  #leave(): void {
    this.#report();
    this.#context.leave();
  }

  /** Tells once what is known of the handshake. */
  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#context.tell({
      type: "handshake",
      clientHello: this.#clientHello,
      handshake: this.#tracker.summary(),
    });
  }
}
