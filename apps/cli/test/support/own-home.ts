/** A FAULTWIRE_HOME of its own for each test of a file, which goes with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** Sets it before each test of the file that calls this. @returns where it is, while a test runs */
export function ownHome(): () => string {
  let home = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "faultwire-home-"));
    vi.stubEnv("FAULTWIRE_HOME", home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });
  return () => home;
}
