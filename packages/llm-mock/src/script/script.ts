/** What a script says: turns, of which the first that fits a request is the model's answer. */
import type { Pace, Stop } from "../model/speech.ts";

/** What a request has to be like for a turn; everything that is there has to hold. */
export interface ScriptCondition {
  /** Tells whether the last user message is the one that is meant. */
  readonly message?: (text: string) => boolean;
  /** A tool whose result is the last thing that was said. */
  readonly afterTool?: string;
  /** Which answer of the conversation it is, counted from 1. */
  readonly turn?: number;
  /** Tells whether the model is the one that is meant. */
  readonly model?: (name: string) => boolean;
}

/** A call that a turn makes. */
export interface ScriptCall {
  /** The tool's name. */
  readonly tool: string;
  /** What it is called with: an object. */
  readonly arguments: unknown;
  /** What came of it, for tools that the provider runs; with it, the call is one of those. */
  readonly result?: unknown;
}

/** One answer of the model. */
export interface ScriptTurn {
  /** Which requests it answers; an empty one fits all. */
  readonly when: ScriptCondition;
  /** What the model thinks: for clients that asked to see it. */
  readonly think?: string;
  /** What it says; `{{message}}` stands for the last user message. */
  readonly say?: string;
  /** The tools that it calls, in order. */
  readonly call: readonly ScriptCall[];
  /** In place of the counted ones. */
  readonly tokens?: { readonly input?: number; readonly output?: number };
  /** In place of the mock's own. */
  readonly pace?: Pace;
  /** Why the model stops; left out, it follows from what it said. */
  readonly stop?: Stop;
}

/** A script, read and checked; {@link parseScript} makes it. */
export interface Script {
  /** At least one; the first that fits counts. */
  readonly turns: readonly ScriptTurn[];
  /** What a request gets that no turn fits: the mock's echo, or an error that says so. */
  readonly otherwise: "echo" | "refuse";
}

/** Limits of a script. */
export const scriptLimits = {
  /** Bytes of its text: reading a longer one takes longer than anyone waits. */
  maxBytes: 1_048_576,
  /** Turns: each request is held against all of them. */
  maxTurns: 10_000,
  /** Aliases that it may resolve: the defence against a "billion laughs". */
  maxAliases: 100,
} as const;
