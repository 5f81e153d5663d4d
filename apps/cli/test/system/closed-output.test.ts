/** Somebody reads the first lines and goes, as `head` does: that is no error of ours. */
import { once } from "node:events";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { expect, it } from "vitest";
import { launchFaultwire } from "../faultwire-process.ts";

const noRules = join(import.meta.dirname, "../../package.json");

it.each([
  ["help of a command", ["start", "--help"], 0],
  ["help", ["--help"], 0],
  // A file that is no rule file: the words go to standard error, and the status says it all the same.
  ["a refusal", ["check", noRules], 2],
] as const)("%s", async (_what, args, expected) => {
  const { child, closed } = launchFaultwire(...args);
  // Before the command has begun to run, so that each of its writes fails.
  child.stdout?.destroy();
  let words = "";
  child.stderr?.on("data", (text: Buffer) => {
    words += text.toString();
  });
  const [status] = (await soon(once(child, "exit"), "the event exit of child", 45_000)) as [number | null];
  await closed;
  expect(words).not.toContain("EPIPE");
  expect(status).toBe(expected);
});
