import type { Provider } from "../providers/request-table.ts";
import { writeCount } from "../write-count.ts";
import type { FaultRows } from "./fault-row.ts";
import { forTime, ordinal, RESET_IN_TUNNELS, writeMs } from "./fault-words.ts";

/**
 * Which events of a stream, counted from 0 and without pings and comments. All that is given has to hold. The event in
 * which a stream ends counts, with its blank line or without.
 */
export interface EventSelector {
  /** Numbers of events, from 0; `null` is any. */
  readonly indices: readonly number[] | null;
  /** The event's name, or the `type` in its JSON; `[DONE]` is OpenAI's end marker. */
  readonly types: readonly string[] | null;
  /** Every n-th: the events n−1, 2n−1, … */
  readonly every: number | null;
  /** A share of the events, by the decision's own draws. */
  readonly probability: number | null;
}

/** A point of an event stream. */
export type StreamPoint =
  | {
      readonly kind: "events";
      /** How many events: that have passed, or, for `before-end`, that are still to come. */
      readonly events: number;
    }
  | {
      readonly kind: "bytes";
      /** Bytes of the body that have passed. */
      readonly bytes: number;
    }
  | {
      readonly kind: "time";
      /** Milliseconds from the start of the body. */
      readonly ms: number;
    }
  | {
      readonly kind: "first-delta";
      /** Whether it is before or behind the first event that carries a piece of the answer. */
      readonly side: "before" | "after";
    }
  /** Before the first event of a type; `terminal`: before the event with which the answer is complete, whatever its type. */
  | {
      readonly kind: "before";
      /** The event's type, or `terminal`. */
      readonly type: string;
    }
  /** So many events before the end; the stream is held back by as many. */
  | {
      readonly kind: "before-end";
      /** How many events: that have passed, or, for `before-end`, that are still to come. */
      readonly events: number;
    };

/** How a stream stops: with a proper end, with a FIN, with a FIN in the middle of the next event, with a RST. */
export type StreamStop = "clean" | "fin" | "mid-event" | "reset";

/** Ways to damage an event. */
export const EVENT_DAMAGES = [
  "invalid-json",
  "truncated-tool-input",
  "unknown-event-type",
  "missing-event-line",
  "bad-message-crc",
  "bad-prelude-crc",
  "bad-total-length",
  "bad-headers-length",
] as const;
/** One of {@link EVENT_DAMAGES}. */
export type EventDamage = (typeof EVENT_DAMAGES)[number];

/** What happens to a stream of events, whatever its format. */
export type StreamFault =
  | {
      readonly kind: "stream.error-event";
      /** Where in the stream it happens. */
      readonly at: StreamPoint;
      /** `null` where `data` says everything. */
      readonly type: string | null;
      /** Types by the API that a request is for; `type` is for all others. Left out: `type` is for all. */
      readonly types?: Readonly<Partial<Record<Provider, string>>>;
      /** What the error says; `null` for the provider's own words. */
      readonly message: string | null;
      /** The event's data; `null` for the provider's own form of `type` and `message`. */
      readonly data: string | null;
      /** The event's name; `null` for the provider's own, empty for none. */
      readonly event: string | null;
      /** Anthropic's `details.error_code`, OpenAI's `code`; `null` for none. */
      readonly errorCode: string | null;
      /** `none`: the stream goes on behind it. */
      readonly stop: StreamStop | "none";
    }
  | {
      readonly kind: "stream.cut";
      /** Where in the stream it happens. */
      readonly at: StreamPoint;
      /** How the connection ends there. */
      readonly stop: StreamStop;
    }
  | {
      readonly kind: "stream.stall";
      /** Where in the stream it happens. */
      readonly at: StreamPoint;
      /** Milliseconds for which no event passes; `null` is for ever. */
      readonly forMs: number | null;
      /** Milliseconds between the pings that are sent meanwhile; `null` sends none. */
      readonly pingEveryMs: number | null;
    }
  | {
      readonly kind: "stream.pace";
      /** Milliseconds from the start of the body to the first event. */
      readonly firstEventMs: number;
      /** Milliseconds between two events. */
      readonly eventMs: number;
      /** How much longer each wait may be, in milliseconds; drawn anew each time. */
      readonly jitterMs: number;
    }
  | {
      readonly kind: "stream.drop";
      /** Which events it touches. */
      readonly events: EventSelector;
    }
  | {
      readonly kind: "stream.duplicate";
      /** Which events it touches. */
      readonly events: EventSelector;
    }
  /** Each chosen event changes places with the event after it; pings and comments between them stay. */
  | {
      readonly kind: "stream.reorder";
      /** Which events it touches. */
      readonly events: EventSelector;
    }
  | {
      readonly kind: "stream.split";
      /** Which events it touches. */
      readonly events: EventSelector;
      /** Where an event is cut in two: within a character, within a value of its JSON, or within a line. */
      readonly where: "utf8" | "json" | "line";
      /** Milliseconds between the two parts. */
      readonly gapMs: number;
    }
  | {
      readonly kind: "stream.damage";
      /** Which events it touches. */
      readonly events: EventSelector;
      /** What is wrong with the event. */
      readonly how: EventDamage;
    };

function writePoint(at: StreamPoint): string {
  switch (at.kind) {
    case "events":
      return at.events === 0 ? "before the first event" : `after ${writeCount(at.events, "event")}`;
    case "bytes":
      return `after ${writeCount(at.bytes, "byte")} of the stream`;
    case "time":
      return `${writeMs(at.ms)} into the stream`;
    case "first-delta":
      return `${at.side} the first piece of the answer`;
    case "before":
      return at.type === "terminal"
        ? "before the event that completes the answer"
        : `before the first event of type ${at.type}`;
    case "before-end":
      return at.events === 1 ? "before the last event" : `before the last ${at.events} events`;
    default:
      return at satisfies never;
  }
}

const STOPS: Readonly<Record<StreamStop | "none", string>> = {
  none: "the stream goes on",
  clean: "the body ends as if it were whole",
  fin: "the connection is closed",
  "mid-event": "the connection is closed in the middle of the next event",
  reset: `the connection is reset (${RESET_IN_TUNNELS})`,
};

function writeSelector({ indices, types, every, probability }: EventSelector): string {
  const parts: string[] = [];
  if (indices !== null) parts.push(`number ${indices.join(", ")} (from 0)`);
  if (types !== null) parts.push(`of type ${types.join(" or ")}`);
  if (every !== null) parts.push(every === 1 ? "each" : `every ${ordinal(every)}`);
  if (probability !== null) parts.push(`a share of ${probability * 100} %`);
  return `events: ${parts.join(", ")}`;
}

function writeErrorEvent({
  data,
  type,
  types,
}: Extract<StreamFault, { kind: "stream.error-event" }>): string {
  if (data !== null) return "with data of its own";
  return types === undefined ? `${type}` : `${type}, or its like of the API that is asked`;
}

/** The rows of the stream layer, in the order of the documentation. */
export const streamRows: FaultRows<StreamFault> = {
  "stream.error-event": {
    example:
      "{ stream: { errorEvent: { type: overloaded_error, message: busy, afterEvents: 5, stop: clean } } }",
    doc: "an `error` event in a 200 stream, without `type` a failure in the words of the API that is asked; `data` and `event` for one of your own, `errorCode`; `stop: none` goes on",
    describe: (fault) =>
      `an error event (${writeErrorEvent(fault)}) ${writePoint(fault.at)}; then ${STOPS[fault.stop]}`,
  },
  "stream.cut": {
    example: "{ stream: { cut: { afterEvents: 8, stop: mid-event } } }",
    doc: "no last events; `stop`: `clean`, `fin`, `mid-event`, `reset`",
    describe: (fault) => `the stream is cut ${writePoint(fault.at)}: ${STOPS[fault.stop]}`,
  },
  "stream.stall": {
    example: "{ stream: { stall: { firstDelta: after, for: 1m, pingEvery: 5s } } }",
    doc: "silence, with pings or without",
    describe: (fault) =>
      `the stream falls silent ${forTime(fault.forMs)}, ${writePoint(fault.at)}${fault.pingEveryMs === null ? "" : `, but for a ping every ${writeMs(fault.pingEveryMs)}`}`,
  },
  "stream.pace": {
    example: "{ stream: { pace: { firstEvent: 2s, event: 50ms, jitter: 20ms } } }",
    doc: "slow tokens",
    describe: (fault) =>
      `the first event after ${writeMs(fault.firstEventMs)}, then one every ${writeMs(fault.eventMs)}${fault.jitterMs === 0 ? "" : ` and up to ${writeMs(fault.jitterMs)} more`}`,
  },
  "stream.drop": {
    example: "{ stream: { drop: { events: [2, 3] } } }",
    doc: "missing events",
    describe: (fault) => `left out are ${writeSelector(fault.events)}`,
  },
  "stream.duplicate": {
    example: "{ stream: { duplicate: { types: [content_block_delta], probability: 0.1 } } }",
    doc: "events twice",
    describe: (fault) => `sent twice are ${writeSelector(fault.events)}`,
  },
  "stream.reorder": {
    example: "{ stream: { reorder: { every: 4 } } }",
    doc: "events that change places",
    describe: (fault) => `changing places with the next one are ${writeSelector(fault.events)}`,
  },
  "stream.split": {
    example: "{ stream: { split: { every: 1, where: utf8, gap: 5ms } } }",
    doc: "an event in two halves, through a character; also `json`, `line`",
    describe: (fault) =>
      `sent in two halves (${fault.where}) ${writeMs(fault.gapMs)} apart are ${writeSelector(fault.events)}`,
  },
  "stream.damage": {
    example: "{ stream: { damage: { events: 3, how: invalid-json } } }",
    doc: "also `truncated-tool-input`, `unknown-event-type`, `missing-event-line`; of AWS event streams `bad-message-crc`, `bad-prelude-crc`, `bad-total-length`, `bad-headers-length`",
    describe: (fault) => `damaged (${fault.how}) are ${writeSelector(fault.events)}`,
  },
};
