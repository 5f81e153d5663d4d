/** What the user has to mend before the reference host starts: one line that names the flag, and nothing is left open. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostCommand } from "../../src/commands/host.ts";
import { UsageError } from "../../src/usage-error.ts";

const signals = ["SIGTERM", "SIGINT"] as const;
let before: readonly (readonly NodeJS.SignalsListener[])[];
beforeEach(() => {
  before = signals.map((name) => process.listeners(name) as NodeJS.SignalsListener[]);
});
afterEach(() => {
  // A command listens for them as long as its process lives.
  for (const [at, name] of signals.entries())
    for (const one of process.listeners(name) as NodeJS.SignalsListener[])
      if (!before[at]?.includes(one)) process.off(name, one);
});

it.each([
  [["--plugin", "not a url"], /check --plugin$/],
  [
    ["--resolve", "*.test:443:127.0.0.1"],
    /^--resolve: the reference host takes no patterns such as \*\.test\S*; name each host$/,
  ],
])("%j", async (flags, message) => {
  const started = hostCommand()
    .exitOverride()
    .parseAsync([...flags, "--port", "0"], { from: "user" });
  const error: unknown = await started.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(message);
});
