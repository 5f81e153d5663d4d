import { jsonMember } from "../json-value.ts";
import { PROVIDERS } from "../providers/provider-table.ts";

/** Tokens that an answer says it has used. */
export interface TokenUsage {
  /** Tokens of the prompt; `null` where the answer does not say. */
  readonly inputTokens: number | null;
  /** Tokens of the answer; `null` where it does not say. */
  readonly outputTokens: number | null;
}

const tokens = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

const PLACES = Object.values(PROVIDERS).flatMap(({ usage }) => usage);

/**
 * The usage in an answer's JSON: a whole body, or the data of one event. A stream reports in several events, with
 * cumulative counts: the last that is not `null` counts.
 *
 * @returns `null` where the JSON reports nothing.
 *
 * @example
 * ```ts
 * readUsage({ usage: { input_tokens: 12, output_tokens: 3 } }); // { inputTokens: 12, outputTokens: 3 }
 * ```
 */
export function readUsage(json: unknown): TokenUsage | null {
  for (const { path, input, output } of PLACES) {
    const usage = path.reduce(jsonMember, json);
    const found: TokenUsage = {
      inputTokens: tokens(jsonMember(usage, input)),
      outputTokens: tokens(jsonMember(usage, output)),
    };
    if (found.inputTokens !== null || found.outputTokens !== null) return found;
  }
  return null;
}
