/** HTTP in clear, of either version: what it speaks on one side, the session on the other. */
import { type EndKind, otherSide } from "./carrier.ts";
import type { Side } from "./events.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import type { Acquaintance } from "./introduction.ts";
import type { Part, PartContext } from "./part.ts";
import type { Spoken } from "./spoken.ts";

export abstract class ClearPart<Speaks extends Spoken> implements Part {
  readonly keepsBytes = true;
  protected readonly spoken: Speaks;
  protected readonly met: () => Acquaintance | undefined;
  readonly #context: PartContext;
  /** The upstream has ended; the client's end waits for what still goes to it. */
  #owedEnd: EndKind | undefined;

  /** @param met - What the first message has told of the connection. */
  protected constructor(context: PartContext, spoken: Speaks, met: () => Acquaintance | undefined) {
    this.#context = context;
    this.spoken = spoken;
    this.met = met;
  }

  get hasChanged(): boolean {
    return this.spoken.hasChanged;
  }
  get wakeAtMs(): number | undefined {
    return this.spoken.dueAtMs;
  }
  get isMute(): boolean {
    return this.spoken.isStalled;
  }
  heldBytes(from: Side): number {
    return this.spoken.heldBytes(from);
  }

  /** Whether the client's end waits for what still goes to it. */
  protected get owesEnd(): boolean {
    return this.#owedEnd !== undefined;
  }

  receive(from: Side, bytes: Uint8Array): void {
    if (from === "client") this.spoken.fromClient(bytes);
    else this.spoken.fromServer(bytes);
    this.payEnd();
  }

  ended(from: Side, how: EndKind): void {
    if (from === "server") {
      this.spoken.serverEnded(how);
      this.#owedEnd = how;
    } else {
      this.spoken.clientEnded();
      this.#context.end(otherSide(from), how);
    }
    this.payEnd();
  }

  unreachable(reason: string): void {
    this.spoken.unreachable(reason);
  }

  wake(): void {
    this.spoken.wake();
    this.payEnd();
  }

  finish(): void {
    this.spoken.finish();
    this.met()?.outcome(endedFirst);
  }

  /** Passes the upstream's end on, once the client has got all that comes before it. */
  protected payEnd(): void {
    if (this.#owedEnd === undefined || this.spoken.owesClient) return;
    this.#context.end("client", this.#owedEnd);
    this.#owedEnd = undefined;
    this.spoken.leave();
  }
}
