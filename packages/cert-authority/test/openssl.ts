import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type Output = { readonly status: number; readonly text: string };

/** Runs a program to its end; its output is standard output and standard error together. */
export function run(program: string, args: readonly string[], input = ""): Output {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", input });
  if (error) throw error;
  return { status: status ?? -1, text: stdout + stderr };
}

/** Runs openssl, which has to succeed. */
export function openssl(...args: readonly string[]): string {
  const { status, text } = run("openssl", args);
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${text}`);
  return text;
}

/** What `openssl x509 -text` reads in a certificate. */
export const textOf = (pem: string): string => run("openssl", ["x509", "-noout", "-text"], pem).text;

/**
 * OpenSSL's verdict on a server's chain: "OK", or its error number and text.
 *
 * @param name the name that a client asked for
 */
export function verify(chainPem: string, rootPem: string, name: string, ...more: readonly string[]): string {
  const folder = temporaryFolder();
  const [chain, root] = [join(folder, "chain.pem"), join(folder, "root.pem")];
  writeFileSync(chain, chainPem);
  writeFileSync(root, rootPem);
  const flag = /^[\d.]+$|:/.test(name) ? "-verify_ip" : "-verify_hostname";
  const strict = ["-x509_strict", "-purpose", "sslserver", flag, name, ...more];
  const { text } = run("openssl", ["verify", ...strict, "-CAfile", root, "-untrusted", chain, chain]);
  return /^error (\d+ at \d+ depth lookup: .*)$/m.exec(text)?.[1] ?? text.trim().split(": ").at(-1) ?? "";
}
