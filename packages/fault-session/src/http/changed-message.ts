/** A changed response as a message: its data in, its head, data and end out, whatever carries them. */
import type { StreamAction } from "@faultwire/fault-engine";
import { type Header, headerValue } from "@faultwire/http1";
import { hasContentCoding } from "./coded-body.ts";
import { ResponseChange, type ResponseChangeOptions } from "./response-change.ts";

/** What goes to the client, in order. `close` and `reset`: the message breaks off here, before its head or behind it. */
export type MessageAction =
  /** The head: the response's status, and {@link ChangedMessage.headers}. */
  { readonly kind: "head" } | StreamAction;

type MessageMark = Extract<MessageAction, { readonly kind: "head" | "end" }>;

/** What a changed message is made from. */
export interface ChangedMessageOptions extends ResponseChangeOptions {
  /** The response that is changed, as far as it is known before its data. */
  readonly response: {
    readonly headers: readonly Header[];
    /** Whether the data is as its `content-encoding` made it, and not what it was made from. */
    readonly isEncoded: boolean;
    /** Bytes of the data where they are known by other means than the head. */
    readonly bodyBytes?: number;
    /** Whether it may have a body; true unless given. */
    readonly hasBody?: boolean;
  };
}

const NOTHING: MessageAction[] = [];

/**
 * "Behind so many bytes of the response" counts data alone; 0 is before the head.
 *
 * @example
 * ```ts
 * const changed = new ChangedMessage({ decision, plan, request, requestId: "req_1", nowMs, response: { headers, isEncoded: false } });
 * for (const action of changed.begin(now)) perform(action);
 * for await (const data of body) for (const action of changed.push(data, now())) perform(action);
 * for (const action of changed.finish(now(), true)) perform(action);
 * ```
 */
export class ChangedMessage extends ResponseChange<MessageMark> {
  /** The body broke off upstream. */
  #isBroken = false;

  constructor(options: ChangedMessageOptions) {
    const { headers, isEncoded, bodyBytes, hasBody = true } = options.response;
    super(options, {
      headers,
      isEncoded,
      hasBody,
      bodyBytes: bodyBytes ?? declaredBytes(headers, isEncoded),
    });
  }

  /** The upstream has answered. */
  begin(nowMs: number): MessageAction[] {
    return this.pass([{ kind: "head" }], nowMs);
  }

  /** A part of the response's body. */
  push(data: Uint8Array, nowMs: number): MessageAction[] {
    this.meter?.push(data);
    if (this.isOver) return NOTHING;
    const actions = this.machine?.push(data, this.bodyMs(nowMs)) ?? [{ kind: "bytes", bytes: data }];
    return this.pass(actions, nowMs);
  }

  /** The body has come to its end, or, where `isWhole` is false, breaks off. */
  finish(nowMs: number, isWhole: boolean): MessageAction[] {
    if (isWhole) this.meter?.finish();
    this.complete();
    if (this.isOver) return NOTHING;
    const actions: readonly StreamAction[] = this.machine?.finish(this.bodyMs(nowMs)) ?? [{ kind: "end" }];
    this.#isBroken ||= !isWhole;
    return this.pass(this.#ends(actions), nowMs);
  }

  /** What the machine gives once time has passed, as messages. */
  protected override woken(nowMs: number): MessageAction[] {
    return this.#ends(this.machine?.wake(nowMs) ?? NOTHING);
  }

  /** A body that broke off must not look whole. */
  #ends(actions: readonly MessageAction[]): MessageAction[] {
    return actions.map((action) =>
      action.kind === "end" && this.#isBroken ? { kind: "close" as const } : action,
    );
  }
}

/** A `content-length` counts bytes of the coded form. */
function declaredBytes(headers: readonly Header[], isEncoded: boolean): number | null {
  if (!isEncoded && hasContentCoding(headers)) return null;
  const declared = headerValue(headers, "content-length");
  return declared !== undefined && /^\d+$/.test(declared) ? Number(declared) : null;
}
