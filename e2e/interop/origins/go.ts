import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartOrigin, startProcess } from "./origin.ts";

let built: string | undefined;

/** The program, built once a run; it has no dependency, so nothing is fetched. */
function program(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "faultwire-go-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "origin");
  const cwd = join(import.meta.dirname, "go");
  const env = { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
  const { status, stderr } = spawnSync("go", ["build", "-o", path, "."], { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`go build: ${stderr}`);
  built = path;
  return path;
}

/** Go's HTTPS server with Go's own TLS. */
export const go: StartOrigin = async ({ folder, certificateFile, keyFile, versions }) => {
  const server = startProcess([
    program(),
    ...["-folder", folder, "-certificate", certificateFile, "-key", keyFile],
    ...["-min", versions[0] ?? "1.2", "-max", versions.at(-1) ?? "1.3"],
  ]);
  const [, port] = await server.printed(/^port (\d+)$/m);
  return { port: Number(port), close: () => server.stop() };
};
