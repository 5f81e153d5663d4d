import { readFileSync } from "node:fs";
import { join } from "node:path";
import { llmMockLimits, scriptLimits } from "@faultwire/llm-mock";
import { describe, expect, it } from "vitest";
import { askTwice } from "./ask-twice.ts";
import { driveAgent } from "./drive-agent.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

describe("README.md", () => {
  it.each(["ask-twice.ts", "drive-agent.ts"])("shows the example that is run here: %s", (file) => {
    const example = readFileSync(join(import.meta.dirname, file), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("shows an example that does what it says", async () => {
    const { text, same, paths } = await askTwice();
    expect(text).toContain("Good morning!");
    expect(same).toBe(true);
    expect(paths).toEqual(["/v1/messages", "/v1/messages"]);
    expect(readme).toContain(text);
  });

  it("shows a script that drives an agent", async () => {
    expect(await driveAgent("What is the weather?")).toBe("It is 12 degrees in Bern.");
    expect(await driveAgent("Good night")).toBe("Sleep well.");
  });

  it("tells every limit with its default", () => {
    // The formatter pads the cells of tables.
    const cells = readme.replaceAll(/ +/g, " ");
    for (const [name, value] of Object.entries(llmMockLimits))
      expect(cells).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`);
    for (const value of Object.values(scriptLimits)) expect(readme).toContain(value.toLocaleString("en-US"));
  });
});
