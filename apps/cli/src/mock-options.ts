/** What the mock API is told on the command line: a script, and how fast it speaks. */
import type { LlmMockOptions } from "@faultwire/llm-mock";
import { readInput } from "@faultwire/runtime/internal";
import { type Command, Option } from "commander";
import { numberFlag } from "./number-flags.ts";
import { UsageError } from "./usage-error.ts";

/** The flags as commander gives them. */
export interface MockFlags {
  readonly script?: string;
  readonly tokensPerSecond?: number;
  readonly firstToken?: number;
}

/** What the flags mean to a mock. */
export type MockSettings = Pick<LlmMockOptions, "script" | "tokensPerSecond" | "firstTokenMs">;

/** Adds `--script`, `--tokens-per-second` and `--first-token`. */
export const addMockOptions = (command: Command): Command =>
  command
    .optionsGroup("The mock:")
    .option("--script <file>", "what the mock's model says and calls, turn by turn (docs/mock.md)")
    .addOption(
      new Option("--tokens-per-second <number>", "how fast it speaks (default: at once)").argParser(
        numberFlag(0.001, 1_000_000),
      ),
    )
    .addOption(
      new Option("--first-token <ms>", "the time to its first token (default: 0)").argParser(
        numberFlag(0, 3_600_000),
      ),
    );

/**
 * Reads what the flags name.
 *
 * @param hasMock - Whether there is a mock at all.
 * @throws UsageError where there is none, or the script can't be read: file, line, column, what was found and expected.
 */
export async function mockSettings(
  flags: MockFlags,
  hasMock: boolean,
  without: string,
): Promise<MockSettings> {
  const { script, tokensPerSecond, firstToken } = flags;
  const given = Object.entries({
    "--script": script,
    "--tokens-per-second": tokensPerSecond,
    "--first-token": firstToken,
  }).find(([, value]) => value !== undefined)?.[0];
  if (!hasMock && given)
    throw new UsageError(`${given} says something to the mock, and there is none: ${without}`);
  return {
    ...(script !== undefined && { script: await readScript(script) }),
    ...(tokensPerSecond !== undefined && { tokensPerSecond }),
    ...(firstToken !== undefined && { firstTokenMs: firstToken }),
  };
}

async function readScript(path: string): Promise<NonNullable<MockSettings["script"]>> {
  const { LlmMockError, parseScript, scriptLimits } = await import("@faultwire/llm-mock");
  const text = await readInput(path, scriptLimits.maxBytes).catch((error: Error) => {
    throw new UsageError(`the script ${error.message}; check --script`);
  });
  try {
    return parseScript(text, path);
  } catch (error) {
    if (error instanceof LlmMockError)
      throw new UsageError(`${error.message}; check --script`, { cause: error });
    throw error;
  }
}
