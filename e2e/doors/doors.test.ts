/**
 * Each way by which other people's programs come to `faultwire proxy`: the first request gets the rule's 529, the next one the
 * upstream's own answer. Everything is on loopback: `--resolve` leads the APIs' names there.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../../apps/cli/test/faultwire-process.ts";
import { type Apis, answer, apiHosts, startApis } from "./apis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What `prepare.mjs` has found or installed. */
    readonly programs: {
      readonly python: string;
      readonly nodes: readonly { readonly version: string; readonly path: string }[];
    };
  }
}

let apis: Apis;
let running: RunningFaultwire | undefined;
beforeAll(async () => {
  apis = await startApis();
});
afterAll(() => apis.close());
beforeEach(() => {
  apis.seen.length = 0;
  return async () => void (await running?.stop());
});

/** Starts the proxy; the variables are for a client of it. */
async function door(...flags: string[]): Promise<{ url: string; port: string; env: NodeJS.ProcessEnv }> {
  const led = apiHosts.flatMap((host) => ["--resolve", `${host}:443:127.0.0.1:${apis.port}`]);
  const config = join(import.meta.dirname, "faults.yaml");
  running = await startFaultwire(
    "proxy",
    "--port",
    "0",
    "--config",
    config,
    "--upstream-ca",
    apis.caFile,
    ...led,
    ...flags,
  );
  const { proxy: url = "", caCert } = running.ready;
  return {
    url,
    port: new URL(url).port,
    env: {
      ...{ PATH: process.env["PATH"], HOME: process.env["HOME"] },
      ...{ PROXY_URL: url, API_URL: "https://api.anthropic.com" },
      ...{
        CURL_CA_BUNDLE: caCert,
        SSL_CERT_FILE: caCert,
        REQUESTS_CA_BUNDLE: caCert,
        NODE_EXTRA_CA_CERTS: caCert,
      },
    },
  };
}

const client = (name: string): string => join(import.meta.dirname, "clients", name);

/** What a program prints. @throws Error with its words where it fails */
function output(env: NodeJS.ProcessEnv, command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, timeout: 90_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`));
      else resolve(stdout.trim());
    });
  });
}

/** curl, two requests on one connection, as `STATUS CONNECTS` of each. */
function curl(env: NodeJS.ProcessEnv, url: string, ...args: string[]): Promise<string> {
  const each = ["-w", "%{http_code} %{num_connects} ", "-o", "/dev/null", "-d", "{}", url];
  return output(env, "curl", "-sS", "--noproxy", "", ...args, ...each, ...each);
}

const once = "529 200";
const messages = "api.anthropic.com POST /v1/messages";

describe("absolute form for https://", () => {
  it("by axios with its proxy option, as it was up to 1.16.0", async () => {
    const { env } = await door();
    // The client has no CA: what it says to the proxy is in clear.
    const bare = { ...env, NODE_EXTRA_CA_CERTS: undefined };
    expect(await output(bare, process.execPath, client("axios.mjs"))).toBe(once);
    expect(apis.seen).toEqual([messages]);
  });

  it("by curl", async () => {
    const { url, env } = await door();
    const target = ["--request-target", "https://api.anthropic.com/v1/messages"];
    expect(await curl(env, url, ...target)).toBe("529 1 200 0");
    expect(apis.seen).toEqual([messages]);
  });
});

describe("SOCKS 5", () => {
  it("by curl", async () => {
    const { url, env } = await door();
    const proxy = url.replace("http:", "socks5h:");
    expect(await curl(env, "https://api.anthropic.com/v1/messages", "--proxy", proxy)).toBe("529 1 200 0");
    expect(apis.seen).toEqual([messages]);
  });

  it.each(["requests", "httpx"])("by Python's %s", async (library) => {
    const { env } = await door();
    expect(await output(env, inject("programs").python, client("socks_clients.py"), library)).toBe(once);
    expect(apis.seen).toEqual([messages]);
  });
});

describe("a base URL", () => {
  const seenBy: Readonly<Record<string, string>> = {
    anthropic: messages,
    "anthropic-stream": messages,
    openai: "api.openai.com POST /v1/chat/completions",
  };

  /** The variables that the proxy's own page says. */
  async function told(): Promise<NodeJS.ProcessEnv> {
    const { url, env } = await door();
    const page = await (await fetch(url)).text();
    const lines = [...page.matchAll(/^ {2}export (\w+_BASE_URL)=(\S+)$/gm)];
    expect(lines.length).toBeGreaterThan(2);
    return {
      ...{ PATH: env["PATH"], HOME: env["HOME"] },
      ...Object.fromEntries(lines.map(([, name = "", value]) => [name, value])),
    };
  }

  it.each(["anthropic", "anthropic-stream", "openai"])(
    "by the TypeScript SDK, without CA and proxy: %s",
    async (name) => {
      const env = await told();
      expect(await output(env, process.execPath, client("sdks.mjs"), name)).toBe(`2 ${answer}`);
      expect(apis.seen).toEqual([seenBy[name]]);
    },
  );

  it.each(["anthropic", "openai"])("by the Python SDK, without CA and proxy: %s", async (name) => {
    const env = await told();
    expect(await output(env, inject("programs").python, client("sdks.py"), name)).toBe(`2 ${answer}`);
    expect(apis.seen).toEqual([seenBy[name]]);
  });

  it("by an SDK to a port that stands for the API", async () => {
    const { url, env } = await door("--reverse", "https://api.anthropic.com");
    const led = { PATH: env["PATH"], HOME: env["HOME"], ANTHROPIC_BASE_URL: url };
    expect(await output(led, process.execPath, client("sdks.mjs"), "anthropic")).toBe(`2 ${answer}`);
    expect(apis.seen).toEqual([messages]);
  });
});

describe("TLS straight at the port", () => {
  it("by curl with --resolve", async () => {
    const { port, env } = await door();
    const url = `https://api.anthropic.com:${port}/v1/messages`;
    expect(await curl(env, url, "--resolve", `api.anthropic.com:${port}:127.0.0.1`)).toBe("529 1 200 0");
    expect(apis.seen).toEqual([`api.anthropic.com:${port} POST /v1/messages`]);
  });
});

describe("NODE_USE_ENV_PROXY", () => {
  it.each(["22", "24"])("by fetch of Node %s", async (version) => {
    const { url, env } = await door();
    const node = inject("programs").nodes.find((each) => each.version === version);
    const led = { ...env, NODE_USE_ENV_PROXY: "1", HTTPS_PROXY: url };
    expect(await output(led, node?.path ?? "", client("fetch.mjs"))).toBe(once);
    expect(apis.seen).toEqual([messages]);
  });
});
