import { z } from "zod";
import {
  EVENT_DAMAGES,
  type EventSelector,
  type StreamFault,
  type StreamPoint,
  type StreamStop,
} from "../faults/stream-faults.ts";
import { byProvider } from "../providers/common-errors.ts";
import { INCIDENTS } from "../providers/incidents-table.ts";
import { type FaultForms, oneFault, someFaults } from "./one-fault.ts";
import {
  count,
  durationMs,
  durationOrEver,
  oneOrMore,
  positive,
  responseBody,
  share,
  sizeBytes,
  wholeFrom,
} from "./values.ts";

/** Events that a point before the end holds back, at the most: they all reach the client late. */
const MAX_BEFORE_END = 100;

/** Types are compared as they are. No event has a type that is written as a pattern (`content_*`, `/^ping/`). */
const TYPE = "an event's type by its name, which is no pattern";
const eventType = (error: string): z.ZodType<string> => z.string().regex(/^[^*/][^*]*$/, { error });

const pointShape = {
  afterEvents: count.optional(),
  afterBytes: sizeBytes.optional(),
  after: durationMs.optional(),
  firstDelta: z.enum(["before", "after"]).optional(),
  before: eventType(`expected ${TYPE}, or terminal`).optional(),
  beforeEnd: wholeFrom(1, MAX_BEFORE_END).optional(),
};
type PointInput = z.output<z.ZodObject<typeof pointShape>>;
const POINT = `expected one of ${Object.keys(pointShape).join(", ")}`;

function toPoint(given: PointInput): StreamPoint {
  const { afterEvents, afterBytes, after, firstDelta, before, beforeEnd } = given;
  if (afterBytes !== undefined) return { kind: "bytes", bytes: afterBytes };
  if (after !== undefined) return { kind: "time", ms: after };
  if (firstDelta !== undefined) return { kind: "first-delta", side: firstDelta };
  if (before !== undefined) return { kind: "before", type: before };
  if (beforeEnd !== undefined) return { kind: "before-end", events: beforeEnd };
  return { kind: "events", events: afterEvents ?? 0 };
}

const hasOnePoint = (given: PointInput): boolean =>
  Object.keys(pointShape).filter((name) => given[name as keyof PointInput] !== undefined).length === 1;

const stop: z.ZodType<StreamStop> = z.enum(["clean", "fin", "mid-event", "reset"]);

const selectorShape = {
  events: oneOrMore(count, "an event's number, counted from 0").optional(),
  types: oneOrMore(eventType(`expected ${TYPE}`), TYPE).optional(),
  every: positive.optional(),
  probability: share.optional(),
};
type SelectorInput = z.output<z.ZodObject<typeof selectorShape>>;
const SELECTOR = `expected at least one of ${Object.keys(selectorShape).join(", ")}`;
const hasSelector = ({ events, types, every, probability }: SelectorInput): boolean =>
  [events, types, every, probability].some((value) => value !== undefined);

const toSelector = ({ events, types, every, probability }: SelectorInput): EventSelector => ({
  indices: events ?? null,
  types: types ?? null,
  every: every ?? null,
  probability: probability ?? null,
});

type Selected = "stream.drop" | "stream.duplicate" | "stream.reorder";
const selected = <Kind extends Selected>(
  kind: Kind,
): z.ZodType<{ readonly kind: Kind; readonly events: EventSelector }> =>
  z
    .strictObject(selectorShape)
    .refine(hasSelector, SELECTOR)
    .transform((given) => ({ kind, events: toSelector(given) }));

/** Where nothing says what an error event says, it says what the API that is asked says when it fails. */
function toTypes(given: {
  readonly type?: string | undefined;
  readonly data?: string | undefined;
}): Pick<ErrorEventFault, "type" | "types"> {
  if (given.type !== undefined || given.data !== undefined) return { type: given.type ?? null };
  const { usual, others } = byProvider((provider) => INCIDENTS[provider].inStream);
  return { type: usual, types: others };
}

type ErrorEventFault = Extract<StreamFault, { readonly kind: "stream.error-event" }>;

const forms = {
  errorEvent: z
    .strictObject({
      ...pointShape,
      type: z.string().min(1).optional(),
      message: z.string().optional(),
      data: responseBody.optional(),
      event: z
        .string()
        .regex(/^[^\r\n]*$/, { error: "expected an event's name, on one line; empty for none" })
        .optional(),
      errorCode: z.string().min(1).optional(),
      stop: z.enum(["clean", "fin", "mid-event", "reset", "none"]).default("clean"),
    })
    .refine(hasOnePoint, POINT)
    .transform((given) => ({
      kind: "stream.error-event",
      at: toPoint(given),
      ...toTypes(given),
      message: given.message ?? null,
      data: given.data ?? null,
      event: given.event ?? null,
      errorCode: given.errorCode ?? null,
      stop: given.stop,
    })),
  cut: z
    .strictObject({ ...pointShape, stop: stop.default("clean") })
    .refine(hasOnePoint, POINT)
    .transform((given) => ({ kind: "stream.cut", at: toPoint(given), stop: given.stop })),
  stall: z
    .strictObject({
      ...pointShape,
      for: durationOrEver.default(null),
      pingEvery: durationMs.refine((ms) => ms >= 1, "expected 1ms or more").optional(),
    })
    .refine(hasOnePoint, POINT)
    .transform((given) => ({
      kind: "stream.stall",
      at: toPoint(given),
      forMs: given.for,
      pingEveryMs: given.pingEvery ?? null,
    })),
  pace: z
    .strictObject({
      event: durationMs.optional(),
      jitter: durationMs.optional(),
      firstEvent: durationMs.optional(),
    })
    .refine((given) => Object.keys(given).length > 0, "expected firstEvent, event or jitter")
    .transform(({ event = 0, jitter = 0, firstEvent }) => ({
      kind: "stream.pace",
      eventMs: event,
      jitterMs: jitter,
      firstEventMs: firstEvent ?? event,
    })),
  drop: selected("stream.drop"),
  duplicate: selected("stream.duplicate"),
  reorder: selected("stream.reorder"),
  split: z
    .strictObject({
      ...selectorShape,
      where: z.enum(["utf8", "json", "line"]).default("json"),
      gap: durationMs.default(0),
    })
    .refine(hasSelector, SELECTOR)
    .transform((given) => ({
      kind: "stream.split",
      events: toSelector(given),
      where: given.where,
      gapMs: given.gap,
    })),
  damage: z
    .strictObject({ ...selectorShape, how: z.enum(EVENT_DAMAGES) })
    .refine(hasSelector, SELECTOR)
    .transform((given) => ({ kind: "stream.damage", events: toSelector(given), how: given.how })),
} satisfies FaultForms<StreamFault>;

/** The stream layer of a fault. */
export const streamFault: z.ZodType<StreamFault> = oneFault<StreamFault>(forms, "stream fault");

/** The same with several faults; of error events there may be a list. */
export const streamFaults: z.ZodType<readonly StreamFault[]> = someFaults<StreamFault>(
  forms,
  "stream fault",
  ["errorEvent"],
);
