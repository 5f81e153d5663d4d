/** A program of a test's own, in a process of its own, with the hook as it is bundled from the source of now. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ended } from "@faultwire/testkit/ended-program";
import { type StubProxy, target } from "@faultwire/testkit/stub-proxy";
import { bundleHook } from "../../scripts/bundle.mjs";

export interface ProgramOptions {
  /** `mjs` unless given. */
  readonly kind?: "mjs" | "cjs";
  /** How the hook is loaded; by `--require` in NODE_OPTIONS unless given. */
  readonly nodeOptions?: (hook: string) => string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A folder with the hook, the CA's certificate and the programs. */
export class Programs {
  readonly folder: string = mkdtempSync(join(tmpdir(), "faultwire-hook-"));
  readonly hook: string = join(this.folder, "the hook.cjs");
  readonly #proxy: StubProxy;
  #count = 0;

  private constructor(proxy: StubProxy) {
    this.#proxy = proxy;
  }

  static async make(proxy: StubProxy): Promise<Programs> {
    const programs = new Programs(proxy);
    await bundleHook(programs.hook);
    writeFileSync(join(programs.folder, "ca.pem"), proxy.caPem);
    return programs;
  }

  /** Runs a source to its end. */
  run(source: string, { kind = "mjs", nodeOptions, environment }: ProgramOptions = {}): Promise<Ended> {
    const file = join(this.folder, `program-${this.#count++}.${kind}`);
    writeFileSync(file, source);
    const ca = join(this.folder, "ca.pem");
    const load = nodeOptions ?? ((hook: string) => `--require "${hook}"`);
    const child = spawn(process.execPath, [file], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        NODE_OPTIONS: load(this.hook),
        NODE_EXTRA_CA_CERTS: ca,
        FAULTWIRE_CA: ca,
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
