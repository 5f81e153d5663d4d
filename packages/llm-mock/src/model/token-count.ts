/**
 * A token: up to four characters of a word with the space before it, or a run of other space.
 * Not the provider's tokens, but as many, roughly, and the same ones every time.
 */
const token = /\s?[^\s]{1,4}|\s+/gu;

/** Tokens of an image, a sound or a document in bytes: the mock does not look into them. */
const MEDIA_TOKENS = 256;

/** The tokens of a text in order; joined, they are the text. */
export const tokensOf = (text: string): readonly string[] => text.match(token) ?? [];

/** How many tokens a text has. */
export const countTokens = (text: string): number => tokensOf(text).length;

/**
 * How many tokens a part of a request costs: its text, and what it says as JSON otherwise. Long texts without a space are
 * what a file looks like in base64; each of those costs 256.
 */
export function countValueTokens(value: unknown): number {
  if (typeof value === "string") return isMedia(value) ? MEDIA_TOKENS : countTokens(value);
  let media = 0;
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "string" || !isMedia(inner)) return inner;
    media++;
    return "";
  });
  return countTokens(text ?? "") + media * MEDIA_TOKENS;
}

const isMedia = (text: string): boolean => text.length > 2048 && !/\s/.test(text.slice(0, 2048));
