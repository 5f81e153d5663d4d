import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { startProxy } from "../../src/index.ts";

// Between the marks: the README's example, word for word.
async function example(): Promise<void> {
  // <example>
  const proxy = await startProxy({
    rules: { single: { errorProbability: 1, statusCode: 529, seed: 42 } },
    authority: {},
    logger: pino({ level: "warn" }),
    port: 0,
  });
  console.log(`HTTPS_PROXY=${proxy.url}`);
  const path = "http://api.anthropic.com/v1/models";
  await new Promise<void>((resolve) => {
    get({ port: proxy.port, path }, (response) => {
      console.log(`${path}: ${response.statusCode}`);
      response.resume().once("end", resolve);
    });
  });
  await proxy.close();
  // </example>
}

it("the README's example runs as it says", async () => {
  const home = mkdtempSync(join(tmpdir(), "faultwire-readme-"));
  vi.stubEnv("FAULTWIRE_HOME", home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(line.replace(/:\d+$/, ":N"));
  });
  await example();
  log.mockRestore();
  expect(lines).toEqual(["HTTPS_PROXY=http://127.0.0.1:N", "http://api.anthropic.com/v1/models: 529"]);

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  expect(readme).toContain(plain(code).trim());
});
