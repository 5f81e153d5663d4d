/** A Python program of a test's own, with the hook on its path. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ended } from "@faultwire/testkit/ended-program";
import { type StubProxy, target } from "@faultwire/testkit/stub-proxy";

/** The folder that goes on PYTHONPATH. */
export const hookFolder: string = join(import.meta.dirname, "../../python");

/** Whether this machine has a Python that the hook is for. */
export const hasPython: boolean =
  spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

/** A folder with the CA's certificate and modules that stand for packages; it is the program's folder. */
export class Programs {
  readonly folder: string = mkdtempSync(join(tmpdir(), "faultwire-python-"));
  readonly #proxy: StubProxy;

  constructor(proxy: StubProxy) {
    this.#proxy = proxy;
    this.write("ca.pem", proxy.caPem);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a source to its end. */
  run(source: string, environment: Readonly<Record<string, string | undefined>> = {}): Promise<Ended> {
    const ca = join(this.folder, "ca.pem");
    const child = spawn("python3", ["-c", source], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONPATH: hookFolder,
        SSL_CERT_FILE: ca,
        FAULTWIRE_CA: ca,
        FAULTWIRE_CA_BUNDLE: ca,
        FAULTWIRE_PROXY: this.#proxy.url,
        FAULTWIRE_TARGETS: target,
        ...environment,
      },
    });
    return ended(child);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
