import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { expect, it, vi } from "vitest";
import { startPluginServer } from "../../src/index.ts";

// Between the marks: the README's example, word for word.
async function example(): Promise<void> {
  // <example>
  const runtime = await openRuntime({
    rules: { single: { errorProbability: 0.3, statusCode: 529, seed: 42 } },
    logger: pino({ level: "warn" }),
    onEvent: (event) => console.log(event.type),
  });
  const server = await startPluginServer({ runtime, port: 0 });
  for (const { side, url } of server.endpoints) console.log(`--grpc-plugin ${url} wraps the ${side}'s side`);
  await server.close();
  await runtime.close();
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
