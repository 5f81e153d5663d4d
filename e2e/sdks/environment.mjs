// Which clients there are, and what they run in: Node's packages, and a Python with packages for each major.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const here = import.meta.dirname;
export const root = join(here, "../..");
export const command = join(root, "apps/cli/bin/faultwire.js");
/** Ignored by git, as installed packages are. */
const pythons = join(here, "node_modules/.python");

const both = ["current", "previous"];

/**
 * Each client with the majors that there are of its SDK. `python`: which requirements it needs; those of LangChain stand apart,
 * because its packages want other versions of the providers' SDKs. `hasTimeLimit`: whether an option of the SDK limits how long it
 * waits; `true` where it is left out. `isTireless`: by itself the SDK asks again for an hour, which is longer than the table looks.
 * `inTable`: whether the table has the client; `true` where it is left out. `unmeasured`: majors that a run of the table has still to
 * measure; the page names them.
 */
export const clients = [
  { file: "anthropic.mjs", majors: both },
  { file: "anthropic-bedrock.mjs", majors: both },
  { file: "anthropic-vertex.mjs", majors: both },
  { file: "openai.mjs", majors: both },
  { file: "openai-azure.mjs", majors: both },
  { file: "genai.mjs", majors: both },
  { file: "genai-vertex.mjs", majors: both },
  // AWS's SDK for JavaScript had no other major with Bedrock in it, and Ollama's have none at all.
  { file: "aws.mjs", majors: ["current"] },
  { file: "ollama.mjs", majors: ["current"], hasTimeLimit: false },
  { file: "mistral.mjs", majors: both },
  { file: "cohere.mjs", majors: both },
  { file: "openrouter.mjs", majors: both, isTireless: true },
  { file: "openai-openrouter.mjs", majors: both },
  { file: "openai-litellm.mjs", majors: both },
  { file: "ai.mjs", majors: both },
  { file: "langchain.mjs", majors: both },
  { file: "anthropic_client.py", majors: both, python: "sdks" },
  { file: "openai_client.py", majors: both, python: "sdks" },
  { file: "openai_azure_client.py", majors: both, python: "sdks" },
  { file: "genai_client.py", majors: both, python: "sdks" },
  { file: "genai_vertex_client.py", majors: both, python: "sdks" },
  { file: "boto3_client.py", majors: ["current"], python: "sdks" },
  { file: "ollama_client.py", majors: ["current"], python: "sdks" },
  { file: "mistral_client.py", majors: both, python: "sdks" },
  { file: "cohere_client.py", majors: both, python: "sdks" },
  { file: "openrouter_client.py", majors: both, python: "sdks", isTireless: true },
  { file: "openai_openrouter_client.py", majors: both, python: "sdks" },
  { file: "openai_litellm_client.py", majors: both, python: "sdks" },
  // Its major before is of 2023, from before the APIs of today.
  { file: "litellm_client.py", majors: ["current"], python: "sdks" },
  // The gateway wants other versions than its neighbours, and has no part in the table: what it does is its owner's to say.
  { file: "litellm_gateway_client.py", majors: ["current"], python: "gateway", inTable: false },
  { file: "langchain_client.py", majors: both, python: "langchain" },
];

/** Stops with one clear line. */
export function stop(line) {
  console.error(`sdks: ${line}`);
  process.exit(2);
}

/** Those that the table of docs/sdks.md has. */
export const tableClients = clients.filter(({ inTable = true }) => inTable);

/** The clients whose files begin with one of the names; all of them without any. */
export function wantedClients(only, among = clients) {
  const wanted = among.filter(({ file }) => (only ?? file).split(",").some((name) => file.startsWith(name)));
  if (wanted.length === 0)
    stop(`no client begins with ${only}; there are ${among.map(({ file }) => file).join(", ")}`);
  return wanted;
}

/** Runs a program to its end, or stops with what it said. */
export function must(what, program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", cwd: here });
  if (status !== 0) stop(`${what} failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

const requirementsOf = (kind, major) =>
  kind === "sdks" ? `requirements-${major}.txt` : `requirements-${kind}-${major}.txt`;

/** A Python with the packages of a requirements file; made once, and anew when the file has changed. */
function pythonFor(kind, major) {
  const file = requirementsOf(kind, major);
  const requirements = readFileSync(join(here, file), "utf8");
  const folder = join(pythons, kind === "sdks" ? major : `${kind}-${major}`);
  const program = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = join(folder, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return program;
  console.error(`sdks: installing Python packages (${file}) …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(pythons, { recursive: true });
  must("python3 (with venv) is needed: making an environment", "python3", ["-m", "venv", folder]);
  must(`installing ${file}`, program, ["-m", "pip", "install", "--quiet", "-r", file]);
  writeFileSync(stamp, requirements);
  return program;
}

/** The program that runs a client: this Node, or a Python of its own. */
export const programFor = ({ python }, major) => (python ? pythonFor(python, major) : process.execPath);

/** Stops where a package is missing; installs the Pythons that the clients need. */
export function prepare(wanted) {
  for (const folder of [here, join(here, "langchain-previous")]) {
    const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const missing = Object.keys(dependencies).filter(
      (name) => !existsSync(join(folder, "node_modules", name)),
    );
    if (missing.length > 0)
      stop(`${missing.join(", ")} not installed: run node scripts/setup.mjs checks e2e/sdks`);
  }
  for (const client of wanted) for (const major of client.majors) programFor(client, major);
}
