import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { type Field, host, type Server } from "./servers.ts";
import type { ToolName } from "./tools.ts";

/** What a verifier said about each kind of leaf, `OK` or its own words. */
export type Verdicts = ReadonlyMap<string, string>;

/** A program, run to its end without blocking this process, which is the server that it talks to. */
export async function output(
  program: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const child = spawn(program, args, { stdio: "pipe", env: options.env ?? process.env });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const [status] = await once(child, "close");
  return { status: status ?? -1, text };
}

const programPath = (name: string): string => join(import.meta.dirname, "programs", name);

/** Asks about one server after the other. */
const each =
  (ask: (server: Server, field: Field) => Promise<string>) =>
  async (field: Field): Promise<Verdicts> => {
    const verdicts = new Map<string, string>();
    for (const server of field.servers) verdicts.set(server.kind, await ask(server, field));
    return verdicts;
  };

/** Asks a program of ours that takes all ports and prints a line for each. */
async function ofLines(field: Field, command: readonly string[], trust: string): Promise<Verdicts> {
  const [program = "", ...args] = command;
  const ports = field.servers.map(({ port }) => String(port));
  const { text } = await output(program, [...args, host, trust, ...ports]);
  const lines = new Map(text.split("\n").map((line) => [line.split(" ", 1)[0], line.replace(/^\S+ /, "")]));
  return new Map(
    field.servers.map(({ kind, port }) => [kind, lines.get(String(port)) ?? `no verdict:\n${text}`]),
  );
}

const firstMatch = (pattern: RegExp, text: string): string => pattern.exec(text)?.[1] ?? text.trim();

/** `level` is OpenSSL's: Node 20 and 22 connect at 1, Node 24 at 2. */
const node =
  (level: number) =>
  async (server: Server, { ca }: Field): Promise<string> => {
    const ciphers = `DEFAULT@SECLEVEL=${level}`;
    const socket = connect({
      host: "127.0.0.1",
      port: server.port,
      servername: host,
      ca: ca.certificatePem,
      ciphers,
    });
    try {
      await once(socket, "secureConnect");
      return "OK";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    } finally {
      socket.destroy();
    }
  };

async function openssl(server: Server, { rootPath }: Field): Promise<string> {
  const strict = ["-x509_strict", "-purpose", "sslserver", "-verify_hostname", host, "-auth_level", "2"];
  const chain = ["-CAfile", rootPath, "-untrusted", server.chainPath, server.chainPath];
  const { text } = await output("openssl", ["verify", ...strict, ...chain]);
  return text.endsWith(": OK\n") ? "OK" : firstMatch(/lookup: (.*)/, text);
}

async function curl(server: Server, { rootPath }: Field): Promise<string> {
  const to = ["--noproxy", "*", "--connect-to", `::127.0.0.1:${server.port}`];
  const args = ["-q", "-sS", "--cacert", rootPath, ...to, `https://${host}:${server.port}/`];
  const { text } = await output("curl", args);
  return text === "hello" ? "OK" : firstMatch(/curl: \(\d+\) (.*)/, text);
}

async function certtool(server: Server, { rootPath }: Field): Promise<string> {
  const who = ["--verify-hostname", host, "--verify-purpose", "1.3.6.1.5.5.7.3.1"];
  const args = ["--verify", "--load-ca-certificate", rootPath, ...who, "--infile", server.chainPath];
  const { text } = await output("certtool", args);
  const verdict = firstMatch(/Chain verification output: (.*)/, text);
  return verdict === "Verified. The certificate is trusted. " ? "OK" : verdict.trim();
}

/** `profile` is how strong keys have to be: GnuTLS's default takes 1024 bits. */
const gnutls =
  (profile: string) =>
  async (server: Server, { rootPath }: Field): Promise<string> => {
    const who = ["--x509cafile", rootPath, "--sni-hostname", host, "--verify-hostname", host];
    const args = [...who, "--priority", `NORMAL${profile}`, "-p", String(server.port), "127.0.0.1"];
    const { text } = await output("gnutls-cli", args);
    const verdict = firstMatch(/Status: (.*)/, text).trim();
    return verdict === "The certificate is trusted." ? "OK" : verdict;
  };

/** A database with our root in it; `certutil` makes it. */
async function nssDatabase(folder: string, rootPath: string): Promise<string> {
  const database = `sql:${folder}`;
  await output("mkdir", ["-p", folder]);
  await output("certutil", ["-N", "--empty-password", "-d", database]);
  const { status, text } = await output("certutil", [
    "-A",
    "-d",
    database,
    "-t",
    "C,,",
    "-n",
    "root",
    "-i",
    rootPath,
  ]);
  if (status !== 0) throw new Error(text);
  return database;
}

async function nss(field: Field): Promise<Verdicts> {
  const database = await nssDatabase(join(field.folder, "nss"), field.rootPath);
  return each(async ({ port }) => {
    const args = ["-h", "127.0.0.1", "-p", String(port), "-a", host, "-d", database];
    const { text } = await output("tstclnt", args, { input: "GET / HTTP/1.0\r\n\r\n" });
    return text.endsWith("hello") ? "OK" : firstMatch(/server cert failed: (\w+)/, text);
  })(field);
}

async function chromium(field: Field): Promise<Verdicts> {
  const home = join(field.folder, "home");
  await nssDatabase(join(home, ".pki/nssdb"), field.rootPath);
  const quiet = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-proxy-server",
  ];
  return each(async ({ kind, port }) => {
    const profile = `--user-data-dir=${join(home, kind)}`;
    const args = [
      ...quiet,
      profile,
      "--host-resolver-rules=MAP * 127.0.0.1",
      "--dump-dom",
      `https://${host}:${port}/`,
    ];
    const { text } = await output("chromium", args, { env: { ...process.env, HOME: home } });
    return />hello</.test(text) ? "OK" : firstMatch(/net::(ERR_\w+)/, text);
  })(field);
}

async function wget(server: Server, { rootPath, proxyPort }: Field): Promise<string> {
  const proxy = ["-e", `https_proxy=http://127.0.0.1:${proxyPort}/`, "-e", "use_proxy=yes"];
  const args = ["-nv", "-t", "1", "-O", "-", "--no-hsts", `--ca-certificate=${rootPath}`, ...proxy];
  const { text } = await output("wget", [...args, `https://${host}:${server.port}/`], {
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  return text.startsWith("hello") ? "OK" : text.replaceAll(/\s+/g, " ").trim();
}

/** All verifiers, each with the tool that it needs. Node needs none. */
export const verifiers: Readonly<
  Record<string, { readonly tool?: ToolName; readonly ask: (field: Field) => Promise<Verdicts> }>
> = {
  "OpenSSL (strict, level 2)": { tool: "openssl", ask: each(openssl) },
  "Node (level 1)": { ask: each(node(1)) },
  "Node (level 2)": { ask: each(node(2)) },
  "curl (OpenSSL)": { tool: "curl", ask: each(curl) },
  "curl (GnuTLS)": {
    tool: "curl-gnutls",
    ask: (field) => ofLines(field, ["python3", programPath("curl_gnutls.py")], field.rootPath),
  },
  "wget (GnuTLS)": { tool: "wget", ask: each(wget) },
  certtool: { tool: "gnutls", ask: each(certtool) },
  GnuTLS: { tool: "gnutls", ask: each(gnutls("")) },
  "GnuTLS (medium)": { tool: "gnutls", ask: each(gnutls(":%PROFILE_MEDIUM")) },
  NSS: { tool: "nss", ask: nss },
  Chromium: { tool: "chromium", ask: chromium },
  Java: {
    tool: "java",
    ask: (field) => ofLines(field, ["java", programPath("Verify.java")], field.trustStorePath),
  },
  Go: { tool: "go", ask: (field) => ofLines(field, ["go", "run", programPath("verify.go")], field.rootPath) },
  Python: {
    tool: "python",
    ask: (field) => ofLines(field, ["python3", programPath("verify.py")], field.rootPath),
  },
};
