import { z } from "zod";
import type { Fault } from "../faults/fault.ts";
import { PROVIDER_NAMES } from "../providers/provider-table.ts";
import { TRAFFIC_WAYS } from "../rules/facts.ts";
import type { Expectation, Match, Rule, When } from "../rules/rule.ts";
import { faultSchema } from "./fault-schema.ts";
import {
  count,
  defined,
  durationMs,
  hostName,
  oneOfNames,
  oneOrMore,
  positive,
  share,
  textPattern,
  wholeFrom,
} from "./values.ts";

const patterns = oneOrMore(textPattern, "a glob or a regular expression as /^…/");
/** A pattern of hosts: a URL as a glob would match none. */
const hostPatterns = oneOrMore(
  textPattern.refine(({ kind, text }) => kind !== "glob" || hostName.safeParse(text).success, {
    error: "expected a host without scheme, port or path, such as api.anthropic.com or *.example.com",
  }),
  "a host: a glob or a regular expression as /^…/",
);
const scalar = z.union([textPattern, z.number(), z.boolean(), z.null()], {
  error: "expected a text, a number, true, false or null",
});
const pointer = z.string().regex(/^\//, { error: "expected a JSON pointer such as /messages/0/role" });

const match: z.ZodType<Match> = z
  .strictObject({
    host: hostPatterns.optional(),
    way: oneOrMore(z.enum(TRAFFIC_WAYS), "opaque, decrypted or plain").optional(),
    port: oneOrMore(wholeFrom(1, 65_535), "a port").optional(),
    sni: hostPatterns.optional(),
    alpn: oneOrMore(z.string(), "a protocol name").optional(),
    ja4: patterns.optional(),
    method: oneOrMore(
      z.string().transform((method) => method.toUpperCase()),
      "a method",
    ).optional(),
    path: patterns.optional(),
    headers: z
      .record(z.string(), z.union([textPattern, z.boolean()], { error: "expected a text, true or false" }))
      .transform((record) => Object.entries(record).map(([name, value]) => ({ name, value })))
      .optional(),
    body: z
      .record(pointer, scalar)
      .transform((record) => Object.entries(record).map(([pointer, value]) => ({ pointer, value })))
      .optional(),
    provider: oneOrMore(z.enum(PROVIDER_NAMES), oneOfNames(PROVIDER_NAMES)).optional(),
    model: patterns.optional(),
    stream: z.boolean().optional(),
  })
  .transform((given) => defined(given) as Match);

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
const faultOrNone: z.ZodType<Fault | null> = z.union([noFault, faultSchema], {
  error: "expected none, or { <layer>: { <fault>: … } } with connection, tls, http, stream or model",
});

/** A rule's name goes into a header: no control characters, and short. */
const name = z.string().regex(/^[\w][\w .:/+-]{0,99}$/, {
  error: "expected a name of up to 100 letters, digits, spaces and . : / + - _",
});

/** One rule of a file. */
export const ruleSchema: z.ZodType<Rule> = z
  .strictObject({
    name,
    match: match.optional(),
    when: when.optional(),
    fault: faultOrNone.optional(),
    sequence: z.array(faultOrNone).min(1).optional(),
  })
  .refine(
    (rule) => (rule.fault === undefined) !== (rule.sequence === undefined),
    "expected fault, or sequence with several faults in turn",
  )
  .transform((rule) => ({
    name: rule.name,
    match: rule.match ?? {},
    when: rule.when ?? { per: "all" },
    faults: rule.sequence ?? [rule.fault ?? null],
  }));

/** One expectation of a file. */
export const expectationSchema: z.ZodType<Expectation> = z
  .strictObject({
    rule: z.string(),
    retries: z
      .union(
        [
          count.transform((exactly) => ({ min: exactly, max: exactly })),
          z.strictObject({ min: count.optional(), max: count.optional() }),
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
