import { jsonMember } from "../json-value.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import { PROVIDER_NAMES, type Provider } from "../providers/request-table.ts";
import type { StreamUnit } from "./stream-item.ts";

/** What an event is to those who follow the stream of a model API. */
export interface EventMeaning {
  /** The event's name, else the `type` (or `event_type`) in its JSON, else `done` for `[DONE]`, else `message`. */
  readonly type: string;
  /** A ping, a comment, a blank block: no part of the answer, and not counted. */
  readonly isPing: boolean;
  /** Carries a piece of the answer. */
  readonly isDelta: boolean;
  /** After it the answer is complete. */
  readonly isLast: boolean;
  /** The API whose events look so; `null` where they look like nobody's. */
  readonly provider: Provider | null;
}

/** The data of an event as JSON; `undefined` where it is none. */
export function eventJson(event: StreamUnit): unknown {
  if (event.data === null || !/^\s*[{[]/.test(event.data)) return undefined;
  try {
    return JSON.parse(event.data);
  } catch {
    return undefined;
  }
}

/** Names of events that keep a stream awake. */
const PINGS: ReadonlySet<string> = new Set(Object.values(PROVIDERS).flatMap(({ ping }) => ping?.name ?? []));

/**
 * What an event means, told by its own look to the first API whose events look so; for anybody else's, every event with
 * data is a delta.
 *
 * @param likely - Whose stream it is as far as the request tells: asked first, because some APIs speak that of another.
 * @example
 * ```ts
 * eventMeaning({ name: "message_stop", data: '{"type":"message_stop"}' }).isLast; // true
 * ```
 */
export function eventMeaning(event: StreamUnit, likely: Provider | null = null): EventMeaning {
  return meaningOf(event, eventJson(event), likely);
}

/** The same, where its data has been read. */
export function meaningOf(event: StreamUnit, json: unknown, likely: Provider | null = null): EventMeaning {
  const { data } = event;
  if (data === null) return { type: "comment", isPing: true, isDelta: false, isLast: false, provider: null };
  const type = event.name ?? insideType(json) ?? "message";
  if (PINGS.has(type)) return { type, isPing: true, isDelta: false, isLast: false, provider: null };
  for (const provider of likely === null ? PROVIDER_NAMES : [likely, ...PROVIDER_NAMES]) {
    const role = PROVIDERS[provider].eventRole({ type, data, json });
    if (role !== undefined) return { ...role, isPing: false, provider };
  }
  return { type, isPing: false, isDelta: type !== "error", isLast: false, provider: null };
}

/** The names of the member that says of what type an event is. */
export const TYPE_MEMBERS = ["type", "event_type"] as const;

function insideType(json: unknown): string | undefined {
  for (const member of TYPE_MEMBERS) {
    const type = jsonMember(json, member);
    if (typeof type === "string") return type;
  }
  return undefined;
}

/** Whether an event is of a type that a rule names. OpenAI's end marker may be named as it stands in the stream. */
export const isOfType = ({ type }: EventMeaning, wanted: string): boolean =>
  type === wanted || (type === "done" && wanted === "[DONE]");
