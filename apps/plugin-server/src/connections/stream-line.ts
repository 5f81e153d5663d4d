/** A peer's connection that a host keeps, as a line: what is written goes over the stream, within the host's credit. */
import { create } from "@bufbuild/protobuf";
import {
  ConnectionProtocolError,
  CreditReceiver,
  CreditSender,
  connectionLimits,
  EndKind as EndKindMessage,
  type PluginStream,
  type ProcessConnectionResponse,
  ProcessConnectionResponseSchema,
} from "@faultwire/connection-protocol";
import type { EndKind } from "@faultwire/fault-session";
import { HeldBytes } from "@faultwire/http1/internal";
import { type Line, type LineEars, silentEars } from "@faultwire/lines";

/** What is said to a host. */
export type Said = ProcessConnectionResponse["message"];

/** Puts a message together. */
export const response = (message: Said): ProcessConnectionResponse =>
  create(ProcessConnectionResponseSchema, { message });

/** Questions of a stream that wait for an answer: when has something gone out? */
export interface Watches {
  /** @param told - Gets the answer. */
  add(told: (isGone: boolean) => void): number;
}

/** What a line needs of its stream. */
export interface StreamLineOptions {
  /** 0 for the client, otherwise the number of the dial. */
  readonly peer: number;
  readonly stream: Pick<PluginStream, "send" | "sendBytes">;
  readonly watches: Watches;
  /** What the host takes before it gives more. */
  readonly hostCreditBytes: number;
  /** The line is over, for both ends. */
  readonly onClosed: () => void;
}

/** Bytes that wait before the other peer is to wait. */
const maxUnsentBytes = 262_144;

/** What is shorter is put together while the peer is not to be heard: a byte by itself takes as much memory as 200 of them. */
const smallBytes = 4096;
/** Bytes that are put together. */
const gatheredBytes = 16_384;

type Heard = Uint8Array | HeldBytes | EndKind;

export class StreamLine implements Line {
  readonly #options: StreamLineOptions;
  readonly #sender: CreditSender;
  readonly #receiver: CreditReceiver;
  #ears: LineEars = silentEars;
  #isPaused = true;
  /** What the peer has said while it was not to be heard; within the credit that it was given. */
  #unheard: Heard[] = [];
  #isHearing = false;
  #peerEnd: EndKind | undefined;
  #end: EndKind | undefined;
  #isClosed = false;

  constructor(options: StreamLineOptions) {
    this.#options = options;
    const { peer, stream, hostCreditBytes } = options;
    this.#sender = new CreditSender(hostCreditBytes, (bytes) => stream.sendBytes(peer, bytes));
    this.#receiver = new CreditReceiver(connectionLimits.creditBytes, (bytes) =>
      stream.send(response({ case: "credit", value: credit(peer, bytes) })),
    );
  }

  get needsDrain(): boolean {
    return this.#sender.waitingBytes > maxUnsentBytes;
  }
  get waitingBytes(): number {
    return this.#sender.waitingBytes + this.#sender.unacknowledgedBytes;
  }
  get peerEnd(): EndKind | undefined {
    return this.#peerEnd;
  }
  get hasEnded(): boolean {
    return this.#end !== undefined || this.#isClosed;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  /** Bytes of the peer that are kept here. */
  get heldBytes(): number {
    return this.#receiver.heldBytes;
  }

  listen(ears: LineEars): void {
    this.#ears = ears;
  }

  write(bytes: Uint8Array): void {
    if (!this.hasEnded) this.#sender.write(bytes);
  }

  end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#end = how;
    const { peer, stream } = this.#options;
    const kind = how === "reset" ? EndKindMessage.RESET : EndKindMessage.FIN;
    this.#sender.behind(() => stream.send(response({ case: "end", value: endOf(peer, kind) })));
  }

  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    if (this.#isClosed) return;
    const { peer, stream, watches } = this.#options;
    this.#sender.behind(() => {
      const id = watches.add(told);
      const value = {
        $typeName: "faultwire.connection.v1.Watch" as const,
        id,
        peer,
        isEnd: what === "ended",
      };
      stream.send(response({ case: "watch", value }));
    });
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#hear();
  }

  destroy(): void {
    if (this.#isClosed) return;
    const { peer, stream } = this.#options;
    stream.send(response({ case: "close", value: { $typeName: "faultwire.connection.v1.Close", peer } }));
    this.closed();
  }

  /** The peer has said something. @throws ConnectionProtocolError `credit-exceeded`, `bad-message` */
  receive(bytes: Uint8Array): void {
    this.#receiver.take(bytes.length);
    this.#saidBehindEnd("bytes");
    this.#keep(bytes);
    this.#hear();
  }

  /** The peer's connection has ended. @throws ConnectionProtocolError `bad-message` */
  ended(how: EndKind): void {
    if (how === "fin") this.#saidBehindEnd("an end");
    // What is kept of a connection that broke is lost, as it is with sockets.
    if (how === "reset") this.#dropUnheard();
    this.#unheard.push(how);
    this.#hear();
    if (how === "reset") this.#sender.forget();
  }

  /** The host has room for so much more. @throws ConnectionProtocolError `bad-message` */
  granted(bytes: number): void {
    this.#sender.grant(bytes);
    if (!this.#isClosed && !this.needsDrain) this.#ears.drained();
  }

  /** The connection that was asked for is open. */
  opened(): void {
    this.#ears.opened?.();
  }

  /** It could not be opened. */
  failed(error: Error): void {
    this.#ears.failed?.(error);
    this.closed();
  }

  /** Both halves are over. */
  closed(): void {
    if (this.#isClosed) return;
    // What came before the end is heard before it.
    this.#isPaused = false;
    this.#hear();
    // An ear may have closed it.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sender.forget();
    this.#ears.closed();
    this.#ears = silentEars;
    this.#options.onClosed();
  }

  #saidBehindEnd(what: string): void {
    if (this.#peerEnd !== undefined || this.#unheard.some((each) => typeof each === "string"))
      throw new ConnectionProtocolError(
        "bad-message",
        `${what} of peer ${this.#options.peer} behind its end; nothing more expected`,
      );
  }

  #keep(bytes: Uint8Array): void {
    const last = this.#unheard.at(-1);
    if (last === undefined || bytes.length >= smallBytes) this.#unheard.push(bytes);
    else if (last instanceof HeldBytes && last.length < gatheredBytes) last.keep(last.join(bytes), 0);
    else {
      const gathered = new HeldBytes();
      gathered.keep(bytes, 0);
      this.#unheard.push(gathered);
    }
  }

  #dropUnheard(): void {
    for (const each of this.#unheard.splice(0))
      if (typeof each !== "string") this.#receiver.done(each.length);
  }

  #hear(): void {
    if (this.#isHearing) return;
    this.#isHearing = true;
    try {
      for (let [next] = this.#unheard; next && !this.#isPaused; [next] = this.#unheard) {
        this.#unheard.shift();
        if (typeof next === "string") {
          this.#peerEnd = next;
          this.#ears.ended(next);
        } else {
          const bytes = next instanceof HeldBytes ? next.take() : next;
          this.#ears.data(bytes);
          this.#receiver.done(bytes.length);
        }
      }
    } finally {
      this.#isHearing = false;
    }
  }
}

const credit = (peer: number, bytes: number) =>
  ({ $typeName: "faultwire.connection.v1.Credit", peer, bytes }) as const;
const endOf = (peer: number, kind: EndKindMessage) =>
  ({ $typeName: "faultwire.connection.v1.End", peer, kind }) as const;
