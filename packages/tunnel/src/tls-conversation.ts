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
import { joinBytes } from "./bytes.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation.ts";
import type { Side } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import type { ConnectionFault, ConnectionMoment } from "./policy.ts";
import { closed, pass, type Verdict } from "./verdict.ts";

/** Where the connection is, as far as the records tell. */
type Phase =
  | { readonly kind: "client-hello"; readonly messages: HandshakeReader }
  | { readonly kind: "server-hello"; readonly messages: HandshakeReader }
  /** TLS 1.3: waits for the client's Finished, the first record of its that is encrypted. */
  | { readonly kind: "client-finished" }
  /** Before TLS 1.3: waits for both Finished, each the record after its side's ChangeCipherSpec. */
  | { readonly kind: "both-finished"; readonly seen: Record<Side, "nothing" | "change" | "finished"> }
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
    return this.#see("client", chunk, kind);
  }

  fromServer(chunk: Uint8Array, kind: CallKind): Verdict {
    return this.#see("server", chunk, kind);
  }

  endingWrite(from: Side, clientEnded: boolean): Verdict {
    // Toward the client: while it may still wait for this flight to speak again, the flight has to go on.
    if (from === "server") return clientEnded ? closed : pass;
    return { kind: "bytes", bytes: provocation };
  }

  #see(from: Side, chunk: Uint8Array, kind: CallKind): Verdict {
    const reader = this.#records[from];
    const chunkStart = reader.consumedBytes + reader.pendingBytes;
    try {
      for (const record of reader.push(chunk)) {
        const moment = from === "client" ? this.#clientRecord(record) : this.#serverRecord(record);
        if (moment === undefined || this.#fault?.at !== moment) continue;
        this.#context.close();
        this.#context.tell({ type: "fault", fault: "close", at: moment, stage: "done" });
        return this.#verdict(moment, from, kind, chunk, reader.consumedBytes - chunkStart);
      }
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      this.#lostTrack();
    }
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
        return { kind: "bytes", bytes: joinBytes([chunk.subarray(0, recordEnd), provocation]) };
      case "application-data":
        return kind === "read" || from === "server" ? closed : { kind: "bytes", bytes: provocation };
      default:
        return moment satisfies never;
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
      case "client-finished":
        if (record.type !== ContentType.applicationData) return undefined;
        // Inferred: it is (or begins) the flight that ends with Finished.
        this.#phase = { kind: "established" };
        return "established";
      case "both-finished":
        return this.#finishes(phase.seen, "client", record);
      case "established":
        return record.type === ContentType.applicationData ? "application-data" : undefined;
      default:
        return phase satisfies never;
    }
  }

  #serverRecord(record: TlsRecord): ConnectionMoment | undefined {
    const phase = this.#phase;
    if (phase.kind === "both-finished") return this.#finishes(phase.seen, "server", record);
    if (phase.kind !== "server-hello" || record.type !== ContentType.handshake) return undefined;
    for (const frame of phase.messages.push(record.fragment)) {
      if (frame.type !== HandshakeType.serverHello) break;
      const hello = decodeServerHello(frame.body);
      // After a HelloRetryRequest the real one is still to come.
      if (hello.kind === "serverHello") {
        this.#phase =
          selectedVersionOf(hello) === ProtocolVersion.tls13
            ? { kind: "client-finished" }
            : { kind: "both-finished", seen: { client: "nothing", server: "nothing" } };
      }
      return "server-hello";
    }
    return undefined;
  }

  /** Before TLS 1.3: a side's ChangeCipherSpec, then its Finished; the handshake is whole with the second of these. */
  #finishes(
    seen: Record<Side, "nothing" | "change" | "finished">,
    from: Side,
    record: TlsRecord,
  ): ConnectionMoment | undefined {
    if (record.type === ContentType.changeCipherSpec) seen[from] = "change";
    else if (seen[from] === "change") seen[from] = "finished";
    if (seen.client !== "finished" || seen.server !== "finished") return undefined;
    this.#phase = { kind: "established" };
    return "established";
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

  /** The bytes are not TLS any more, or some are missing: what was to happen later can't be timed. */
  #lostTrack(): void {
    if (this.#fault) this.#context.tell({ type: "fault-skipped", fault: "close", why: "lost-track" });
    this.#context.leave();
  }
}
