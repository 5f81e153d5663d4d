import { z } from "zod";
import type { Duration, Sender } from "../faults/fault-parts.ts";
import { compileRegex } from "../patterns/linear-regex.ts";
import { compileTextPattern, readTextPattern, type TextPattern } from "../patterns/text-pattern.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1_048_576,
};
const durationText = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/;
const sizeText = /^([0-9]+(?:\.[0-9]+)?)(B|kB|KiB|MB|MiB)$/;

function scaled(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number {
  const match = pattern.exec(text);
  return Number(match?.[1]) * (units[match?.[2] ?? ""] ?? Number.NaN);
}

/** Ten years: longer than any run, and short enough for a date in an answer to stay a date. */
const MAX_DURATION_MS = 87_600 * 3_600_000;
const DURATION = "a duration such as 500ms, 2s, 1.5m or 1h";

/** A time span in milliseconds, written with its unit. */
export const durationMs: z.ZodType<number> = z
  .string({ error: `expected ${DURATION}` })
  .regex(durationText, { error: `expected ${DURATION}` })
  .transform((text) => scaled(text, durationText, UNITS_MS))
  .refine((ms) => ms <= MAX_DURATION_MS, { error: "expected a duration of 87600h (ten years) at the most" })
  .meta({ description: `A time span: ${DURATION}.` });

/** A time span, or `ever`, which is `null`. */
export const durationOrEver: z.ZodType<number | null> = z.union(
  [z.literal("ever").transform(() => null), durationMs],
  { error: `expected ${DURATION}, or ever` },
);

/** A number of bytes, bare or with a unit. */
export const sizeBytes: z.ZodType<number> = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(sizeText)
        .transform((text) => Math.round(scaled(text, sizeText, UNITS_BYTES)))
        .refine((bytes) => Number.isSafeInteger(bytes)),
    ],
    { error: "expected a number of bytes such as 4096, 64kB or 1MiB" },
  )
  .meta({ description: "A number of bytes: 4096, 64kB, 1MiB." });

/** 0 to 1. */
export const share: z.ZodType<number> = z
  .number({ error: "expected a number from 0 to 1" })
  .min(0, { error: "expected a number from 0 to 1" })
  .max(1, { error: "expected a number from 0 to 1" });

/** 1, 2, 3, … */
export const positive: z.ZodType<number> = z
  .int({ error: "expected a whole number, 1 or more" })
  .min(1, { error: "expected a whole number, 1 or more" });

/** 0, 1, 2, … */
export const count: z.ZodType<number> = z
  .int({ error: "expected a whole number, 0 or more" })
  .min(0, { error: "expected a whole number, 0 or more" });

/** A whole number in a range. */
export function wholeFrom(min: number, max: number): z.ZodType<number> {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** The status of a final response. */
export const responseStatus: z.ZodType<number> = wholeFrom(200, 599);

/** A body, or an event's data: a text, or an object that becomes JSON. */
export const responseBody: z.ZodType<string> = z.union(
  [z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))],
  { error: "expected a text, or an object that is sent as JSON" },
);

const HOST = "expected a host without scheme, port or path, such as api.anthropic.com or *.example.com";
/** A host's name or address, with `*` for any part. */
export const hostName: z.ZodType<string> = z
  .string({ error: HOST })
  // One colon alone is a port; an IPv6 address has more. No name has what separates names, or what expressions are made of.
  .regex(/^[^\s/:@,;?#()[\]{}|\\^$+]+$|^[^\s/@:,;]*:[^\s/@:,;]*:[^\s/@,;]*$/, { error: HOST });

/** Written as nothing but its name: `empty: true`. */
export const flag: z.ZodType<true> = z.literal(true, { error: "expected true" });

/** Whose bytes; the server's by default. */
export const sender: z.ZodType<Sender> = z.enum(["client", "server", "both"]).default("server");

const positiveMs = durationMs.refine((ms) => ms > 0, { error: "expected a duration above 0" });

/** A random time: a span, or a distribution of them. */
export const randomDuration: z.ZodType<Duration> = z.union(
  [
    durationMs.transform((ms): Duration => ({ kind: "fixed", ms })),
    z
      .strictObject({ uniform: z.strictObject({ min: durationMs, max: durationMs }) })
      .refine(({ uniform }) => uniform.min <= uniform.max, { error: "expected min to be no more than max" })
      .transform(({ uniform }): Duration => ({ kind: "uniform", minMs: uniform.min, maxMs: uniform.max })),
    z
      .strictObject({ normal: z.strictObject({ mean: durationMs, sd: durationMs }) })
      .transform(({ normal }): Duration => ({ kind: "normal", meanMs: normal.mean, sdMs: normal.sd })),
    z
      .strictObject({ lognormal: z.strictObject({ median: positiveMs, sigma: z.number().min(0).max(10) }) })
      .transform(
        ({ lognormal }): Duration => ({
          kind: "lognormal",
          medianMs: lognormal.median,
          sigma: lognormal.sigma,
        }),
      ),
  ],
  {
    error: `expected ${DURATION}, or { uniform: { min, max } }, { normal: { mean, sd } }, { lognormal: { median, sigma } }`,
  },
);

const UNENDED =
  "expected a slash at the end of a regular expression (/^…/), and flags inside of it (/^(?i)…/); a text that begins with /^ is written /^\\/\\^…/";
const UNBEGUN =
  "expected ^ at the beginning of a regular expression (/^…/, or /^.*…/ for what may stand anywhere); a text between slashes is written /^\\/…\\/$/";
const FLAGGED =
  "expected ^ at the beginning of a regular expression, and flags inside of it (/^(?i)…/, or /^(?i).*…/ for what may stand anywhere); a text that only looks like one is written /^\\/…\\/i$/";
/**
 * Flags as they are written behind expressions. Other letters are a name: a model may be `/models/us`, a header
 * `/static/img`.
 */
const flagsOfExpressions: ReadonlySet<string> = new Set(
  "d g i m s u v x y gi gm gs gu ig im is iu ix mg mi sg si ug ui xi gim gis giu igm ims gims gimu".split(
    " ",
  ),
);
/** What regular expressions are written with, and paths are not. */
const ofExpressions = /[\\|[\]^]|\.[*+?]|\(\?|\$\/\w*$/;

/**
 * Why a glob must have been meant as a regular expression; `undefined` for a pattern that is what it was meant to be.
 *
 * @param isPath - It may stand between slashes, as a path does.
 */
function lostExpression({ kind, text }: TextPattern, isPath: boolean): string | undefined {
  if (kind === "regex") return undefined;
  if (text.startsWith("/^") && text.length > 2) return UNENDED;
  const [, flags] = /^\/.+\/([a-z]{0,4})$/s.exec(text) ?? [];
  if (flags === undefined || (flags !== "" && !flagsOfExpressions.has(flags))) return undefined;
  if (isPath && !ofExpressions.test(text)) return undefined;
  return flags === "" ? UNBEGUN : FLAGGED;
}

/** A glob, or a regular expression as `/^…/`. */
export const textPattern: z.ZodType<TextPattern> = patternOf(false);
/** The same for a path. */
export const pathPattern: z.ZodType<TextPattern> = patternOf(true);

function patternOf(isPath: boolean): z.ZodType<TextPattern> {
  return z
    .string({ error: "expected a text: a glob, or a regular expression as /^…/" })
    .transform((text, context): TextPattern => {
      const pattern = readTextPattern(text);
      const lost = lostExpression(pattern, isPath);
      if (lost !== undefined) {
        context.addIssue({ code: "custom", message: lost });
        return z.NEVER;
      }
      try {
        compileTextPattern(pattern, compileRegex);
      } catch (error) {
        context.addIssue({
          code: "custom",
          message: error instanceof Error ? error.message : "not a pattern",
        });
      }
      return pattern;
    })
    .meta({ description: "A glob with *, or a regular expression written as /^…/." });
}

/** One of `item`, or a list of them. */
export function oneOrMore<T>(item: z.ZodType<T>, what: string): z.ZodType<readonly T[]> {
  return z.union([item.transform((only) => [only] as readonly T[]), z.array(item).min(1)], {
    error: `expected ${what}, or a list of them`,
  });
}

/** Names as a sentence lists them: `a, b or c`. */
export function oneOfNames(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** An object of which exactly one key is given, read as the value of that key. */
export function oneOf<T>(choices: Readonly<Record<string, z.ZodType<T>>>, what: string): z.ZodType<T> {
  const names = Object.keys(choices);
  const error = `expected one ${what}: ${names.join(", ")}`;
  const optional = Object.fromEntries(names.map((name) => [name, choices[name]!.optional()]));
  return z
    .strictObject(optional, { error: (issue) => (issue.code === "invalid_type" ? error : undefined) })
    .refine((object) => Object.values(object).filter((value) => value !== undefined).length === 1, { error })
    .meta({ minProperties: 1, maxProperties: 1 })
    .transform((object) => Object.values(object).find((value) => value !== undefined) as T);
}

/** An object of which at least one key is given, read as the values of those keys, each a list. */
export function someOf<T>(
  choices: Readonly<Record<string, z.ZodType<readonly T[]>>>,
  what: string,
): z.ZodType<readonly T[]> {
  const names = Object.keys(choices);
  const error = `expected one ${what}: ${names.join(", ")}`;
  const optional = Object.fromEntries(names.map((name) => [name, choices[name]!.optional()]));
  return z
    .strictObject(optional, { error: (issue) => (issue.code === "invalid_type" ? error : undefined) })
    .refine((object) => Object.values(object).some((value) => value !== undefined), { error })
    .meta({ minProperties: 1 })
    .transform((object) => names.flatMap((name) => (object[name] as readonly T[] | undefined) ?? []));
}

/** An object without the keys whose value is `undefined`, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends object>(object: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
