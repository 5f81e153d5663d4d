// The steps of a release. Each refuses with one line that says what was found and what to do.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tarballProblems } from "../check-packages.mjs";
import { root, toolEnvironment } from "../setup.mjs";
import { publishedPackages } from "../supply-chain/published.mjs";
import { builders, builtFolders } from "./build.mjs";
import { userEnvironment } from "./consumers/install.mjs";
import { checkManifests, isPlaceholder, packagesInChangesets } from "./manifests.mjs";
import { packAll } from "./pack.mjs";
import { startRegistry } from "./registry.mjs";
import { eachOf, Refused, run, tailOf } from "./step.mjs";

export const isOurs = (name) => name === "faultwire" || name.startsWith("@faultwire/");

const here = { cwd: root, env: toolEnvironment };

/** A few names of many. */
const some = (names) => `${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`;

/** What is published is what a commit has, and each version says what is new in it. */
export async function tree() {
  const { status, stdout } = await run("git", ["status", "--porcelain"], here);
  if (status !== 0)
    throw new Refused("tree", "git can't tell the state of this folder: release from a clone");
  const changed = stdout.split("\n").filter(Boolean);
  if (changed.length > 0)
    throw new Refused(
      "tree",
      `${changed.length} files are not as they were committed (${some(changed.map((line) => line.slice(3)))}): commit them or put them back`,
    );
  const problems = checkManifests();
  if (problems.length > 0)
    throw new Refused(
      "tree",
      `${problems.length} problems in manifests (${problems[0]}): \`npm run manifests\``,
      problems.join("\n"),
    );
  return (await run("git", ["rev-parse", "--short", "HEAD"], here)).stdout.trim();
}

/** What of this checkout and of this job decides whether there can be a release. */
const stateHere = () => ({
  changesets: packagesInChangesets(),
  isPlaceholder: isPlaceholder(),
  env: process.env,
});

/** What only a real release needs beyond that. */
export function ready({ isDry, withProvenance }, { changesets, isPlaceholder, env } = stateHere()) {
  const waiting = [...new Set(changesets)];
  if (waiting.length > 0)
    throw new Refused(
      "version",
      `changesets wait for a version (${some(waiting)}): \`npm run version\`, read the changelogs, commit`,
    );
  if (isDry) return "no changeset waits";
  if (isPlaceholder)
    throw new Refused(
      "version",
      "the repository in package.json is a placeholder (.invalid): write its public address there, then `npm run manifests`, and commit",
    );
  // With these, a job of GitHub and one of GitLab can prove where it runs.
  const canProve = ["ACTIONS_ID_TOKEN_REQUEST_URL", "SIGSTORE_ID_TOKEN"].some((name) => env[name]);
  if (withProvenance && !canProve)
    throw new Refused(
      "version",
      "provenance is asked for, and this is no job that can prove where it runs: release from CI with an id-token, or give --without-provenance",
    );
  return "no changeset waits, and the address of the repository is there";
}

/** Compiles and bundles from nothing: the compiler never deletes what a deleted source has left behind. */
export async function build() {
  for (const folder of builtFolders()) rmSync(folder, { recursive: true, force: true });
  for (const [command, ...args] of builders()) {
    const { status, output } = await run(command, args, { ...here, limitMs: 600_000 });
    if (status !== 0)
      throw new Refused(
        "build",
        `\`${[command, ...args].join(" ")}\` ended with ${status}: mend it`,
        tailOf(output),
      );
  }
  return `${builtFolders().filter(existsSync).length} folders built from nothing`;
}

export async function test() {
  const { status, output } = await run("npm", ["test"], { ...here, limitMs: 3_600_000 });
  const last = output.trimEnd().split("\n").at(-1);
  if (status !== 0) throw new Refused("test", `\`npm test\` says ${last}: mend what failed`, tailOf(output));
  return last;
}

/** Packs, and looks at what was packed. */
export async function pack(scratch) {
  const into = join(scratch, "tarballs");
  mkdirSync(into, { recursive: true });
  const packed = await packAll(into).catch((error) => {
    throw new Refused("pack", `${error.message.split("\n", 1)[0]}: mend it`, error.message);
  });
  const problems = await tarballProblems(packed);
  if (problems.length > 0)
    throw new Refused(
      "pack",
      `${problems.length} problems in the tarballs: ${problems[0]}`,
      problems.join("\n"),
    );
  return packed.map((one) => ({ ...one, readme: readFileSync(join(one.folder, "README.md"), "utf8") }));
}

/** Versions of what others publish, as our manifests name them. */
function thirdPartyVersions() {
  const folders = [root, ...publishedPackages().map(({ folder }) => folder)];
  return new Map(
    folders.flatMap((folder) => {
      const { dependencies, devDependencies } = JSON.parse(
        readFileSync(join(folder, "package.json"), "utf8"),
      );
      return Object.entries({ ...dependencies, ...devDependencies }).filter(([, range]) => /^\d/.test(range));
    }),
  );
}

/** What failed, and the first line of an error that was printed. */
function firstWords(message) {
  const [what, ...printed] = message.split("\n").filter((line) => line.trim() !== "");
  const first = printed.find((line) => /error/i.test(line)) ?? printed[0] ?? "";
  return `${what} ${first.trim()}`.trim();
}

/** Publishes to a registry on loopback and lets everybody install from there. */
export async function use(packed, scratch, consumers, say) {
  const asked = await run("npm", ["config", "get", "registry"], here);
  const registry = await startRegistry({ isOurs, upstream: asked.stdout.trim() });
  try {
    const env = userEnvironment(join(scratch, "home"), registry);
    const publish = async (what, tag = "latest") => {
      const args = [
        "publish",
        what,
        "--tag",
        tag,
        "--provenance=false",
        "--ignore-scripts",
        "--access=public",
      ];
      const { status, output } = await run("npm", args, { cwd: scratch, env });
      if (status !== 0)
        throw new Refused("use", `npm can't publish ${what} to the registry on loopback: mend it`, output);
    };
    await eachOf(packed, 3, ({ tarball }) => publish(tarball));
    say(`  ${packed.length} packages published on loopback`);
    const versions = new Map(packed.map(({ name, manifest }) => [name, manifest.version]));
    const context = { scratch, env, packed, versions, publish, thirdParty: thirdPartyVersions() };
    const unserved = [];
    for (const consumer of consumers) {
      const began = performance.now();
      const found = await consumer.use(context).catch((error) => {
        unserved.push({ name: consumer.name, text: error.message });
        return `NOT served: ${firstWords(error.message)}`;
      });
      say(`  ${consumer.name}: ${found} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
    // Every consumer is tried, so that one run tells all that is to be mended.
    if (unserved.length > 0)
      throw new Refused(
        "use",
        `${unserved.length} of ${consumers.length} consumers are not served: ${unserved[0].name}: ${firstWords(unserved[0].text)}`,
        unserved.map(({ name, text }) => `${name}:\n${text}`).join("\n\n"),
      );
    return `${consumers.length} consumers served`;
  } finally {
    await registry.close();
  }
}

/**
 * Publishes the tarballs that were tried, those that the registry does not have yet.
 *
 * @param env the environment of npm, which names the registry: npm's own unless a user's settings say otherwise
 */
export async function publish(packed, { isDry, withProvenance }, say, env = toolEnvironment) {
  const here = { cwd: root, env };
  let count = 0;
  // A package comes behind those that it needs, so that it can be installed at any moment.
  for (const { name, manifest, tarball } of inOrder(packed)) {
    const asked = await run("npm", ["view", `${name}@${manifest.version}`, "version"], here);
    if (asked.status === 0 && asked.stdout.trim() === manifest.version) continue;
    if (asked.status !== 0 && !/E404/.test(asked.output))
      throw new Refused(
        "publish",
        `the registry does not say whether it has ${name}: try again later`,
        asked.output,
      );
    count++;
    if (isDry) {
      say(`  would publish ${name} ${manifest.version}`);
      continue;
    }
    const args = ["publish", tarball, `--provenance=${withProvenance}`, "--ignore-scripts"];
    const { status, output } = await run("npm", args, here);
    if (status !== 0)
      throw new Refused(
        "publish",
        `npm can't publish ${name} ${manifest.version}, ${count - 1} are out: mend it and run this again, which goes on with the rest`,
        tailOf(output),
      );
    say(`  ${name} ${manifest.version}`);
  }
  return isDry ? `${count} would have been published; nothing was` : `${count} published`;
}

function inOrder(packed) {
  const done = new Set();
  const order = [];
  const add = (one) => {
    if (!one || done.has(one.name)) return;
    done.add(one.name);
    for (const name of Object.keys(one.manifest.dependencies ?? {}))
      add(packed.find((other) => other.name === name));
    order.push(one);
  };
  for (const one of packed) add(one);
  return order;
}
