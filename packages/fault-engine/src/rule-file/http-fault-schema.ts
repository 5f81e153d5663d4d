import { z } from "zod";
import { hasNoContent } from "../answers/response-headers.ts";
import { lateAnswer } from "../faults/compose.ts";
import type { FaultKey } from "../faults/fault.ts";
import {
  type ErrorAnswer,
  type Extent,
  type HeaderChanges,
  type HttpFault,
  MALFORMATIONS,
  type ResponseDelay,
} from "../faults/http-faults.ts";
import { byProvider, COMMON_ERRORS, commonPreset, isCommonError } from "../providers/common-errors.ts";
import { findErrorPreset, isProvider } from "../providers/provider-error.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import { PROVIDER_NAMES, type Provider } from "../providers/request-table.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import { changesNothing, headerChanges } from "./response-headers-schema.ts";
import {
  durationMs,
  flag,
  oneOf,
  positive,
  randomDuration,
  responseBody,
  responseStatus,
  share,
  sizeBytes,
} from "./values.ts";

const PRESET_NAMES = PROVIDER_NAMES.flatMap((provider) =>
  PROVIDERS[provider].errors.map((row) => `${provider}/${row.name}`),
);

/** Splits `<provider>/<name>`; `undefined` where there is no such error. */
export function readPresetName(
  text: string,
): { readonly provider: Provider; readonly name: string } | undefined {
  const [provider = "", name = ""] = text.split("/", 2);
  if (!isProvider(provider) || text.split("/").length !== 2) return undefined;
  return findErrorPreset(provider, name) === undefined ? undefined : { provider, name };
}

/** Whether a text is a preset of one API, or the name of an error that each has. */
export const isPreset = (text: string): boolean => isCommonError(text) || readPresetName(text) !== undefined;

/** Presets that somebody may have meant: of that status, of that name without its provider, of nearly that name. */
function nearPresets(text: string): string[] {
  const [provider = "", name = ""] = text.includes("/") ? text.split("/", 2) : ["", text];
  const near = (
    isProvider(provider) ? [provider] : nearNames(provider, PROVIDER_NAMES)
  ) as readonly Provider[];
  const providers = near.length > 0 ? near : PROVIDER_NAMES;
  const candidates = PRESET_NAMES.filter((preset) =>
    providers.some((known) => preset.startsWith(`${known}/`)),
  );
  const ofStatus = providers.flatMap((known) =>
    PROVIDERS[known].errors
      .filter(({ status }) => String(status) === name)
      .map((row) => `${known}/${row.name}`),
  );
  if (ofStatus.length > 0) return ofStatus.slice(0, 3);
  const common = nearNames(text, COMMON_ERRORS);
  if (common.length > 0) return common;
  const names = nearNames(name, [...new Set(candidates.map((preset) => preset.split("/")[1] ?? ""))], 3);
  return candidates.filter((preset) => names.includes(preset.split("/")[1] ?? ""));
}

/** The presets that a text may have meant, as a question; empty where none is near. */
export const presetHint = (text: string): string => didYouMean(nearPresets(text));

const preset = z.enum([...COMMON_ERRORS, ...PRESET_NAMES], {
  error: ({ input }) =>
    `expected a preset as <provider>/<error> (docs/presets.md), such as anthropic/overloaded_error, or of the API that is asked: ${COMMON_ERRORS.join(", ")}${typeof input === "string" ? presetHint(input) : ""}`,
});
const answerShape = {
  preset: preset.optional(),
  status: responseStatus.optional(),
  message: z.string().optional(),
  body: responseBody.optional(),
  headers: headerChanges.optional(),
  retryAfter: z
    .union([durationMs, z.literal("none")], { error: "expected a duration such as 2s, or none" })
    .optional(),
};
type AnswerInput = z.output<z.ZodObject<typeof answerShape>>;

function toAnswer(input: AnswerInput): ErrorAnswer {
  const { preset, status, message, body, headers, retryAfter } = input;
  return {
    ...toPresets(preset),
    status: status ?? null,
    message: message ?? null,
    body: body ?? null,
    ...answerHeaders(headers),
    retryAfterSeconds: retryAfter === undefined ? null : retryAfter === "none" ? "none" : retryAfter / 1000,
  };
}

function toPresets(preset: string | undefined): Pick<ErrorAnswer, "preset" | "presets"> {
  if (preset === undefined || !isCommonError(preset)) return { preset: preset ?? null };
  const { usual, others } = byProvider((provider) => commonPreset(preset, provider));
  return { preset: usual, presets: others };
}

/** Changes of headers, as an answer of ours has them. */
function answerHeaders(
  changes: HeaderChanges | undefined,
): Pick<ErrorAnswer, "headers" | "addedHeaders" | "removedHeaders"> {
  const { add, replace, remove } = changes ?? { add: [], replace: [], remove: [] };
  return {
    headers: replace,
    ...(add.length > 0 && { addedHeaders: add }),
    ...(remove.length > 0 && { removedHeaders: remove }),
  };
}

type ErrorFault = Extract<HttpFault, { readonly kind: "http.error" }>;

/** Whether the keys of an answer stand beside the faults. Headers alone are those of the upstream's answer. */
const isAnswer = (input: object): boolean =>
  Object.keys(answerShape).some((key) => key !== "headers" && key in input);

const NEEDS_STATUS = "expected preset or status: an answer needs one";
const isComplete = (input: AnswerInput): boolean => input.preset !== undefined || input.status !== undefined;

/** A body beside a status that has none can't be sent; neither can a message that a body would hold. */
function refuseContradictions(input: AnswerInput, context: z.core.$RefinementCtx): void {
  // It is run on headers that were refused as well.
  const removed: unknown = input.headers?.remove;
  if (typeof input.retryAfter === "number" && Array.isArray(removed) && removed.includes("retry-after"))
    context.addIssue({
      code: "custom",
      path: ["retryAfter"],
      message: "expected no retryAfter beside headers that remove retry-after: take one of them away",
    });
  if (input.status === undefined || !hasNoContent(input.status)) return;
  for (const key of ["preset", "message", "body"] as const)
    if (input[key] !== undefined && input[key] !== "")
      context.addIssue({
        code: "custom",
        path: [key],
        message: `expected no ${key} beside status ${input.status}, which has no content`,
      });
}

const delay: z.ZodType<ResponseDelay> = z
  .strictObject({
    beforeHead: randomDuration.optional(),
    beforeBody: randomDuration.optional(),
    perChunk: randomDuration.optional(),
  })
  .refine((given) => Object.keys(given).length > 0, "expected beforeHead, beforeBody or perChunk")
  .transform(({ beforeHead, beforeBody, perChunk }) => ({
    beforeHead: beforeHead ?? null,
    beforeBody: beforeBody ?? null,
    perChunk: perChunk ?? null,
  }));

const error = z
  .strictObject({ ...answerShape, delay: delay.optional() })
  .refine(isComplete, NEEDS_STATUS)
  .superRefine(refuseContradictions)
  .transform(
    (input): ErrorFault => ({
      kind: "http.error",
      answer: toAnswer(input),
      delay: input.delay ?? null,
    }),
  );

const extent: z.ZodType<Extent> = oneOf<Extent>(
  {
    afterBytes: sizeBytes.transform((bytes) => ({ kind: "bytes", bytes })),
    afterShare: share.transform((value) => ({ kind: "share", share: value })),
  },
  "of",
);

const rateLimit = z
  .strictObject({
    requestsPerMinute: positive.optional(),
    inputTokensPerMinute: positive.optional(),
    outputTokensPerMinute: positive.optional(),
    per: z.enum(["all", "key", "model"]).default("key"),
    provider: z.enum(PROVIDER_NAMES).optional(),
  })
  .refine(
    (given) =>
      given.requestsPerMinute !== undefined ||
      given.inputTokensPerMinute !== undefined ||
      given.outputTokensPerMinute !== undefined,
    "expected requestsPerMinute, inputTokensPerMinute or outputTokensPerMinute",
  )
  .transform(
    (given): HttpFault => ({
      kind: "http.rate-limit",
      per: given.per,
      provider: given.provider ?? null,
      budget: {
        requestsPerMinute: given.requestsPerMinute ?? null,
        inputTokensPerMinute: given.inputTokensPerMinute ?? null,
        outputTokensPerMinute: given.outputTokensPerMinute ?? null,
      },
    }),
  );

const choices = {
  error: error.optional(),
  empty: flag.optional(),
  malformed: z.enum(MALFORMATIONS).optional(),
  delay: delay.optional(),
  headers: headerChanges.optional(),
  truncate: extent.optional(),
  rateLimit: rateLimit.optional(),
} satisfies Record<FaultKey<HttpFault["kind"]>, z.ZodType>;
const ONE = `expected one HTTP fault: ${Object.keys(choices).join(", ")}, or the keys of error: ${Object.keys(answerShape).join(", ")}; headers may stand beside an error, a rateLimit or a truncate, and a delay beside all of them`;
/** What may stand beside another fault of the layer. */
const besideOthers: ReadonlySet<string> = new Set(["delay", "headers"]);

/** The HTTP layer of a rule. The keys of `error` may also stand here themselves: `http: { preset: … }`. */
export const httpFaults: z.ZodType<readonly HttpFault[]> = z
  .strictObject(
    { ...choices, ...answerShape },
    { error: (issue) => (issue.code === "invalid_type" ? ONE : undefined) },
  )
  .superRefine((given, context) => {
    const chosen = Object.keys(choices).filter((name) => given[name as keyof typeof choices] !== undefined);
    const faults = [...chosen, ...(isAnswer(given) ? ["answer"] : [])];
    const others = faults.filter((name) => !besideOthers.has(name));
    // Of an error, a delay and headers are parts, which can't be given twice.
    const { error } = given;
    const isTwice =
      error !== undefined &&
      ((given.delay !== undefined && error.delay !== null) ||
        (given.headers !== undefined && hasOwnHeaders(error)));
    if (faults.length === 0 || others.length > 1 || isTwice)
      context.addIssue({ code: "custom", message: ONE });
    else if (isAnswer(given) && !isComplete(given))
      context.addIssue({ code: "custom", message: NEEDS_STATUS });
    else refuseContradictions(given, context);
  })
  .transform((given, context): readonly HttpFault[] => {
    const { delay = null, headers, error } = given;
    if (error) {
      const answer = headers ? { ...error.answer, ...answerHeaders(headers) } : error.answer;
      return [{ ...error, answer, delay: delay ?? error.delay }];
    }
    if (isAnswer(given)) return [{ kind: "http.error", answer: toAnswer(given), delay }];
    if (headers && changesNothing(headers)) {
      context.addIssue({ code: "custom", path: ["headers"], message: NO_HEADERS });
      return z.NEVER;
    }
    const beside: HttpFault[] = [];
    if (headers) beside.push({ kind: "http.headers", ...headers });
    if (delay) beside.push({ kind: "http.delay", ...delay });
    if (given.empty) return [{ kind: "http.empty" }, ...beside];
    if (given.malformed) return [{ kind: "http.malformed", how: given.malformed }, ...beside];
    if (given.truncate) return [{ kind: "http.truncate", after: given.truncate }, ...beside];
    return given.rateLimit ? [given.rateLimit, ...beside] : beside;
  });

const NO_HEADERS = "expected add, replace or remove, or headers by name";

function hasOwnHeaders({ answer }: ErrorFault): boolean {
  const { headers, addedHeaders, removedHeaders } = answer;
  return headers.length > 0 || addedHeaders !== undefined || removedHeaders !== undefined;
}

/** The HTTP layer of one fault alone. */
export const httpFault: z.ZodType<HttpFault> = httpFaults.transform((faults, context): HttpFault => {
  const [only] = faults;
  if (faults.length === 1 && only) return only;
  const late = lateAnswer(faults);
  if (typeof late === "object") return late as HttpFault;
  context.addIssue({ code: "custom", message: late ?? ONE });
  return z.NEVER;
});
