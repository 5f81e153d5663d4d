import type { EventDamage } from "../faults/stream-faults.ts";
import { eventJson, TYPE_MEMBERS } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { StreamUnit } from "../formats/stream-item.ts";
import { isJsonObject } from "../json-value.ts";
import { PROVIDERS } from "../providers/provider-table.ts";

const UNKNOWN = "faultwire_unknown";

/**
 * An event with something wrong in it; `undefined` where it has nothing that could be damaged so.
 *
 * - `invalid-json`: the data without its last character
 * - `truncated-tool-input`: a piece of a tool's input, cut to its first half
 * - `unknown-event-type`: name and `type` of an event that no client knows
 * - `missing-event-line`: without its name: in server-sent events as plain `message`
 * - all others: wrong checksums and lengths, where the format has any
 */
export function damageEvent(
  event: StreamUnit,
  whole: Uint8Array,
  how: EventDamage,
  format: StreamFormat,
): Uint8Array | undefined {
  if (event.data === null) return undefined;
  switch (how) {
    case "invalid-json":
      return eventJson(event) === undefined
        ? undefined
        : format.change(whole, { data: event.data.trimEnd().slice(0, -1) });
    case "unknown-event-type":
      return withUnknownType(event, whole, format);
    case "missing-event-line":
      return (
        format.damage(whole, how) ?? (event.name === null ? undefined : format.change(whole, { name: null }))
      );
    case "truncated-tool-input":
      return truncateToolInput(event, whole, format);
    case "bad-message-crc":
    case "bad-prelude-crc":
    case "bad-total-length":
    case "bad-headers-length":
      return format.damage(whole, how);
    default:
      return how satisfies never;
  }
}

function withUnknownType(event: StreamUnit, whole: Uint8Array, format: StreamFormat): Uint8Array | undefined {
  const json = eventJson(event);
  const hasNames = format.refuses.event === undefined;
  if (!isJsonObject(json)) return hasNames ? format.change(whole, { name: UNKNOWN }) : undefined;
  const known = TYPE_MEMBERS.find((member) => member in json);
  // Where neither a name nor a member says of what type an event is, there is no type to be unknown.
  if (known === undefined && !hasNames) return undefined;
  const name = event.name === null ? null : UNKNOWN;
  // An event that its name alone tells keeps its data: frames of Bedrock have no type inside.
  if (known === undefined && name !== null) return format.change(whole, { name });
  return format.change(whole, { name, data: JSON.stringify({ ...json, [known ?? "type"]: UNKNOWN }) });
}

type Step = string | number;

function truncateToolInput(
  event: StreamUnit,
  whole: Uint8Array,
  format: StreamFormat,
): Uint8Array | undefined {
  const json = eventJson(event);
  if (!isJsonObject(json)) return undefined;
  for (const { toolInputs } of Object.values(PROVIDERS))
    for (const { type, path } of toolInputs) {
      if (type !== undefined && json["type"] !== type) continue;
      const halved = withHalf(json, path);
      if (halved !== undefined) return format.change(whole, { data: JSON.stringify(halved) });
    }
  return undefined;
}

/** A value with the first half of the text at a path; `undefined` where there is no text. */
function withHalf(value: unknown, path: readonly Step[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined)
    return typeof value === "string" && value !== ""
      ? value.slice(0, Math.floor(value.length / 2))
      : undefined;
  const member = typeof step === "number" ? Array.isArray(value) : isJsonObject(value);
  if (!member) return undefined;
  const inner = withHalf((value as Readonly<Record<Step, unknown>>)[step], rest);
  if (inner === undefined) return undefined;
  return Array.isArray(value)
    ? value.map((one: unknown, at) => (at === step ? inner : one))
    : { ...(value as object), [step]: inner };
}
