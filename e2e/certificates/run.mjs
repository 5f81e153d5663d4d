// `npm run interop:certificates [-- --without java,nss] [--system-store]`: the checks with every verifier, or a line for
// each that is missing and status 1. `--system-store` puts a CA into this system's store and takes it out again.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFlags } from "../../scripts/read-flags.mjs";

const { flags: values } = readFlags("interop:certificates", {
  without: { type: "string", multiple: true, default: [] },
  "system-store": { type: "boolean", default: false },
});
const here = dirname(fileURLToPath(import.meta.url));
const { status } = spawnSync("vitest", ["run", "--root", here, "--config", join(here, "vitest.config.ts")], {
  stdio: "inherit",
  env: {
    ...process.env,
    FAULTWIRE_WITHOUT: values.without.join(","),
    FAULTWIRE_SYSTEM_STORE: values["system-store"] ? "1" : "0",
  },
});
process.exitCode = status ?? 1;
