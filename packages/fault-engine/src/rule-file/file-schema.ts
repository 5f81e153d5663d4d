import { z } from "zod";
import type { Fault } from "../faults/fault.ts";
import type { Rule, RuleSet } from "../rules/rule.ts";
import { MIXES } from "./mixes.ts";
import { expectationSchema, ruleSchema } from "./rule-schema.ts";
import { oneOrMore } from "./values.ts";

/** What a file says about the certificate authority; only the old single-rule form has it. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a rule file means. */
export interface RuleFile {
  readonly ruleSet: RuleSet;
  readonly ca: CertificateFiles | null;
}

const seed = z.union([z.int(), z.string()], { error: "expected a whole number or a text" });
const mixName = z.enum(["gentle", "realistic", "brutal"]);

const mixRules = (names: readonly (keyof typeof MIXES)[]): Rule[] =>
  names.flatMap((name) => MIXES[name].map((rule) => ruleSchema.parse(rule)));

/** A rule file, version 1. */
export const fileSchema: z.ZodType<RuleFile> = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1, { error: "expected 1" }),
    seed: seed.optional(),
    targets: oneOrMore(z.string().min(1), "a host, with * for any part").optional(),
    marker: z.boolean().optional(),
    header: z.boolean().optional(),
    mix: oneOrMore(mixName, "gentle, realistic or brutal").optional(),
    rules: z.array(ruleSchema).optional(),
    expect: z.array(expectationSchema).optional(),
  })
  .superRefine(({ rules = [], mix = [], expect = [] }, context) => {
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
    for (const [at, expectation] of expect.entries())
      if (!names.has(expectation.rule))
        context.addIssue({
          code: "custom",
          path: ["expect", at, "rule"],
          message: `expected the name of a rule${names.size > 0 ? `: ${[...names].join(", ")}` : ", but there is none"}`,
        });
  })
  .transform(
    ({ seed = 0, targets = [], marker = true, header = false, rules = [], mix = [], expect = [] }) => ({
      ruleSet: { seed, targets, marker, header, rules: [...rules, ...mixRules(mix)], expect },
      ca: null,
    }),
  )
  .meta({ title: "Faultwire rules", description: "Which requests fail, how and how often." });

/** The keys by which the old single-rule form is known. */
export const LEGACY_KEYS = [
  "error_probability",
  "status_code",
  "error_body",
  "target_host",
  "headers",
  "ca_cert",
  "ca_key",
] as const;

const answerBody = z.union(
  [z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))],
  { error: "expected a text, or an object that is sent as JSON" },
);

/**
 * The old single-rule form: requests to `target_host` (all hosts without it) get `status_code` (500), `headers` and
 * `error_body` with `error_probability` (1).
 */
export const legacySchema: z.ZodType<RuleFile> = z
  .strictObject({
    error_probability: z.number().min(0).max(1).default(1),
    status_code: z.int().min(200).max(599).default(500),
    error_body: answerBody.default('{"error":"injected failure"}'),
    target_host: z.string().min(1).optional(),
    headers: z.record(z.string(), z.string()).default({}),
    ca_cert: z.string().optional(),
    ca_key: z.string().optional(),
  })
  .refine((given) => (given.ca_cert === undefined) === (given.ca_key === undefined), {
    error: "expected ca_cert and ca_key together",
  })
  .transform((given) => ({
    ruleSet: {
      seed: 0,
      targets: given.target_host === undefined ? [] : [given.target_host],
      marker: true,
      header: false,
      rules: [
        {
          name: "legacy",
          match:
            given.target_host === undefined
              ? {}
              : { host: [{ kind: "glob", text: given.target_host } as const] },
          when: { per: "all", probability: given.error_probability } as const,
          faults: [legacyFault(given)],
        },
      ],
      expect: [],
    },
    ca: given.ca_cert === undefined ? null : { cert: given.ca_cert, key: given.ca_key ?? "" },
  }));

function legacyFault(given: {
  readonly status_code: number;
  readonly error_body: string;
  readonly headers: Readonly<Record<string, string>>;
}): Fault {
  const headers = Object.entries(given.headers);
  return {
    kind: "http.error",
    answer: {
      preset: null,
      status: given.status_code,
      message: null,
      body: given.error_body,
      headers,
      retryAfterSeconds: null,
    },
  };
}

/** The JSON Schema (2020-12) of a rule file, for editors; published as `rules.schema.json`. */
export function ruleFileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12", unrepresentable: "any" });
  return { ...schema };
}
