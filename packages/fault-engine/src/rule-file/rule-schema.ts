import { z } from "zod";
import type { ComposedFault } from "../faults/compose.ts";
import type { Expectation, Rule, When } from "../rules/rule.ts";
import { composedFaultSchema } from "./fault-schema.ts";
import { matchSchema } from "./match-schema.ts";
import { count, defined, durationMs, oneOrMore, positive, share } from "./values.ts";

const when: z.ZodType<When> = z
  .strictObject({
    per: z.enum(["all", "connection", "client", "key"]).default("all"),
    probability: share.optional(),
    first: positive.optional(),
    nth: oneOrMore(positive, "a match's number, counted from 1").optional(),
    every: positive.optional(),
    atMost: positive.optional(),
    after: durationMs.optional(),
    for: durationMs.optional(),
    burst: z
      .strictObject({ every: durationMs, for: durationMs })
      .refine((burst) => burst.for > 0 && burst.for <= burst.every, "expected for between 0 and every")
      .optional(),
  })
  .transform(
    ({ after, for: forMs, burst, ...given }) =>
      defined({
        ...given,
        afterMs: after,
        forMs,
        burst: burst && { everyMs: burst.every, forMs: burst.for },
      }) as When,
  );

const noFault = z.literal("none").transform(() => null);
const faultOrNone: z.ZodType<ComposedFault | null> = z.union([noFault, composedFaultSchema], {
  error:
    "expected none, or { <layer>: { <fault>: … } } with connect, connection, tls, http, stream, model, websocket, grpc or http2",
});

/** A rule's name goes into a header: no control characters, and short. */
const name = z.string().regex(/^[\w][\w .:/+-]{0,99}$/, {
  error: "expected a name of up to 100 letters, digits, spaces and . : / + - _",
});

/** One rule of a file. */
export const ruleSchema: z.ZodType<Rule> = z
  .strictObject({
    name,
    match: matchSchema.optional(),
    when: when.optional(),
    fault: faultOrNone.optional(),
    sequence: z.array(faultOrNone).min(1).optional(),
  })
  .refine(
    (rule) => (rule.fault === undefined) !== (rule.sequence === undefined),
    "expected fault, or sequence with several faults in turn",
  )
  .transform((rule): Rule => {
    const faults = rule.sequence ?? [rule.fault ?? null];
    return {
      name: rule.name,
      match: rule.match ?? {},
      when: rule.when ?? { per: "all" },
      faults: faults.map((each) => each?.fault ?? null),
      ...(faults.some((each) => each !== null && each.also.length > 0) && {
        also: faults.map((each) => each?.also ?? []),
      }),
    };
  });

/** One expectation of a file. */
export const expectationSchema: z.ZodType<Expectation> = z
  .strictObject({
    rule: z.string(),
    retries: z
      .union(
        [
          count.transform((exactly) => ({ min: exactly, max: exactly })),
          z
            .strictObject({ min: count.optional(), max: count.optional() })
            .refine(({ min = 0, max = min }) => min <= max, "expected min to be no more than max"),
        ],
        { error: "expected a number, or { min, max }" },
      )
      .optional(),
    honoursRetryAfter: z.boolean().optional(),
    waitsAtLeast: durationMs.optional(),
    backsOff: z.boolean().optional(),
    noticesCut: z.boolean().optional(),
    stopsAfter: positive.optional(),
    endsWith: z.enum(["success", "failure"]).optional(),
  })
  .refine((given) => Object.keys(given).length > 1, "expected something to be expected of the rule")
  .transform(
    ({ waitsAtLeast, retries, ...given }) =>
      defined({
        ...given,
        waitsAtLeastMs: waitsAtLeast,
        retries: retries && defined(retries),
      }) as Expectation,
  );
