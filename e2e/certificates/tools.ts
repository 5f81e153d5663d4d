// What the checks of certificates need beyond Node, and where it comes from. A tool that is not there fails the run,
// unless the person who started it has said that this is known: `npm run interop:certificates -- --without java,nss`.
import { spawnSync } from "node:child_process";

/** A party to the checks: the programs that it needs, how to tell that they work, and how to get them. */
type Tool = { readonly probe: readonly string[]; readonly get: string };

export const tools = {
  openssl: { probe: ["openssl", "version"], get: "apt-get install openssl" },
  curl: { probe: ["curl", "--version"], get: "apt-get install curl" },
  gnutls: { probe: ["certtool", "--version"], get: "apt-get install gnutls-bin" },
  nss: { probe: ["sh", "-c", "command -v tstclnt certutil"], get: "apt-get install libnss3-tools" },
  chromium: {
    probe: ["sh", "-c", "chromium --version && command -v certutil"],
    get: "apt-get install chromium libnss3-tools",
  },
  java: { probe: ["java", "-version"], get: "apt-get install default-jdk-headless" },
  go: { probe: ["go", "version"], get: "https://go.dev/dl" },
  python: { probe: ["python3", "--version"], get: "apt-get install python3" },
  wget: { probe: ["wget", "--version"], get: "apt-get install wget" },
  "curl-gnutls": {
    probe: ["python3", "-c", "import ctypes; ctypes.CDLL('libcurl-gnutls.so.4')"],
    get: "apt-get install python3 libcurl3-gnutls",
  },
  git: { probe: ["git", "--version"], get: "apt-get install git" },
  pkilint: { probe: ["lint_pkix_cert", "--help"], get: "pip install pkilint" },
  zlint: { probe: ["zlint", "-version"], get: "go install github.com/zmap/zlint/v3/cmd/zlint@v3.6.4" },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

const without = new Set((process.env["FAULTWIRE_WITHOUT"] ?? "").split(",").filter(Boolean));

/** Whether the person who started the run does without this tool. */
export const isLeftOut = (name: ToolName): boolean => without.has(name);

/** A line for each tool that is missing and was not left out, and for each name that is no tool's. */
export function toolProblems(): string[] {
  const problems = [...without]
    .filter((name) => !Object.hasOwn(tools, name))
    .map((name) => `--without ${name}: no such tool`);
  for (const [name, { probe, get }] of Object.entries(tools) as [ToolName, Tool][]) {
    if (isLeftOut(name)) continue;
    const [program = "", ...args] = probe;
    const { status, error } = spawnSync(program, args, { stdio: "ignore" });
    if (error || status !== 0)
      problems.push(`${name} is missing (${get}); or leave it out: --without ${name}`);
  }
  return problems;
}
