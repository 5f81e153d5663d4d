import { z } from "zod";
import {
  BROKEN_FRAMES,
  BROKEN_HEADERS,
  GOAWAY_LASTS,
  HTTP2_ERRORS,
  type Http2ErrorName,
  type Http2Fault,
  type Http2Point,
} from "../faults/http2-faults.ts";
import { utf8 } from "../text.ts";
import { oneFault } from "./one-fault.ts";
import { count, durationMs, positive, sizeBytes, wholeFrom } from "./values.ts";

/** Bytes of a GOAWAY's debug data. A client may put them into a log. */
const MAX_DEBUG_BYTES = 1024;
/** The largest frame that we take of a client that was told it may send such: it is kept until it is whole. */
const MAX_FRAME_SIZE = 1_048_576;
const MAX_SETTING = 0xffff_ffff;

const code: z.ZodType<Http2ErrorName> = z.enum(HTTP2_ERRORS, {
  error: "expected an error code by its name in RFC 9113 section 7, such as REFUSED_STREAM",
});

const pointShape = {
  at: z.enum(["request", "response-head"]).optional(),
  afterBytes: sizeBytes.optional(),
  afterEvents: count.optional(),
};
type PointInput = z.output<z.ZodObject<typeof pointShape>>;
const POINT = `expected one of ${Object.keys(pointShape).join(", ")} at the most`;
const pointsOf = ({ at, afterBytes, afterEvents }: PointInput): number =>
  [at, afterBytes, afterEvents].filter((value) => value !== undefined).length;
const hasOnePoint = (given: PointInput): boolean => pointsOf(given) <= 1;

function toPoint({ at = "request", afterBytes, afterEvents }: PointInput): Http2Point {
  if (afterBytes !== undefined) return { kind: "bytes", bytes: afterBytes };
  if (afterEvents !== undefined) return { kind: "events", events: afterEvents };
  return { kind: "moment", moment: at };
}

const settingsShape = {
  maxConcurrentStreams: wholeFrom(0, MAX_SETTING).optional(),
  initialWindowSize: wholeFrom(0, MAX_SETTING).optional(),
  maxFrameSize: wholeFrom(0, MAX_FRAME_SIZE).optional(),
  maxHeaderListSize: wholeFrom(0, MAX_SETTING).optional(),
};

/** The HTTP/2 layer of a fault. */
export const http2Fault: z.ZodType<Http2Fault> = oneFault<Http2Fault>(
  {
    reset: z
      .strictObject({ ...pointShape, code: code.default("INTERNAL_ERROR") })
      .refine(hasOnePoint, POINT)
      .transform((given) => ({ kind: "http2.reset", code: given.code, at: toPoint(given) })),
    goaway: z
      .strictObject({
        ...pointShape,
        code: code.default("NO_ERROR"),
        last: z.enum(GOAWAY_LASTS).default("all"),
        debug: z
          .string()
          .refine((text) => utf8(text).length <= MAX_DEBUG_BYTES, {
            error: `expected a text of ${MAX_DEBUG_BYTES} bytes at the most`,
          })
          .default(""),
        closeAfter: durationMs.optional(),
      })
      .refine(hasOnePoint, POINT)
      .transform((given) => ({
        kind: "http2.goaway",
        code: given.code,
        last: given.last,
        debug: given.debug,
        at: toPoint(given),
        closeAfterMs: given.closeAfter ?? null,
      })),
    settings: z
      .strictObject(settingsShape)
      .refine(
        (given) => Object.values(given).some((value) => value !== undefined),
        `expected at least one of ${Object.keys(settingsShape).join(", ")}`,
      )
      .transform((given) => ({
        kind: "http2.settings",
        maxConcurrentStreams: given.maxConcurrentStreams ?? null,
        initialWindowSize: given.initialWindowSize ?? null,
        maxFrameSize: given.maxFrameSize ?? null,
        maxHeaderListSize: given.maxHeaderListSize ?? null,
      })),
    window: z
      .union(
        [
          z.literal("never").transform(() => null),
          z
            .strictObject({
              bytes: positive.refine((bytes) => bytes <= 0x7fff_ffff, "expected 2147483647 at the most"),
              every: durationMs.refine((ms) => ms >= 1, "expected 1ms or more"),
            })
            .transform(({ bytes, every }) => ({ bytes, everyMs: every })),
        ],
        { error: "expected never, or { bytes, every }" },
      )
      .transform((drops) => ({ kind: "http2.window", drops })),
    ping: z
      .union(
        [
          z.literal("unanswered").transform(() => 0),
          z.strictObject({ afterPings: count }).transform(({ afterPings }) => afterPings),
        ],
        { error: "expected unanswered, or { afterPings }" },
      )
      .transform((afterPings) => ({ kind: "http2.ping", afterPings })),
    frame: z
      .strictObject({ ...pointShape, how: z.enum(BROKEN_FRAMES) })
      .refine(hasOnePoint, POINT)
      .refine(
        (given) => given.how !== "closed-stream" || pointsOf(given) === 0,
        "expected no point beside closed-stream: it is behind the response's end",
      )
      .transform((given) => ({
        kind: "http2.frame",
        how: given.how,
        at: given.how === "closed-stream" ? null : toPoint(given),
      })),
    headers: z.enum(BROKEN_HEADERS).transform((how) => ({ kind: "http2.headers", how })),
  },
  "HTTP/2 fault",
);
