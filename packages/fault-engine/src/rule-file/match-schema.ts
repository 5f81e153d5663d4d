/** `match` as a rule file writes it. Apart from the keys, so that a start without a file loads no schema library. */
import { z } from "zod";
import { PROVIDER_NAMES } from "../providers/request-table.ts";
import { TRAFFIC_WAYS } from "../rules/facts.ts";
import type { Match } from "../rules/match-keys.ts";
import { defined, hostName, oneOfNames, oneOrMore, pathPattern, textPattern, wholeFrom } from "./values.ts";

const EMPTY = "expected a text that is not empty: no request has an empty one";
const PATTERNS = "a glob or a regular expression as /^…/";
const patterns = oneOrMore(
  textPattern.refine(({ text }) => text !== "", { error: EMPTY }),
  PATTERNS,
);
/** A pattern of paths: one that begins otherwise, or has a query, would match none. */
const paths = oneOrMore(
  pathPattern
    .refine(({ text }) => text !== "", { error: EMPTY, abort: true })
    .refine(({ kind, text }) => kind !== "glob" || /^[/*]/.test(text), {
      error: "expected a path that begins with / or with *",
      abort: true,
    })
    .refine(({ kind, text }) => kind !== "glob" || !/[?#]/.test(text), {
      error: "expected a path without its query: no rule sees what stands behind a ?",
    }),
  PATTERNS,
);
/** A pattern of the names in a gRPC path, which stand between its slashes. */
const grpcNames = oneOrMore(
  textPattern
    .refine(({ text }) => text !== "", { error: EMPTY, abort: true })
    .refine(({ kind, text }) => kind !== "glob" || !text.includes("/"), {
      error: "expected a name without slashes, such as helloworld.Greeter",
    }),
  PATTERNS,
);
const METHOD = "a method by its name, such as POST";
const PROTOCOL = "a protocol by its name, such as http/1.1";
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
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
/** Those of HTTP/2 that begin with a colon are there, too. */
const headerName = z.string().regex(/^:?[!#$%&'*+.^_`|~\dA-Za-z-]+$/, { error: "expected a header's name" });
const pointer = z.string().regex(/^\/(?:[^~]|~[01])*$/, {
  error: "expected a JSON pointer such as /messages/0/role, with ~0 for ~ and ~1 for /",
});

const GRPC = "expected true, false, or { service, method } with at least one of them";

/** One for each key of the table of match keys. */
const MATCH_SCHEMAS: { readonly [Key in keyof Match]-?: z.ZodType<NonNullable<Match[Key]>> } = {
  method: oneOrMore(
    z
      .string()
      .regex(TOKEN, { error: `expected ${METHOD}` })
      .transform((method) => method.toUpperCase()),
    METHOD,
  ),
  host: hostPatterns,
  way: oneOrMore(z.enum(TRAFFIC_WAYS), oneOfNames(TRAFFIC_WAYS)),
  port: oneOrMore(wholeFrom(1, 65_535), "a port"),
  path: paths,
  sni: hostPatterns,
  alpn: oneOrMore(
    z.string().regex(/^[\x21-.0-~][\x21-~]{0,254}$/, { error: `expected ${PROTOCOL}` }),
    PROTOCOL,
  ),
  ja4: patterns,
  headers: z
    .record(headerName, z.union([textPattern, z.boolean()], { error: "expected a text, true or false" }))
    .refine((record) => Object.keys(record).length > 0, "expected a header at least")
    .transform((record) => Object.entries(record).map(([name, value]) => ({ name, value }))),
  body: z
    .record(pointer, scalar)
    .refine((record) => Object.keys(record).length > 0, "expected a JSON pointer at least")
    .transform((record) => Object.entries(record).map(([pointer, value]) => ({ pointer, value }))),
  provider: oneOrMore(z.enum(PROVIDER_NAMES), oneOfNames(PROVIDER_NAMES)),
  model: patterns,
  stream: z.boolean(),
  websocket: z.boolean(),
  grpc: z.union(
    [
      z.boolean(),
      z
        .strictObject({ service: grpcNames.optional(), method: grpcNames.optional() })
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
