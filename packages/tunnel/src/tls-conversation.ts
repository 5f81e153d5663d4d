/**
 * TLS in a tunnel that stays opaque: reads the ClientHello, asks the policy, and where the connection is to be
 * closed follows the records up to the moment. Nothing is decrypted; what is inferred is said so here.
 *
 * A close is carried out where the client sees it at once: on server → client read calls, which give the client
 * its FIN. Where only the client's side is registered it travels by the upstream, which ends when its stream ends.
 */
import {
  alpnProtocolsOf,
  type ClientHello,
  ContentType,
  decodeClientHello,
  decodeServerHello,
  HandshakeReader,
  HandshakeType,
  ProtocolVersion,
  RecordReader,
  selectedVersionOf,
  serverNameOf,
  TlsParseError,
  type TlsRecord,
} from "@faultwire/tls-parser";
import type { CallKind, ConversationContext, Watcher } from "./conversation.ts";
import type { Side } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import type { ConnectionFault, ConnectionMoment } from "./policy.ts";
import { closed, pass, type Verdict } from "./verdict.ts";

/** Where the connection is, as far as the records tell. */
type Phase =
  | { readonly kind: "client-hello"; readonly messages: HandshakeReader }
  | { readonly kind: "server-hello"; readonly messages: HandshakeReader }
  /** Waits for the client's Finished; `changed` once TLS 1.2's ChangeCipherSpec was seen. */
  | { readonly kind: "finished"; readonly tls13: boolean; changed: boolean }
  | { readonly kind: "established" };

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
  #phase: Phase = { kind: "client-hello", messages: new HandshakeReader() };
  #fault: ConnectionFault | undefined;

  /** @param forwarded what the client has sent before and what has gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    for (const _ of this.#records.client.push(forwarded));
  }

  fromClient(chunk: Uint8Array, kind: CallKind): Verdict {
    const moment = this.#watch("client", chunk);
    if (moment === undefined) return pass;
    this.#carryOut(moment);
    // With the client's side alone, no server → client call can close: the FIN has to go by the upstream.
    if (this.#only("client")) return closed;
    if (moment !== "application-data") return pass;
    return kind === "read" ? closed : { kind: "bytes", bytes: provocation };
  }

  fromServer(chunk: Uint8Array, kind: CallKind): Verdict {
    const moment = this.#watch("server", chunk);
    if (moment === undefined) return pass;
    this.#carryOut(moment);
    return kind === "read" ? closed : pass;
  }

  endingWrite(from: Side, clientEnded: boolean): Verdict {
    // Toward the client: while it may still wait for this flight to speak again, the flight has to go on.
    if (from === "server") return clientEnded ? closed : pass;
    return { kind: "bytes", bytes: provocation };
  }

  /** Reads what the chunk completes. @returns the fault's moment, when it is reached. */
  #watch(from: Side, chunk: Uint8Array): ConnectionMoment | undefined {
    try {
      let reached: ConnectionMoment | undefined;
      for (const record of this.#records[from].push(chunk)) {
        const moment = from === "client" ? this.#clientRecord(record) : this.#serverRecord(record);
        if (moment !== undefined && this.#fault?.at === moment) reached = moment;
      }
      return reached;
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      this.#lostTrack();
      return undefined;
    }
  }

  #clientRecord(record: TlsRecord): ConnectionMoment | undefined {
    const phase = this.#phase;
    switch (phase.kind) {
      case "client-hello":
        if (record.type !== ContentType.handshake) return undefined;
        for (const frame of phase.messages.push(record.fragment)) {
          if (frame.type !== HandshakeType.clientHello) break;
          this.#phase = { kind: "server-hello", messages: new HandshakeReader() };
          this.#met(decodeClientHello(frame.body));
          return "client-hello";
        }
        return undefined;
      case "server-hello":
        return undefined;
      case "finished":
        if (!phase.tls13 && record.type === ContentType.changeCipherSpec) phase.changed = true;
        else if (phase.tls13 ? record.type === ContentType.applicationData : phase.changed) {
          // Inferred: in TLS 1.3 the first encrypted record of the client, before it the one after its
          // ChangeCipherSpec, is (or begins) the flight that ends with Finished.
          this.#phase = { kind: "established" };
          return "established";
        }
        return undefined;
      case "established":
        return record.type === ContentType.applicationData ? "application-data" : undefined;
      default:
        return phase satisfies never;
    }
  }

  #serverRecord(record: TlsRecord): ConnectionMoment | undefined {
    const phase = this.#phase;
    if (phase.kind !== "server-hello" || record.type !== ContentType.handshake) return undefined;
    for (const frame of phase.messages.push(record.fragment)) {
      if (frame.type !== HandshakeType.serverHello) break;
      const hello = decodeServerHello(frame.body);
      // After a HelloRetryRequest the real one is still to come.
      if (hello.kind === "serverHello") {
        const tls13 = selectedVersionOf(hello) === ProtocolVersion.tls13;
        this.#phase = { kind: "finished", tls13, changed: false };
      }
      return "server-hello";
    }
    return undefined;
  }

  #met(hello: ClientHello): void {
    const { policy, tell, sides } = this.#context;
    const serverName = serverNameOf(hello);
    const host = serverName === undefined ? undefined : hostOfAuthority(serverName);
    const target = host !== undefined && policy.isTarget(host);
    const alpnProtocols = alpnProtocolsOf(hello);
    tell({ type: "connection", protocol: "tls", host, alpnProtocols, target, sides });
    this.#fault = target ? policy.connection({ protocol: "tls", host, alpnProtocols }) : undefined;
    if (this.#fault) tell({ type: "fault", fault: "close", at: this.#fault.at, stage: "decided" });
    else this.#context.leave();
  }

  #carryOut(at: ConnectionMoment): void {
    this.#context.close();
    this.#context.tell({ type: "fault", fault: "close", at, stage: "done" });
  }

  /** The bytes are not TLS any more, or some are missing: what was to happen later can't be timed. */
  #lostTrack(): void {
    if (this.#fault) this.#context.tell({ type: "fault-skipped", fault: "close", why: "lost-track" });
    this.#context.leave();
  }

  #only(side: Side): boolean {
    const { sides } = this.#context;
    return sides.length === 1 && sides[0] === side;
  }
}
