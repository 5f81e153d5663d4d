import { readFileSync } from "node:fs";
import { join } from "node:path";
import { llmMockLimits } from "@faultwire/llm-mock";
import { describe, expect, it } from "vitest";
import { askTwice } from "./ask-twice.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

describe("README.md", () => {
  it("shows the example that is run here", () => {
    const example = readFileSync(join(import.meta.dirname, "ask-twice.ts"), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("shows an example that does what it says", async () => {
    const { text, same, paths } = await askTwice();
    expect(text).toContain("Good morning!");
    expect(same).toBe(true);
    expect(paths).toEqual(["/v1/messages", "/v1/messages"]);
    expect(readme).toContain(text);
  });

  it("tells every limit with its default", () => {
    // The formatter pads the cells of tables.
    const cells = readme.replaceAll(/ +/g, " ");
    for (const [name, value] of Object.entries(llmMockLimits))
      expect(cells).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`);
  });
});
