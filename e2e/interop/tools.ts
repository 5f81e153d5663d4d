// What the interoperability checks need beyond Node, and where it comes from. What is not there fails the run, unless
// the person who started it has said that this is known: `npm run interop -- --without gnutls,nginx`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A party to the checks: how to tell that it is there, and how to get it. */
interface Tool {
  readonly probe: () => boolean;
  readonly get: string;
}

const requirements = join(import.meta.dirname, "clients/requirements.txt");
/** One environment for each set of pinned packages, made the first time and kept. */
const environmentName = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
const pythonFolder = join(cache, "faultwire-interop", `python-${environmentName}`);

/** The interpreter of the environment that has the packages of `clients/requirements.txt`. */
export const python: string = join(pythonFolder, "bin/python");

const runs = (program: string, ...args: readonly string[]): boolean => {
  const { status, error } = spawnSync(program, args, { stdio: "ignore" });
  return !error && status === 0;
};
const found = (program: string, ...args: readonly string[]) => ({ probe: () => runs(program, ...args) });

function preparePython(): boolean {
  const marker = join(pythonFolder, "complete");
  return (
    existsSync(marker) ||
    (runs("python3", "-m", "venv", "--clear", pythonFolder) &&
      runs(python, "-m", "pip", "install", "--no-deps", "--requirement", requirements) &&
      runs("touch", marker))
  );
}

export const tools = {
  curl: { ...found("curl", "--version"), get: "apt-get install curl" },
  wget: { ...found("wget", "--version"), get: "apt-get install wget" },
  openssl: { ...found("openssl", "version"), get: "apt-get install openssl" },
  gnutls: { ...found("gnutls-cli", "--version"), get: "apt-get install gnutls-bin" },
  nginx: { ...found("nginx", "-v"), get: "apt-get install nginx-light" },
  go: { ...found("go", "version"), get: "https://go.dev/dl" },
  python: {
    probe: preparePython,
    get: "apt-get install python3-venv; its packages come from the Python registry",
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

const without = new Set((process.env["FAULTWIRE_WITHOUT"] ?? "").split(",").filter(Boolean));

/** Whether the person who started the run does without this tool. */
export const isLeftOut = (name: ToolName): boolean => without.has(name);

/** A line for each tool that is missing and was not left out, and for each name that is no tool's. */
export function toolProblems(): string[] {
  const problems = [...without]
    .filter((name) => !Object.hasOwn(tools, name))
    .map((name) => `--without ${name}: no such tool; one of ${Object.keys(tools).join(", ")} expected`);
  for (const [name, { probe, get }] of Object.entries(tools) as [ToolName, Tool][])
    if (!isLeftOut(name) && !probe())
      problems.push(`${name} is missing (${get}); or leave it out: --without ${name}`);
  return problems;
}
