/** What is said of formats where no stream is read: their names, and what has no meaning in them. */
import type { EventDamage } from "../faults/stream-faults.ts";
import type { FormatName } from "./format-name.ts";

/** Where a unit is to be cut in two. */
export type SplitPlace = "utf8" | "json" | "line";

/** Parts of faults that a format may lack, each with the reason. */
export interface FormatRefusals {
  /** Units have no names. */
  readonly event?: string;
  /** Nothing keeps a stream awake. */
  readonly ping?: string;
  /** Units that can't be damaged so. */
  readonly damage: Partial<Readonly<Record<EventDamage, string>>>;
  /** Units that have no such place. */
  readonly split: Partial<Readonly<Record<SplitPlace, string>>>;
}

/** What is said of one format. */
export interface FormatFacts {
  /** Its key in tables. */
  readonly name: FormatName;
  /** As people call it. */
  readonly title: string;
  /** What has no meaning in it, and why, in words for the user. */
  readonly refuses: FormatRefusals;
}

/** Damages of frames, for a format that has none. */
function withoutFrames(unit: string): FormatRefusals["damage"] {
  const reason = `${unit} has no frame with lengths and checksums`;
  return {
    "bad-message-crc": reason,
    "bad-prelude-crc": reason,
    "bad-total-length": reason,
    "bad-headers-length": reason,
  };
}

const NO_NAME = "has no name";

/** The facts of every format. */
export const FORMAT_FACTS: { readonly [Name in FormatName]: FormatFacts } = {
  sse: {
    name: "sse",
    title: "server-sent events",
    refuses: { damage: withoutFrames("a server-sent event"), split: {} },
  },
  "json-array": {
    name: "json-array",
    title: "a JSON array",
    refuses: {
      event: `an element of a JSON array ${NO_NAME}`,
      damage: {
        ...withoutFrames("an element of a JSON array"),
        "missing-event-line": `an element of a JSON array ${NO_NAME}`,
      },
      split: {},
    },
  },
  ndjson: {
    name: "ndjson",
    title: "lines of JSON",
    refuses: {
      event: `a line of JSON ${NO_NAME}`,
      ping: "nothing can stand between lines of JSON: clients read every line as a value",
      damage: { ...withoutFrames("a line of JSON"), "missing-event-line": `a line of JSON ${NO_NAME}` },
      split: { line: "a unit is one line, so that there is no line end inside it" },
    },
  },
  "aws-event-stream": {
    name: "aws-event-stream",
    title: "an AWS event stream",
    refuses: { damage: {}, split: { line: "a frame has no lines" } },
  },
};
