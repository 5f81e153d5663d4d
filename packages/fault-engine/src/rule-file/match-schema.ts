/** `match` as a rule file writes it. Apart from the keys, so that a start without a file loads no schema library. */
import { z } from "zod";
import { PROVIDER_NAMES } from "../providers/request-table.ts";
import { TRAFFIC_WAYS } from "../rules/facts.ts";
import type { Match } from "../rules/match-keys.ts";
import { defined, hostName, oneOfNames, oneOrMore, textPattern, wholeFrom } from "./values.ts";

const patterns = oneOrMore(
  textPattern.refine(({ text }) => text !== "", {
    error: "expected a text that is not empty: no request has an empty one",
  }),
  "a glob or a regular expression as /^…/",
);
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
const pointer = z.string().regex(/^\/(?:[^~]|~[01])*$/, {
  error: "expected a JSON pointer such as /messages/0/role, with ~0 for ~ and ~1 for /",
});

const GRPC = "expected true, false, or { service, method } with at least one of them";

/** One for each key of the table of match keys. */
const MATCH_SCHEMAS: { readonly [Key in keyof Match]-?: z.ZodType<NonNullable<Match[Key]>> } = {
  method: oneOrMore(
    z.string().transform((method) => method.toUpperCase()),
    "a method",
  ),
  host: hostPatterns,
  way: oneOrMore(z.enum(TRAFFIC_WAYS), oneOfNames(TRAFFIC_WAYS)),
  port: oneOrMore(wholeFrom(1, 65_535), "a port"),
  path: patterns,
  sni: hostPatterns,
  alpn: oneOrMore(z.string(), "a protocol name"),
  ja4: patterns,
  headers: z
    .record(z.string(), z.union([textPattern, z.boolean()], { error: "expected a text, true or false" }))
    .transform((record) => Object.entries(record).map(([name, value]) => ({ name, value }))),
  body: z
    .record(pointer, scalar)
    .transform((record) => Object.entries(record).map(([pointer, value]) => ({ pointer, value }))),
  provider: oneOrMore(z.enum(PROVIDER_NAMES), oneOfNames(PROVIDER_NAMES)),
  model: patterns,
  stream: z.boolean(),
  websocket: z.boolean(),
  grpc: z.union(
    [
      z.boolean(),
      z
        .strictObject({ service: patterns.optional(), method: patterns.optional() })
        .refine(({ service, method }) => service !== undefined || method !== undefined, GRPC)
        .transform(defined),
    ],
    { error: GRPC },
  ),
};

/** The `match` of a rule. */
export const matchSchema: z.ZodType<Match> = z
  .strictObject(Object.fromEntries(Object.entries(MATCH_SCHEMAS).map(([name, of]) => [name, of.optional()])))
  .transform((given) => defined(given) as Match);
