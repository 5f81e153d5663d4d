import { type SpawnOptionsWithoutStdio, spawn as spawnProgram } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { startStubProxy, target } from "@faultwire/testkit/stub-proxy";
import { expect, it, onTestFinished } from "vitest";
import { hasPython, Programs } from "../support/run-python.ts";

it.runIf(hasPython)("the README's example runs as it says", async () => {
  const proxy = await startStubProxy();
  const programs = new Programs(proxy);
  onTestFinished(async () => {
    programs.dispose();
    await proxy.close();
  });
  programs.write("bundle.pem", proxy.caPem);
  programs.write(
    "agent.py",
    `import http.client\nagent = http.client.HTTPSConnection("${target}")\nagent.request("GET", "/")\nprint(agent.getresponse().status)\n`,
  );
  /** The example's proxy and target are the test's. */
  const spawn = (command: string, args: string[], { env }: SpawnOptionsWithoutStdio) =>
    spawnProgram(command, args, {
      cwd: programs.folder,
      env: { ...env, PYTHONDONTWRITEBYTECODE: "1", FAULTWIRE_PROXY: proxy.url, FAULTWIRE_TARGETS: target },
    });
  // <example>
  const file = createRequire(import.meta.url).resolve("@faultwire/python-hook/sitecustomize.py");
  const program = spawn("python3", ["agent.py"], {
    env: {
      ...process.env,
      PYTHONPATH: dirname(file),
      FAULTWIRE_PROXY: "http://127.0.0.1:3180",
      FAULTWIRE_TARGETS: "api.anthropic.com,*.openai.azure.com",
      SSL_CERT_FILE: "bundle.pem",
      FAULTWIRE_CA: "ca.pem",
      FAULTWIRE_CA_BUNDLE: "bundle.pem",
    },
  });
  // </example>
  const said: Buffer[] = [];
  for (const stream of [program.stdout, program.stderr])
    stream.on("data", (bytes: Buffer) => said.push(bytes));
  await soon(new Promise((resolve) => program.on("close", resolve)), "the event close of program", 45_000);
  expect(Buffer.concat(said).toString()).toBe("429\n");
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(code).trim());
});
