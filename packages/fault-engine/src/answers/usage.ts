/** Tokens that an answer says it has used. */
export interface TokenUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;

const tokens = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/** Where each API puts its counts: the way to the object, the names of input and output. */
const PLACES: readonly (readonly [path: readonly string[], input: string, output: string])[] = [
  [["usage"], "input_tokens", "output_tokens"],
  [["message", "usage"], "input_tokens", "output_tokens"],
  [["response", "usage"], "input_tokens", "output_tokens"],
  [["usage"], "prompt_tokens", "completion_tokens"],
  [["usageMetadata"], "promptTokenCount", "candidatesTokenCount"],
];

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
  for (const [path, input, output] of PLACES) {
    const usage = path.reduce(member, json);
    const found: TokenUsage = {
      inputTokens: tokens(member(usage, input)),
      outputTokens: tokens(member(usage, output)),
    };
    if (found.inputTokens !== null || found.outputTokens !== null) return found;
  }
  return null;
}
