import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FaultEngine, singleRuleSet } from "@faultwire/fault-engine";
import pino from "pino";
import { expect, it, vi } from "vitest";
import { enginePolicy, startPluginServer } from "../../src/index.ts";

// Between the marks: the README's example, word for word.
async function example(): Promise<void> {
  // <example>
  const now = (): number => performance.now();
  const engine = new FaultEngine({ startedAtMs: now() });
  engine.setRules("flags", singleRuleSet({ errorProbability: 0.3, statusCode: 529, seed: 42 }));
  const server = await startPluginServer({
    policy: enginePolicy({ engine, now, onEvent: (event) => console.log(event.type) }),
    logger: pino({ level: "warn" }),
    port: 0,
  });
  for (const { side, url } of server.endpoints) console.log(`--grpc-plugin ${url} wraps the ${side}'s side`);
  await server.close();
  // </example>
}

it("the README's example runs as it says", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(line.replaceAll(/\d+(?= )/g, "N"));
  });
  await example();
  log.mockRestore();
  expect(lines).toEqual([
    "--grpc-plugin http://127.0.0.1:N wraps the server's side",
    "--grpc-plugin http://127.0.0.1:N wraps the client's side",
  ]);

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  expect(readme).toContain(plain(code).trim());
});
