// Python, each version that is there, with the newest clients that it takes.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { clients, filled, run, versionOf } from "../tools.mjs";

export const title = "Python";

/** Client, and the package that it is; nothing for Python's own. */
const all = {
  urllib: undefined,
  "http.client": undefined,
  requests: "requests",
  "requests, trust_env=False": "requests",
  urllib3: "urllib3",
  "urllib3, certifi": "urllib3",
  httpx: "httpx",
  "httpx, a transport of its own": "httpx",
  "httpx, trust_env=False": "httpx",
  "httpx, async": "httpx",
  "httpx, async, a transport of its own": "httpx",
  aiohttp: "aiohttp",
  "aiohttp, certifi, trust_env=False": "aiohttp",
  truststore: "truststore",
  botocore: "botocore",
  anthropic: "anthropic",
  "anthropic, async": "anthropic",
  openai: "openai",
};
const wanted = ["requests", "urllib3", "httpx", "aiohttp", "certifi", "botocore", "anthropic", "openai"];
const minors = [9, 10, 11, 12, 13, 14];

/** `python3.N` of the PATH, or the newest of pyenv's. */
function pythonOf(minor) {
  const root = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const ofPyenv = existsSync(root)
    ? readdirSync(root)
        .filter((name) => name.startsWith(`3.${minor}.`))
        .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
        .map((name) => join(root, name, "bin/python3"))
    : [];
  return [...ofPyenv.reverse(), `python3.${minor}`]
    .map((path) => ({ path, version: versionOf(path, ["--version"], /^Python (\S+)/) }))
    .find(({ version }) => version?.startsWith(`3.${minor}.`));
}

export function* cells(origin) {
  for (const minor of minors) {
    const python = pythonOf(minor);
    if (!python) {
      yield { runtime: `Python 3.${minor}`, client: "urllib", skip: "not on this machine" };
      continue;
    }
    const { path, version } = python;
    const packages = minor > 9 ? [...wanted, "truststore"] : wanted;
    const folder = filled(`python-3.${minor}`, JSON.stringify([version, packages]), (empty) => {
      run(path, ["-m", "venv", empty]);
      run(join(empty, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]);
    });
    const ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
    const versions = Object.fromEntries(
      packages.map((name) => [name, run(join(folder, "bin/python"), ["-c", ask, name]).trim()]),
    );
    for (const [client, name] of Object.entries(all)) {
      const skip = name === "truststore" && minor < 10 ? "needs Python 3.10" : undefined;
      const command = [join(folder, "bin/python"), join(clients, "python.py"), client, origin];
      yield { runtime: `Python ${version}`, client, version: versions[name], command, skip };
    }
  }
}
