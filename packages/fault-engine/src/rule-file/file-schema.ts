import { z } from "zod";
import { hasNoContent } from "../answers/response-headers.ts";
import type { Rule, RuleSet } from "../rules/rule.ts";
import { CLOSE_MOMENTS, type SingleRule, singleRuleSet } from "../rules/single-rule.ts";
import { MIXES } from "./mixes.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import { hostsOfMix, MIX_SHAPES, PROVIDER_MIX_NAMES, providerMix } from "./provider-mixes.ts";
import { responseHeaders } from "./response-headers-schema.ts";
import { expectationSchema, ruleSchema } from "./rule-schema.ts";
import { defined, hostName, oneOrMore, responseBody, responseStatus, share } from "./values.ts";

/** What a file says about the certificate authority; only the old single-rule form has it. */
export interface CertificateFiles {
  /** Path of the CA's certificate, PEM. */
  readonly cert: string;
  /** Path of its key, PEM. */
  readonly key: string;
}

/** What a rule file means. */
export interface RuleFile {
  /** The rules, ready for an engine. */
  readonly ruleSet: RuleSet;
  /** Files of a certificate authority; `null` where the file names none. */
  readonly ca: CertificateFiles | null;
  /** For the old single-rule form what it says, without defaults, so that flags can be laid over it. */
  readonly single: SingleRule | null;
}

const seed = z.union([z.int(), z.string()], { error: "expected a whole number or a text" });
const MIX_NAMES: readonly string[] = [...Object.keys(MIXES), ...PROVIDER_MIX_NAMES];
const MIX = `gentle, realistic, brutal, or <provider>/<shape> with ${MIX_SHAPES.map(([name]) => name).join(", ")}`;
const mixName = z.enum(MIX_NAMES as [string, ...string[]]);

/** Why there is no mix of a name, with the names that may be meant; `undefined` where there is one. */
export function mixProblem(name: string): string | undefined {
  if (MIX_NAMES.includes(name)) return undefined;
  return `found ${JSON.stringify(name)}, expected ${MIX}${didYouMean(nearNames(name, MIX_NAMES))}`;
}

const mixRules = (names: readonly string[]): Rule[] =>
  names.flatMap((name) =>
    (MIXES[name as keyof typeof MIXES] ?? providerMix(name)).map((rule) => ruleSchema.parse(rule)),
  );

/** A rule file, version 1. */
export const fileSchema: z.ZodType<RuleFile> = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1, { error: "expected 1" }),
    seed: seed.optional(),
    targets: oneOrMore(hostName, "a host, with * for any part").optional(),
    marker: z.boolean().optional(),
    header: z.boolean().optional(),
    mix: oneOrMore(mixName, MIX).optional(),
    rules: z.array(ruleSchema).optional(),
    asksOnce: z.boolean().optional(),
    expect: z
      .union([z.literal("none"), z.array(expectationSchema)], {
        error: "expected none, or a list of what is expected of a rule",
      })
      .optional(),
  })
  .superRefine(({ rules = [], mix = [], expect = [] }, context) => {
    for (const [at, name] of mix.entries())
      if (mix.indexOf(name) < at)
        context.addIssue({ code: "custom", path: ["mix", at], message: "expected each mix once" });
    const names = new Set(mixRules(mix).map((rule) => rule.name));
    for (const [at, rule] of rules.entries()) {
      if (names.has(rule.name))
        context.addIssue({
          code: "custom",
          path: ["rules", at, "name"],
          message: "expected a name of its own",
        });
      names.add(rule.name);
    }
    if (expect === "none") return;
    for (const [at, expectation] of expect.entries())
      if (!names.has(expectation.rule))
        context.addIssue({
          code: "custom",
          path: ["expect", at, "rule"],
          message: `expected the name of a rule${names.size > 0 ? `: ${[...names].join(", ")}` : ", but there is none"}`,
        });
  })
  .transform((given) => {
    const { seed, targets = [], marker = true, header = false, rules = [], mix = [], expect = [] } = given;
    const { asksOnce = false } = given;
    const usualTargets = [...new Set(mix.flatMap(hostsOfMix))];
    return {
      ruleSet: {
        ...{ seed: seed ?? 0, targets, marker, header, rules: [...rules, ...mixRules(mix)] },
        expect: expect === "none" ? [] : expect,
        ...(usualTargets.length > 0 && { usualTargets }),
        ...(asksOnce && { asksOnce }),
        ...(expect === "none" && { expectsNothing: true }),
      },
      ca: null,
      single: null,
    };
  })
  .meta({ title: "Faultwire rules", description: "Which requests fail, how and how often." });

/** The keys of the old single-rule form, by which it is known. */
export const LEGACY_KEYS = [
  "error_probability",
  "status_code",
  "error_body",
  "target_host",
  "headers",
  "close_at",
  "seed",
  "ca_cert",
  "ca_key",
] as const;

const legacyHosts = oneOrMore(
  hostName.transform((host) => host.toLowerCase()),
  "a host",
);

/** The old single-rule form: what {@link singleRuleSet} takes, in the words of the program that this one replaces. */
export const legacySchema: z.ZodType<RuleFile> = z
  .strictObject({
    error_probability: share.optional(),
    status_code: responseStatus.optional(),
    error_body: responseBody.optional(),
    target_host: legacyHosts.optional(),
    headers: responseHeaders.optional(),
    close_at: z.enum(CLOSE_MOMENTS).optional(),
    seed: seed.optional(),
    ca_cert: z.string().min(1, "expected the path of a PEM file").optional(),
    ca_key: z.string().min(1, "expected the path of a PEM file").optional(),
  })
  .refine((given) => (given.ca_cert === undefined) === (given.ca_key === undefined), {
    error: "expected ca_cert and ca_key together",
  })
  .superRefine(({ status_code: status, error_body: body = "" }, context) => {
    if (status !== undefined && hasNoContent(status) && body !== "")
      context.addIssue({
        code: "custom",
        path: ["error_body"],
        message: `expected no error_body beside status_code ${status}, which has no content`,
      });
  })
  .transform((given) => {
    const single: SingleRule = defined({
      errorProbability: given.error_probability,
      statusCode: given.status_code,
      errorBody: given.error_body,
      targetHosts: given.target_host,
      headers: given.headers,
      closeAt: given.close_at,
      seed: given.seed,
    });
    return {
      ruleSet: singleRuleSet(single),
      ca: given.ca_cert === undefined ? null : { cert: given.ca_cert, key: given.ca_key ?? "" },
      single,
    };
  });

const jsonSchema = { io: "input", target: "draft-2020-12", unrepresentable: "any" } as const;

/**
 * The JSON Schema (2020-12) of a rule file, for editors; published as `rules.schema.json`. What stands in several places is
 * written once, under `$defs`.
 *
 * @example
 * ```ts
 * await writeFile("rules.schema.json", JSON.stringify(ruleFileJsonSchema()));
 * ```
 */
export function ruleFileJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(fileSchema, { ...jsonSchema, reused: "ref" }) };
}

/** The same without references, for whoever walks along it. */
export function ruleFileForm(): Record<string, unknown> {
  return { ...z.toJSONSchema(fileSchema, jsonSchema) };
}
