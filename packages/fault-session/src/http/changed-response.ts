/** A changed response in the form of HTTP/1.1: items of the upstream's response in, bytes for the client out. */
import { FaultedResponse, type WireAction } from "@faultwire/fault-engine";
import type { BodyItem, ResponseHead } from "@faultwire/http1";
import { withHeaders } from "@faultwire/http1/internal";
import { ResponseChange, type ResponseChangeOptions } from "./response-change.ts";

type WireEnd = Extract<WireAction, { readonly kind: "end" }>;

export interface ChangedResponseOptions extends ResponseChangeOptions {
  readonly head: ResponseHead;
}

const NOTHING: WireAction[] = [];

/** Where no machine works on the body, every byte of it goes out as it came, framing included. */
export class ChangedResponse extends ResponseChange<WireEnd> {
  readonly #keepAlive: boolean;
  readonly #faulted: FaultedResponse | null;
  readonly #head: Uint8Array;
  #isBrokenOff = false;

  constructor(options: ChangedResponseOptions) {
    const { head } = options;
    const { headers, framing } = head;
    super(options, {
      headers,
      bodyBytes: framing.kind === "length" ? framing.bytes : null,
      isEncoded: true,
      hasBody: framing.kind !== "none",
    });
    this.#keepAlive = head.keepAlive;
    const marked =
      this.headers === headers
        ? head
        : { ...head, headers: this.headers, bytes: withHeaders(head, this.headers) };
    const { machine, changesLength } = this;
    this.#faulted = machine && new FaultedResponse(marked, machine, { changesLength });
    this.#head = this.#faulted?.head ?? marked.bytes;
  }

  /** Whether the upstream's response broke off before the client had all that it gets. */
  get isBrokenOff(): boolean {
    return this.#isBrokenOff;
  }

  /** The head. What has no body may be over with it; its `end` item comes right behind. */
  begin(nowMs: number): WireAction[] {
    return this.pass([{ kind: "bytes", bytes: this.#head }], nowMs);
  }

  /** Takes an item of the upstream's response behind its head. */
  push(item: BodyItem, nowMs: number): WireAction[] {
    if (item.kind === "body") this.meter?.push(item.data);
    if (item.kind === "end") this.meter?.finish();
    if (item.kind === "end" || item.kind === "malformed" || item.kind === "opaque") this.complete();
    if (this.isOver) return NOTHING;
    this.#isBrokenOff ||= item.kind === "malformed";
    if (this.#faulted) return this.pass(this.#faulted.push(item, this.bodyMs(nowMs)), nowMs);
    const actions: WireAction[] = item.bytes.length > 0 ? [{ kind: "bytes", bytes: item.bytes }] : [];
    if (item.kind === "end") actions.push({ kind: "end", keepAlive: this.#keepAlive });
    if (item.kind === "malformed") actions.push({ kind: "close" });
    return this.pass(actions, nowMs);
  }

  /** The rest of the upstream's response can't be read: gives all that is held, at once. */
  release(nowMs: number): WireAction[] {
    this.complete();
    this.gate.open();
    return this.pass(this.#faulted?.release(nowMs) ?? NOTHING, nowMs);
  }

  protected override woken(nowMs: number): WireAction[] {
    return this.#faulted?.wake(nowMs) ?? NOTHING;
  }
}
