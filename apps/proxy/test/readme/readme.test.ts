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

// The second one.
async function doors(): Promise<void> {
  // <doors>
  const gateway = await startProxy({
    rules: { single: { targetHosts: ["api.example.com"], errorProbability: 1, statusCode: 503, seed: 42 } },
    reverse: "https://api.example.com/v1",
    logger: pino({ level: "warn" }),
    port: 0,
  });
  console.log(`the upstream: ${(await fetch(`${gateway.url}/models`)).status}`);
  await gateway.close();

  const base = await startProxy({
    rules: { single: { errorProbability: 1, statusCode: 429, seed: 42 } },
    routes: [
      {
        method: "GET",
        path: "/health",
        handle: () => ({ status: 204, headers: [], body: new Uint8Array(0) }),
      },
    ],
    logger: pino({ level: "warn" }),
    port: 0,
  });
  console.log(`its API: ${(await fetch(`${base.url}/anthropic/v1/models`)).status}`);
  console.log(`itself: ${(await fetch(`${base.url}/health`)).status}`);
  await base.close();
  // </doors>
}

// The third one.
async function standIn(): Promise<void> {
  // <stand-in>
  const tested = await startProxy({
    rules: { single: { errorProbability: 0.5, statusCode: 529, seed: 2 } },
    mock: {},
    authority: {},
    logger: pino({ level: "warn" }),
    port: 0,
  });
  const headers = { "x-api-key": "any", "anthropic-version": "2023-06-01" };
  for (let count = 0; count < 4; count++)
    console.log(`models: ${(await fetch(`${tested.url}/anthropic/v1/models`, { headers })).status}`);
  console.log(`the mock was asked ${tested.mock?.requests.length} times`);
  await tested.close();
  // </stand-in>
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
  await doors();
  await standIn();
  log.mockRestore();
  expect(lines).toEqual([
    "HTTPS_PROXY=http://127.0.0.1:N",
    "http://api.anthropic.com/v1/models: 529",
    "the upstream: 503",
    "its API: 429",
    "itself: 204",
    ...["models: 200", "models: 529", "models: 200", "models: 200", "the mock was asked 3 times"],
  ]);

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  for (const mark of ["example", "doors", "stand-in"]) {
    const code = source.slice(source.indexOf(`<${mark}>`) + mark.length + 2, source.indexOf(`// </${mark}>`));
    expect(readme).toContain(plain(code).trim());
  }
});
