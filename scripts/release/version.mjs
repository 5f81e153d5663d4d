// `npm run version`: gives every package with a changeset its next version and its changelog, and the lockfile what follows.
// What it has written is read and committed by a person; `npm run release` publishes it.
import { root, setup, toolEnvironment } from "../setup.mjs";
import { publishedPackages } from "../supply-chain/published.mjs";
import { checkManifests, packagesInChangesets } from "./manifests.mjs";
import { run } from "./step.mjs";

function refuse(message, details = "") {
  if (details) console.error(details);
  console.error(`version: refused: ${message}`);
  process.exit(1);
}

async function must(command, ...args) {
  const { status, output } = await run(command, args, { cwd: root, env: toolEnvironment });
  if (status !== 0) refuse(`\`${[command, ...args].join(" ")}\` ended with ${status}: mend it`, output);
  return output;
}

const versions = () => new Map(publishedPackages().map(({ manifest }) => [manifest.name, manifest.version]));

if (packagesInChangesets().length === 0)
  refuse("no changeset waits: `npm run changeset` says what has changed, and how much");
if ((await must("git", "status", "--porcelain")).trim() !== "")
  refuse(
    "this folder has changes: commit them or put them back, so that the versions are a commit of their own",
  );
setup("checks");
const before = versions();
await must("changeset", "version");
await must("pnpm", "install", "--lockfile-only");
const problems = checkManifests({ write: true });
if (problems.length > 0) refuse(`${problems.length} problems in manifests`, problems.join("\n"));
for (const [name, version] of versions())
  if (version !== before.get(name)) console.log(`${name}: ${before.get(name)} → ${version}`);
console.log("Read the changelogs, then commit: `npm run release` comes next.");
