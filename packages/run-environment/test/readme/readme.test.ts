import { type SpawnOptions, spawn as spawnProgram } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority, writeTrustFiles } from "@faultwire/cert-authority";
import { runEnvironment } from "@faultwire/run-environment";
import { expect, it, onTestFinished } from "vitest";

it("the README's example runs as it says", async () => {
  const folder = await mkdtemp(join(tmpdir(), "faultwire-readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let printed: Promise<string> = Promise.resolve("");
  const spawn = (command: string, args: string[], options: SpawnOptions): void => {
    const child = spawnProgram(command, args, { ...options, stdio: "pipe" });
    printed = new Promise((resolve, reject) => {
      let text = "";
      child.stdout?.on("data", (chunk) => (text += chunk));
      child.on("error", reject).on("close", () => resolve(text));
    });
  };
  // <example>
  const ca = await CertificateAuthority.ephemeral({ targets: ["api.anthropic.com"] });
  const { environment, userProxy, notes } = runEnvironment({
    proxyUrl: "http://127.0.0.1:3180",
    targets: ["api.anthropic.com"],
    trust: await writeTrustFiles(ca, folder),
    environment: process.env,
  });
  for (const note of notes) console.error(note);
  if (userProxy.HTTPS_PROXY !== undefined) console.error("the proxy has to go through another one");
  spawn("node", ["-p", "process.env.HTTPS_PROXY"], { env: environment, stdio: "inherit" });
  // </example>
  expect(await printed).toBe("http://127.0.0.1:3180\n");
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(code).trim());
});
