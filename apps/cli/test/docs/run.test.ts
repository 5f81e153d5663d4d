/** docs/run.md against the code. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runStatus } from "../../src/run/exit-status.ts";
import { folder, run } from "../support/run-command.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/run.md"), "utf8");

describe("docs/run.md", () => {
  // What each of them stands for is tested in system/run.
  it("has every exit status of ours in its table", () => {
    const table = page.slice(
      page.indexOf("## Exit status"),
      page.indexOf("The command's own status comes first"),
    );
    const numbers = [...table.matchAll(/^\| (\d+) +\|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([0, ...Object.values(runStatus)]);
  });

  /** The block of that language. */
  const block = (language: string): string =>
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(page)?.[1] ?? "";
  const hasPython = spawnSync("python3", ["--version"]).status === 0;

  it.each([
    ["js", process.execPath, "-e", 'await tell("partial", "op-1");'],
    ...(hasPython ? [["python", "python3", "-c", 'tell("partial", "op-1")']] : []),
  ] as [string, string, string, string][])(
    "has a helper for a program's own word that works: %s",
    async (language, program, flag, call) => {
      const place = join(folder(), "out");
      const script =
        language === "js" ? `(async () => { ${block(language)}\n${call} })()` : `${block(language)}\n${call}`;
      await run("-q", "--report", place, "--", program, flag, script);
      const events = readFileSync(join(place, "events.ndjson"), "utf8");
      expect(events).toMatch(/"from":"program".*"outcome":"partial".*"operation":"op-1"/);
      // Without the variable it does nothing: a program keeps it in.
      expect(spawnSync(program, [flag, script]).status).toBe(0);
    },
  );
});
