// `npm run release`: clean tree → build from nothing → `npm test` → pack → the tarballs installed and used → publish (order.mjs). Each step
// refuses with one line. `--dry-run` publishes nothing. `npm run release:check` (`--check`) ends where it would be published;
// of it alone, `--skip-tests` leaves `npm test` to the caller, and `--core` tries the most important consumers;
// `--only NAME` those whose name has this part. See CONTRIBUTING.md and docs/adr/0035.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFlags } from "../read-flags.mjs";
import { setup } from "../setup.mjs";
import { consumers } from "./consumers/all.mjs";
import { takeSteps } from "./order.mjs";
import { Refused } from "./step.mjs";
import { build, pack, publish, ready, test, tree, use } from "./steps.mjs";

const { flags: values } = readFlags("release", {
  check: { type: "boolean", default: false },
  core: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  "skip-tests": { type: "boolean", default: false },
  "without-provenance": { type: "boolean", default: false },
  only: { type: "string" },
  keep: { type: "boolean", default: false },
});
const how = { isDry: values["dry-run"], withProvenance: !values["without-provenance"] };
const say = (line) => console.log(line);
const scratch = mkdtempSync(join(tmpdir(), "faultwire-release-"));

function wantedConsumers() {
  const wanted = consumers
    .filter(({ isCore }) => isCore || !values.core)
    .filter(({ name }) => name.toLowerCase().includes((values.only ?? "").toLowerCase()));
  if (wanted.length === 0)
    throw new Refused(
      "flags",
      `--only ${values.only}: expected a part of one of ${consumers.map(({ name }) => `"${name}"`).join(", ")}`,
    );
  return wanted;
}

async function release() {
  const wanted = wantedConsumers();
  const work = {
    tree,
    version: async () => ready(how),
    build() {
      setup("checks");
      return build();
    },
    test,
    pack: () => pack(scratch),
    use: (packed) => use(packed, scratch, wanted, say),
    publish: (packed) => publish(packed, how, say),
  };
  await takeSteps(values, work, say);
}

try {
  await release();
  if (!values.keep) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  if (error.details !== "" && error.details !== error.message) console.error(error.details);
  if (!values.keep) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  console.error(`release: refused at ${error.step}: ${error.message}`);
  process.exitCode = 1;
}
