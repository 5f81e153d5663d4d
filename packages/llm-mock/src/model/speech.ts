/** What a model says, whichever API it is asked through. */

/** How fast it comes. */
export interface Pace {
  /** Output tokens a second. Left out: as fast as the connection takes them. */
  readonly tokensPerSecond?: number;
  /** From the request to the first token, in milliseconds. Default 0. */
  readonly firstTokenMs?: number;
}

/** A place in a document of the request that a text rests on. */
export interface Citation {
  /** Counts the documents of the request that may be cited, from 0. */
  readonly documentIndex: number;
  readonly title: string | null;
  readonly citedText: string;
  /** In characters from the document's begin; `end` is the first one behind. */
  readonly start: number;
  readonly end: number;
}

/** One thing that a model says or does. */
export type Part =
  | { readonly kind: "think"; readonly text: string }
  | { readonly kind: "text"; readonly text: string; readonly citation?: Citation }
  /** A call of a tool that the client runs. */
  | { readonly kind: "call"; readonly name: string; readonly input: unknown }
  /** A call of a tool that the provider runs, with what came of it. */
  | {
      readonly kind: "server-call";
      readonly name: string;
      readonly input: unknown;
      readonly result: unknown;
    };

/** Why a model stopped. */
export const STOPS = ["end", "length", "stop-sequence", "tool", "refusal", "pause", "context"] as const;

/** One of {@link STOPS}: `pause` is a long turn to be gone on with, `context` a full context window. */
export type Stop = (typeof STOPS)[number];

/** Tokens of one answer. */
export interface SpeechUsage {
  readonly inputTokens: number;
  /** Thinking included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

/** A whole answer. */
export interface Speech {
  readonly parts: readonly Part[];
  readonly stop: Stop;
  /** The sequence that ended it, where one did. */
  readonly stopSequence: string | null;
  readonly usage: SpeechUsage;
  readonly pace: Pace | undefined;
}
