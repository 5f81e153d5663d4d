import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, every, pause } from "@faultwire/timers";
import { expect, it } from "vitest";

it("the README's example runs as it says", async () => {
  // <example>
  const takeBack = after(30 * 86_400_000, () => console.log("a month later"));
  takeBack();

  const end = every(60_000, () => console.log("a minute later"), { keepsAlive: false });
  end();

  await pause(10);
  // </example>
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(code).trim());
});
