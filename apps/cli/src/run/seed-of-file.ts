/** Import it with `import()`: it reads YAML and a schema. */
import { readRules, readRuleText } from "@faultwire/runtime/internal";
import { withFlag } from "../usage-error.ts";

/** The seed that a rule file says, or has where it says none. @throws RuntimeError, UsageError: the file can't be used. */
export async function seedOfFile(path: string): Promise<number | string> {
  const text = await readRuleText(path).catch((error: unknown) => {
    throw withFlag(error, { "rules-unreadable": "--config" });
  });
  return readRules(text, path).ruleSet.seed;
}
