/** What a stream of units is written in: one interface, one folder a format. */
import type { EventDamage } from "../faults/stream-faults.ts";
import type { EventText, StreamFailure } from "../providers/provider-profile.ts";
import type { Provider } from "../providers/request-table.ts";
import type { FormatFacts, SplitPlace } from "./format-facts.ts";
import type { BlockChange } from "./sse/block.ts";
import type { UnitReader } from "./stream-item.ts";

/**
 * A format: how its units are read, changed, written and joined. Machines on streams know this interface alone; to add a
 * format is to add a folder and a row of `STREAM_FORMATS`.
 */
export interface StreamFormat extends FormatFacts {
  /** What stands before the first unit, between two and behind the last. */
  readonly around: { readonly opening: string; readonly between: string; readonly closing: string };
  /** A reader for one stream. */
  reader(): UnitReader;
  /** A unit of ours. */
  encode(text: EventText): Uint8Array;
  /** A unit with another name or other data; all else of it stays. */
  change(whole: Uint8Array, change: BlockChange): Uint8Array;
  /** The unit with which an API says in mid-stream that it failed; `provider`: whose stream it is, where that is known. */
  error(failure: StreamFailure, provider: Provider | null): EventText;
  /** What keeps a stream awake. It may stand between any two units. `null` where this stream has nothing of the kind. */
  ping(provider: Provider | null): Uint8Array | null;
  /** A unit with something wrong in how it is framed; `undefined` where the format has nothing that could be wrong so. */
  damage(whole: Uint8Array, how: EventDamage): Uint8Array | undefined;
  /** Where to cut a unit; `undefined` where it has no such place. */
  split(whole: Uint8Array, where: SplitPlace): number | undefined;
}
