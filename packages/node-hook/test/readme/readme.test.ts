import { type SpawnOptionsWithoutStdio, spawn as spawnProgram } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { startStubProxy, target } from "@faultwire/testkit/stub-proxy";
import { expect, it, onTestFinished } from "vitest";
import { Programs } from "../support/run-program.ts";

it("the README's example runs as it says", async () => {
  const proxy = await startStubProxy();
  const programs = await Programs.make(proxy);
  onTestFinished(async () => {
    programs.dispose();
    await proxy.close();
  });
  writeFileSync(
    join(programs.folder, "agent.js"),
    `fetch("https://${target}/").then(({ status }) => console.log(status));`,
  );
  /** The example's proxy and target are the test's. */
  const spawn = (command: string, args: string[], { env }: SpawnOptionsWithoutStdio) =>
    spawnProgram(command, args, {
      cwd: programs.folder,
      env: { ...env, FAULTWIRE_PROXY: proxy.url, FAULTWIRE_TARGETS: target },
    });
  // <example>
  const hook = createRequire(import.meta.url).resolve("@faultwire/node-hook");
  const program = spawn("node", ["agent.js"], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--require ${hook}`,
      FAULTWIRE_PROXY: "http://127.0.0.1:3180",
      FAULTWIRE_TARGETS: "api.anthropic.com,*.openai.azure.com",
      FAULTWIRE_CA: "ca.pem",
      NODE_EXTRA_CA_CERTS: "ca.pem",
    },
  });
  // </example>
  const said: Buffer[] = [];
  for (const stream of [program.stdout, program.stderr])
    stream.on("data", (bytes: Buffer) => said.push(bytes));
  await soon(new Promise((resolve) => program.on("close", resolve)), "the event close of program", 45_000);
  expect(Buffer.concat(said).toString()).toBe("429\n");
  expect(proxy.wanted).toEqual([`${target}:443`]);
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(code).trim());
});
