import type { StreamFault } from "../faults/stream-faults.ts";
import { eventJson } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { StreamUnit } from "../formats/stream-item.ts";
import type { Provider } from "../providers/request-table.ts";
import type { MachineContext } from "./fault-machine.ts";

/** The first and the last event of a stream that have passed: errors of some APIs go on from them. */
export class SeenEvents {
  #first: StreamUnit | null = null;
  #last: StreamUnit | null = null;

  add(event: StreamUnit): void {
    this.#first ??= event;
    this.#last = event;
  }

  get first(): unknown {
    return this.#first && eventJson(this.#first);
  }

  get last(): unknown {
    return this.#last && eventJson(this.#last);
  }
}

/** What an error event is made from. */
export interface ErrorEventOptions {
  readonly fault: Extract<StreamFault, { readonly kind: "stream.error-event" }>;
  /** Whose stream it is, where that is known. */
  readonly provider: Provider | null;
  readonly context: Pick<MachineContext, "requestId" | "path">;
  readonly seen: SeenEvents;
}

/** The event of a `stream.error-event` fault: the provider's own, with what the user gave in its place. */
export function encodeErrorEvent(
  { fault, provider, context, seen }: ErrorEventOptions,
  format: StreamFormat,
): Uint8Array {
  const { message, data, event, errorCode } = fault;
  const type = fault.type ?? "error";
  const own = format.error(
    {
      type,
      message: message ?? DEFAULT_MESSAGES[type] ?? "The stream failed",
      errorCode,
      requestId: context.requestId,
      name: event,
      path: context.path,
      first: seen.first,
      last: seen.last,
    },
    provider,
  );
  const name = event === null ? own.name : event === "" ? null : event;
  return format.encode({ name, data: data ?? own.data });
}

const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  overloaded_error: "Overloaded",
  api_error: "Internal server error",
  rate_limit_error: "This request would exceed your organization's rate limit.",
  timeout_error: "The request timed out.",
};
