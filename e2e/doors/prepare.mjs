// What the doors are tried with: found or installed before the first test. What is missing fails the run, by name.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchNode } from "../../scripts/nodes/registry-nodes.mjs";
import { fillerOf } from "../support/filled.mjs";

const here = import.meta.dirname;
/** Installations, kept between runs; git ignores them. */
const cache = join(here, "../node_modules/.faultwire-doors");

/** Runs a program to its end; its words are in the error when it fails. */
function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`.slice(-600)}`);
}

const filled = fillerOf("interop:doors", cache);

export function setup({ provide }) {
  const missing = [];
  for (const [program, remedy] of [
    ["curl", "apt-get install curl"],
    ["python3", "apt-get install python3-venv"],
  ])
    if (spawnSync(program, ["--version"]).status !== 0) missing.push(`${program} is missing: ${remedy}`);
  if (missing.length > 0) throw new Error(`\n${missing.join("\n")}`);
  const requirements = join(here, "clients/requirements.txt");
  const python = filled("python", readFileSync(requirements, "utf8"), (folder) => {
    run("python3", "-m", "venv", folder);
    const pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
    run(join(folder, "bin/pip"), ...pip);
  });
  const nodes = [
    { node: "22", npm: "10" },
    { node: "24", npm: "11" },
  ].map((each) => ({
    version: each.node,
    path: join(
      filled(`node-${each.node}`, JSON.stringify(each), (folder) => fetchNode(each, folder)),
      "node_modules/.bin/node",
    ),
  }));
  provide("programs", { python: join(python, "bin/python3"), nodes });
}
