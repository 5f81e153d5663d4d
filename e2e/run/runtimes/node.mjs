// Node, each supported version, with the clients of clients/package.json. See run.mjs for what a cell is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchNode, supported } from "../../../scripts/nodes/registry-nodes.mjs";
import { clients, filled, run, textOf } from "../tools.mjs";

export const title = "Node";

/** Clients that are packages; the others are Node's own. */
const packages = [
  "undici5",
  "undici6",
  "undici7",
  "undici8",
  "undici5, an Agent of its own",
  "undici6, an Agent of its own",
  "undici7, an Agent of its own",
  "undici8, an Agent of its own",
  "got",
  "axios",
  "ky",
  "node-fetch2",
  "node-fetch",
  "@anthropic-ai/sdk",
  "openai",
  "ai",
];
const own = [
  "fetch",
  "fetch in a worker",
  "fetch in a child",
  "http in clear",
  "https",
  "https, an agent of its own",
  "https, agent: false",
  "https, ca of its own",
];

/** The clients, installed. @returns the folder with node_modules */
export function nodeClients() {
  const files = [join(clients, "package.json"), join(clients, "package-lock.json")];
  return filled(
    "clients",
    textOf(...files, join(clients, "node.mjs"), join(clients, "node.cjs")),
    (folder) => {
      for (const name of ["package.json", "package-lock.json", "node.mjs", "node.cjs"])
        run("cp", [join(clients, name), folder]);
      run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
    },
  );
}

const versionIn = (folder, name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;

export function* cells(origin) {
  const folder = nodeClients();
  for (const each of supported) {
    const home = filled(`node-${each.node}`, JSON.stringify(each), (empty) => fetchNode(each, empty));
    const node = join(home, "node_modules", ".bin", "node");
    const version = run(node, ["--version"]).trim().slice(1);
    const cell = { runtime: `Node ${version}`, cwd: folder };
    for (const client of own) yield { ...cell, client, command: [node, "node.mjs", client, origin] };
    yield { ...cell, client: "https in CommonJS", command: [node, "node.cjs", origin] };
    for (const client of packages) {
      const [name] = client.split(", ");
      const skip = name === "undici8" && version.startsWith("20.") ? "needs Node 22.19" : undefined;
      yield {
        ...cell,
        key: client,
        client: client.replace(/^(undici|node-fetch)\d/, "$1"),
        version: versionIn(folder, name),
        command: [node, "node.mjs", client, origin],
        skip,
      };
    }
  }
}
