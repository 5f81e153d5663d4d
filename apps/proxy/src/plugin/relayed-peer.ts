/** One peer's connection, which the proxy keeps, and what a plugin says and hears of it. */
import { create } from "@bufbuild/protobuf";
import {
  ClosedSchema,
  CreditReceiver,
  CreditSchema,
  CreditSender,
  connectionLimits,
  EndKind as EndKindMessage,
  EndSchema,
} from "@faultwire/connection-protocol";
import type { EndKind } from "@faultwire/fault-session";
import { type Line, silentEars } from "@faultwire/lines";
import type { PluginTalk } from "./plugin-talk.ts";

/** What a peer's connection needs. */
export interface RelayedPeerOptions {
  /** 0 for the client, otherwise the number of the dial. */
  readonly peer: number;
  readonly line: Line;
  readonly talk: PluginTalk;
  /** Bytes have come or gone. */
  readonly onMoved: () => void;
  /** An upstream's connection is open. */
  readonly onOpened?: () => void;
  /** It could not be opened. */
  readonly onFailed?: (error: Error) => void;
}

/** Bytes behind which it is asked again when they have gone out, whether or not an answer is awaited. */
const askedBytes = connectionLimits.creditBytes / 16;

export class RelayedPeer {
  readonly #options: RelayedPeerOptions;
  /** What the peer says, on its way to the plugin. */
  readonly #sender: CreditSender;
  /** What the plugin says to the peer. */
  readonly #receiver: CreditReceiver;
  /** Questions to the line that wait for an answer, and bytes that were said behind the last of them. */
  #asked = 0;
  #unaskedBytes = 0;
  #hasFailed = false;

  constructor(options: RelayedPeerOptions) {
    this.#options = options;
    const { peer, line, talk, onMoved } = options;
    this.#sender = new CreditSender(talk.pluginCreditBytes, (bytes) => talk.sayBytes(peer, bytes));
    this.#receiver = new CreditReceiver(connectionLimits.creditBytes, (bytes) =>
      talk.say({ case: "credit", value: create(CreditSchema, { peer, bytes }) }),
    );
    const { peerEnd } = line;
    line.listen({
      data: (bytes) => {
        onMoved();
        this.receive(bytes);
      },
      ended: (how) => {
        onMoved();
        this.#ended(how);
      },
      drained() {},
      opened: () => options.onOpened?.(),
      failed: (error) => {
        this.#hasFailed = true;
        options.onFailed?.(error);
      },
      closed: () => this.#closed(),
    });
    if (peerEnd) this.#ended(peerEnd);
    line.setPaused(false);
  }

  /** Bytes of the plugin's that were not written to the peer's socket yet. Never more than the credit. */
  get heldBytes(): number {
    return this.#receiver.heldBytes;
  }
  /** Bytes of the peer that wait for the plugin's credit. */
  get waitingBytes(): number {
    return this.#sender.waitingBytes;
  }

  /** The peer has said something. */
  receive(bytes: Uint8Array): void {
    this.#sender.write(bytes);
    if (this.#sender.waitingBytes > 0) this.#options.line.setPaused(true);
  }

  /** The plugin says something to the peer. @throws ConnectionProtocolError `credit-exceeded` */
  say(bytes: Uint8Array): void {
    this.#receiver.take(bytes.length);
    this.#options.line.write(bytes);
    this.#unaskedBytes += bytes.length;
    if (this.#asked === 0 || this.#unaskedBytes >= askedBytes) this.#askWhenGone();
  }

  end(how: EndKind): void {
    this.#options.line.end(how);
  }

  /** Closes the peer's connection at once. */
  close(): void {
    this.#options.line.destroy();
  }

  /** Has the peer see that its connection broke, behind what was written to it. */
  break(): void {
    const { line } = this.#options;
    line.listen(silentEars);
    // One whose end was said before can't be reset any more.
    if (line.hasEnded) line.destroy();
    else line.end("reset");
    line.setPaused(false);
  }

  /** Tells when what was said so far, or the end, has gone out. */
  watch(isEnd: boolean, told: () => void): void {
    this.#options.line.whenGone(isEnd ? "ended" : "sent", (isGone) => {
      if (isGone) told();
    });
  }

  /** The plugin has room for more. @throws ConnectionProtocolError `bad-message` */
  granted(bytes: number): void {
    this.#sender.grant(bytes);
    if (this.#sender.waitingBytes === 0) this.#options.line.setPaused(false);
  }

  /** The peer's connection goes on with somebody else. */
  leave(): void {
    this.#options.line.listen(silentEars);
    this.#sender.forget();
    this.#closed();
  }

  /** Asks when all that was said so far has gone out. Not for each message: one may hold a byte, and there is credit for 500,000. */
  #askWhenGone(): void {
    const bytes = this.#unaskedBytes;
    this.#unaskedBytes = 0;
    this.#asked++;
    this.#options.line.whenGone("sent", () => {
      this.#asked--;
      this.#receiver.done(bytes);
      if (this.#asked === 0 && this.#unaskedBytes > 0) this.#askWhenGone();
    });
  }

  #ended(how: EndKind): void {
    const { peer, talk } = this.#options;
    const kind = how === "reset" ? EndKindMessage.RESET : EndKindMessage.FIN;
    // What waits of a connection that broke is lost, as it is with sockets.
    if (how === "reset") this.#sender.forget();
    this.#sender.behind(() => talk.say({ case: "end", value: create(EndSchema, { peer, kind }) }));
  }

  #closed(): void {
    if (this.#hasFailed) return;
    const { peer, talk } = this.#options;
    this.#sender.behind(() => talk.say({ case: "closed", value: create(ClosedSchema, { peer }) }));
  }
}
