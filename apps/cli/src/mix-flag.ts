import { InvalidArgumentError } from "commander";

/** A name that can be one of a mix. Whether there is such a mix is told when the rules are read. */
export function mixFlag(text: string): string {
  if (/^[a-z]+(?:\/[a-z-]+)?$/.test(text)) return text;
  throw new InvalidArgumentError(
    "Expected gentle, realistic, brutal, or a provider's mix such as openai/bursts.",
  );
}

/** The rule file that names a mix and nothing else. */
export const mixText = (mix: string): string => `version: 1\nmix: ${mix}\n`;
