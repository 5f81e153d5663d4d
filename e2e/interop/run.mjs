// `npm run interop [-- --host reference|fault|both|proxy] [--without gnutls,nginx] [--test TEXT] [FILE …]`: every client
// through every host, or a line for each program that is missing and status 1. FILE and TEXT take a part of it alone.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFlags } from "../../scripts/read-flags.mjs";

const hosts = ["reference", "fault", "both", "proxy"];
const { flags: values, words: positionals } = readFlags(
  "interop",
  {
    test: { type: "string", short: "t" },
    host: { type: "string", default: "both" },
    without: { type: "string", multiple: true, default: [] },
  },
  { words: true },
);
const here = dirname(fileURLToPath(import.meta.url));
if (hosts.includes(values.host)) {
  const config = ["--root", here, "--config", join(here, "vitest.config.ts")];
  const part = values.test === undefined ? [] : ["--testNamePattern", values.test];
  const { status, error } = spawnSync(
    "vitest",
    ["run", "--reporter=verbose", ...config, ...part, ...positionals],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        FAULTWIRE_HOSTS: values.host,
        FAULTWIRE_WITHOUT: values.without.join(","),
      },
    },
  );
  if (error) console.error(`vitest could not be started: ${error.message}`);
  process.exitCode = status ?? 1;
} else {
  console.error(`--host ${values.host}: expected one of ${hosts.join(", ")}`);
  process.exitCode = 2;
}
