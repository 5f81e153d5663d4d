import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fetchFaultLimits } from "../../src/index.ts";
import { ask } from "./example.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

it("shows the example that is run here", async () => {
  const example = readFileSync(join(import.meta.dirname, "example.ts"), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const server = createServer((_, response) => response.end("fine"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await ask(`http://127.0.0.1:${port}/v1/messages`)).toEqual({ statuses: [529, 200], attempts: 2 });
  server.close();
  server.closeAllConnections();
});

it("tells every limit with its default", () => {
  const cells = readme.replaceAll(/ +/g, " ");
  for (const [name, value] of Object.entries(fetchFaultLimits))
    expect(cells).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`);
});
