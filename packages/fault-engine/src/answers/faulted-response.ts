import type { BodyItem, ResponseHead } from "@faultwire/http1";
import { encodeChunk, encodeLastChunk, type Header } from "@faultwire/http1";
import { withHeaders } from "@faultwire/http1/internal";
import type { FaultMachine, StreamAction } from "../machines/fault-machine.ts";

/** What goes out to the client. */
export type WireAction =
  | {
      readonly kind: "bytes";
      /** What is written to the client's connection, as it stands. */
      readonly bytes: Uint8Array;
    }
  /** The response is complete; the connection may go on where `keepAlive` says so, and has to be closed otherwise. */
  | {
      readonly kind: "end";
      /** Whether the connection may carry another exchange. */
      readonly keepAlive: boolean;
    }
  | { readonly kind: "close" }
  | { readonly kind: "reset" };

/** How a body is framed on its way out. */
type OutgoingFraming = "none" | "length" | "chunked" | "until-close";

const CHUNKED: Header = ["transfer-encoding", "chunked"];

/**
 * Puts a {@link FaultMachine} between a response as it was read and the client: takes the items of a `ResponseReader`,
 * gives wire bytes. A chunked body is chunked anew. Where the machine may change the length of a body that had a
 * content-length, that line of the head gives way to one that says chunked (HTTP/1.1) or to an end by close (HTTP/1.0); all other
 * lines, and all other heads, go out byte for byte.
 *
 * Trailers are passed on with a body that ends whole.
 *
 * @example
 * ```ts
 * const faulted = new FaultedResponse(head, machine, { changesLength: true });
 * client.write(faulted.head);
 * for (const action of faulted.push(item, now)) perform(action);
 * ```
 */
export class FaultedResponse {
  /** The bytes of the head as the client is to get it. */
  readonly head: Uint8Array;
  readonly #machine: FaultMachine;
  readonly #framing: OutgoingFraming;
  readonly #keepAlive: boolean;
  #trailers: Uint8Array | undefined;
  #isBroken = false;
  /** Bytes that the content-length has promised and that have not gone out. */
  #owed: number;

  /**
   * @param options.changesLength - Whether the machine may add or leave out bytes of a body that ends whole; see
   * `changesLength`.
   */
  constructor(head: ResponseHead, machine: FaultMachine, options: { readonly changesLength: boolean }) {
    this.#machine = machine;
    const { framing } = head;
    this.#owed = framing.kind === "length" ? framing.bytes : 0;
    if (framing.kind !== "length" || !options.changesLength) {
      this.head = head.bytes;
      this.#framing = framing.kind;
      this.#keepAlive = head.keepAlive;
      return;
    }
    const others = head.headers.filter(([name]) => name.toLowerCase() !== "content-length");
    const isOld = head.version === "1.0";
    this.#framing = isOld ? "until-close" : "chunked";
    this.#keepAlive = !isOld && head.keepAlive;
    const kept = isOld
      ? others.filter(([name]) => name.toLowerCase() !== "connection")
      : [...others, CHUNKED];
    this.head = withHeaders(head, kept);
  }

  /** When to call {@link wake}. */
  get wakeAtMs(): number | undefined {
    return this.#machine.wakeAtMs;
  }

  /** Bytes that are held back; stop reading from the upstream while they are more than you want to hold. */
  get pendingBytes(): number {
    return this.#machine.pendingBytes;
  }

  /** True once an `end`, `close` or `reset` has been given. */
  get isOver(): boolean {
    return this.#machine.isOver;
  }

  /** Takes the next item of the response's body; `head` items are none. */
  push(item: BodyItem, nowMs: number): WireAction[] {
    switch (item.kind) {
      case "body":
        return this.#write(this.#machine.push(item.data, nowMs));
      case "trailers":
        this.#trailers = item.bytes.slice();
        return [];
      case "end":
        return this.#write(this.#machine.finish(nowMs));
      case "malformed":
      case "opaque":
        // The upstream broke its own framing. What it sent before goes out, but nothing may look like a whole body.
        if (this.#isBroken) return [];
        this.#isBroken = true;
        return this.#write(this.#machine.finish(nowMs));
      default:
        return item satisfies never;
    }
  }

  /**
   * The rest of the response can't be read: gives what is held, at once, so that the rest can follow as it came. An end that
   * the fault itself asks for is given; one of the body is not.
   */
  release(nowMs: number): WireAction[] {
    const actions = [...this.#machine.finish(nowMs), ...this.#machine.wake(Number.MAX_SAFE_INTEGER)];
    return this.#write(actions.filter(({ kind }) => kind !== "end"));
  }

  /** Time has passed. */
  wake(nowMs: number): WireAction[] {
    return this.#write(this.#machine.wake(nowMs));
  }

  #write(actions: readonly StreamAction[]): WireAction[] {
    return actions.flatMap((action): WireAction[] => {
      switch (action.kind) {
        case "bytes":
          // Behind the answer to a HEAD, or a 304, they would be read as the next response.
          if (this.#framing === "none") return [];
          this.#owed -= action.bytes.length;
          return [
            { kind: "bytes", bytes: this.#framing === "chunked" ? encodeChunk(action.bytes) : action.bytes },
          ];
        case "end":
          return this.#end();
        case "close":
        case "reset":
          return [action];
        default:
          return action satisfies never;
      }
    });
  }

  #end(): WireAction[] {
    // A body that keeps its content-length ends whole only where all of it went out.
    if (this.#isBroken || (this.#framing === "length" && this.#owed > 0)) return [{ kind: "close" }];
    const end: WireAction = { kind: "end", keepAlive: this.#keepAlive && this.#framing !== "until-close" };
    return this.#framing === "chunked" ? [this.#lastChunk(), end] : [end];
  }

  #lastChunk(): WireAction {
    const trailers = this.#trailers;
    if (trailers === undefined) return { kind: "bytes", bytes: encodeLastChunk() };
    const bytes = new Uint8Array(3 + trailers.length);
    bytes.set([0x30, 13, 10]);
    bytes.set(trailers, 3);
    return { kind: "bytes", bytes };
  }
}
