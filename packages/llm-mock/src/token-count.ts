/**
 * What the mock takes for tokens: up to four characters of a word with the space before it, or a run of other space.
 * Not the provider's tokens, but as many, roughly, and the same ones every time.
 */
const token = /\s?[^\s]{1,4}|\s+/gu;

/** The tokens of a text in order; joined, they are the text. */
export const tokensOf = (text: string): readonly string[] => text.match(token) ?? [];

/** How many tokens a text has. */
export const countTokens = (text: string): number => tokensOf(text).length;
