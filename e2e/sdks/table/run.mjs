// `npm run interop:sdk-table`: what each SDK does in each situation of situations.mjs, kept in results.json.
// docs/sdks.md is made from that.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { presetTable } from "../../../packages/fault-engine/dist/index.js";
import { fetchNode, supported } from "../../../scripts/nodes/registry-nodes.mjs";
import { readFlags } from "../../../scripts/read-flags.mjs";
import { here, must, prepare, programFor, root, stop, tableClients, wantedClients } from "../environment.mjs";
import { measure } from "./measure.mjs";
import { keptResults, writeResults } from "./results.mjs";
import { providers } from "./situations.mjs";

/** The SDKs of today want at least Node 22. */
const wantedNode = supported.find(({ node }) => node === "24");
/** Whose presets a client is asked with: only an SDK of that provider has classes for them. */
const presetClients = {
  "anthropic.mjs": "anthropic",
  "anthropic_client.py": "anthropic",
  "anthropic-vertex.mjs": "vertex",
  "openai.mjs": "openai",
  "openai_client.py": "openai",
  "openai-azure.mjs": "azure",
  "openai_azure_client.py": "azure",
  "genai.mjs": "gemini",
  "genai_client.py": "gemini",
  "genai-vertex.mjs": "vertex",
  "genai_vertex_client.py": "vertex",
  "aws.mjs": "bedrock",
  "boto3_client.py": "bedrock",
  "mistral.mjs": "mistral",
  "mistral_client.py": "mistral",
  "cohere.mjs": "cohere",
  "cohere_client.py": "cohere",
  "openrouter.mjs": "openrouter",
  "openrouter_client.py": "openrouter",
  "openai-openrouter.mjs": "openrouter",
  "openai_openrouter_client.py": "openrouter",
  "openai-litellm.mjs": "litellm",
  "openai_litellm_client.py": "litellm",
  "ollama.mjs": "ollama",
  "ollama_client.py": "ollama",
};

const { flags: values } = readFlags("interop:sdk-table", {
  only: { type: "string" },
  major: { type: "string" },
  jobs: { type: "string", default: "8" },
  dry: { type: "boolean", default: false },
});
const wanted = wantedClients(values.only, tableClients);
prepare(wanted);

/** The Node that JavaScript clients run in; fetched once. */
function clientNode() {
  const folder = join(here, `node_modules/.node-${wantedNode.node}`);
  const ready = join(folder, "ready");
  if (!existsSync(ready)) {
    console.error(`sdks: fetching Node ${wantedNode.node} …`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    fetchNode(wantedNode, folder);
    writeFileSync(ready, "");
  }
  return join(folder, "node_modules/.bin/node");
}

/** The names of a provider's presets, from the table that the documentation has. */
const presetsOf = Object.fromEntries(
  providers.map((provider) => [
    provider,
    [...presetTable(provider).matchAll(/^\| `[a-z]+\/([^`]+)`/gm)].map(([, name]) => name),
  ]),
);
const targets = readFileSync(join(here, "proxied.yaml"), "utf8")
  .split("\n")
  .flatMap((line) => /^ {2}- (\S+)$/.exec(line)?.[1] ?? []);
if (targets.length === 0) stop("proxied.yaml names no targets");

const node = clientNode();
const versionOf = (program) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim();
const versions = {
  node: versionOf(node).replace("v", ""),
  python: must("python3", "python3", ["--version"]).trim().replace("Python ", ""),
  faultwire: JSON.parse(readFileSync(join(root, "apps/cli/package.json"), "utf8")).version,
};

const queue = wanted.flatMap((client) =>
  client.majors
    .filter((major) => values.major === undefined || major === values.major)
    .map((major) => ({
      id: `${client.file}.${major}`,
      file: client.file,
      program: client.python ? programFor(client, major) : node,
      major,
      presetNames: presetsOf[presetClients[client.file]] ?? [],
      habits: { hasTimeLimit: client.hasTimeLimit ?? true, isTireless: client.isTireless ?? false },
    })),
);
const date = new Date().toISOString().slice(0, 10);
const measured = await measure(queue, { targets, presetsOf, jobs: Number(values.jobs) });
let failures = 0;
const records = measured.flatMap(({ record, flaws }, index) => {
  const { id, file } = queue[index];
  console.log(`${flaws.length === 0 ? "ok  " : "FAIL"} ${id}`);
  for (const [operation, reason] of flaws) console.log(`     ${operation}: ${reason}`);
  if (flaws.length > 0) {
    failures++;
    return [];
  }
  const provider = presetClients[file];
  const runtime = file.endsWith(".py") ? `Python ${versions.python}` : `Node ${versions.node}`;
  return [{ ...record, date, runtime, ...(provider && { provider }) }];
});

/** Clients that were not asked this time stay as they were, with their own date. */
const key = ({ client, major }) => `${client} ${major}`;
const kept = keptResults().clients;
const fresh = new Set(records.map(key));
const order = tableClients.flatMap(({ file, majors }) => majors.map((major) => `${file} ${major}`));
const all = [...kept.filter((one) => !fresh.has(key(one))), ...records]
  .filter((one) => order.includes(key(one)))
  .toSorted((one, other) => order.indexOf(key(one)) - order.indexOf(key(other)));
if (!values.dry) {
  const file = writeResults({ faultwire: versions.faultwire, clients: all });
  console.log(`wrote ${file}; npm run docs:sdks makes the page`);
}
console.log(failures === 0 ? `${records.length} clients` : `${failures} clients were not measured`);
process.exitCode = failures === 0 ? 0 : 1;
