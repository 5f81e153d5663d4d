/**
 * What the real binary does with HTTPS upstreams: `fault run llm`, HTTPS mappings and forward mode, with our plugin. It is
 * led to an origin on loopback whose authority stands in SSL_CERT_FILE.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startFaultwire } from "../../apps/cli/test/faultwire-process.ts";
import { faultBinary, freePorts } from "./real-fault-host.ts";

/** Where `fault run llm` listens; it can't be told otherwise. */
const llmPort = 45_580;
const startsWithinMs = 20_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(port: number, path: string, host = "api.example"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, headers: { host } },
      (response: IncomingMessage) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

const accepts = (port: number, address = "127.0.0.1"): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

describe("HTTPS upstreams of the real host", () => {
  let scratch: string;
  let origin: Server;
  let originPort: number;
  let identity: { readonly cert: string; readonly key: string };
  /** What the origin was asked for. */
  const asked: string[] = [];

  beforeAll(async () => {
    const authority = await CertificateAuthority.ephemeral({ targets: ["localhost"] });
    scratch = mkdtempSync(join(tmpdir(), "faultwire-https-"));
    writeFileSync(join(scratch, "ca.pem"), authority.certificatePem);
    const leaf = await authority.forHost("localhost");
    identity = { cert: leaf.certificateChainPem, key: leaf.privateKeyPem() };
    origin = createServer(identity, (incoming, outgoing) => {
      asked.push(`${incoming.headers.host} ${incoming.url}`);
      const isStream = incoming.url?.includes("stream") === true;
      const text = isStream ? "data: one\n\n" : "from the origin";
      outgoing.writeHead(200, {
        "content-type": isStream ? "text/event-stream" : "text/plain",
        "content-length": text.length,
      });
      outgoing.end(text);
    });
    origin.listen(0, "127.0.0.1");
    await once(origin, "listening");
    originPort = (origin.address() as AddressInfo).port;
  });
  afterAll(async () => {
    origin.closeAllConnections();
    await new Promise((resolve) => origin.close(resolve));
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Starts `fault run …` with our plugins and waits for a port of its. */
  async function run(port: number, args: readonly string[], flags: readonly string[]): Promise<void> {
    asked.length = 0;
    const faultwire = await startFaultwire("serve", "--target-host", "localhost", ...flags);
    onTestFinished(async () => {
      await faultwire.stop();
    });
    // Where the port is another's, the answers would be another's, too.
    expect(await accepts(port)).toBe(false);
    const plugins = faultwire.ready.plugins.flatMap((url) => ["--grpc-plugin", url]);
    const child: ChildProcess = spawn(
      faultBinary(),
      ["--log-stdout", "--log-level", "debug", "run", "--no-ui", ...plugins, ...args],
      {
        cwd: scratch,
        env: { PATH: process.env["PATH"], HOME: scratch, SSL_CERT_FILE: join(scratch, "ca.pem") },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        output = `${output}${data.toString()}`.slice(-1_000_000);
      });
    const exited = once(child, "exit");
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const deadline = performance.now() + startsWithinMs;
    while (!output.includes("Applying proxy fault injectors") || !(await accepts(port))) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`fault did not start:\n${output}`);
      await pause(20);
    }
  }

  const failing = ["--error-probability", "1", "--status-code", "529"];

  it("fault run llm has no anthropic: its name is claude", () => {
    const { status, stderr } = spawnSync(faultBinary(), ["run", "llm", "anthropic"], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain("[possible values: openai, open-router, gemini, ollama, claude, open-code]");
  });

  describe("fault run llm claude", () => {
    const llm = (): string[] => ["llm", "claude", "--endpoint", `https://localhost:${originPort}`];

    it("reaches its endpoint by HTTPS, and what no rule touches comes as it is", async () => {
      await run(llmPort, llm(), ["--error-probability", "0"]);
      expect(await ask(llmPort, "/v1/messages")).toEqual({ status: 200, text: "from the origin" });
      expect(await ask(llmPort, "/v1/stream")).toEqual({ status: 200, text: "data: one\n\n" });
      expect(asked).toEqual(["localhost /v1/messages", "localhost /v1/stream"]);
      // It listens on every address, not on 127.0.0.1 alone.
      expect(await accepts(llmPort, "127.0.0.2")).toBe(true);
    });

    it("an error of ours comes in place of the upstream's answer, which is not asked", async () => {
      await run(llmPort, llm(), failing);
      expect(await ask(llmPort, "/v1/messages")).toMatchObject({ status: 529 });
      expect(asked).toEqual([]);
    });
  });

  it("an HTTPS mapping is met with --upstream '*' alone: its own name is compared with its scheme", async () => {
    const mapping = (port: number): string[] => [
      "--proxy",
      `https://127.0.0.1:${port}=localhost:${originPort}`,
    ];
    const [first = 0, second = 0, proxy = 0, another = 0] = await freePorts(4);
    await run(
      first,
      ["--proxy-address", `127.0.0.1:${proxy}`, ...mapping(first), "--upstream", "*"],
      failing,
    );
    expect(await ask(first, "/all")).toMatchObject({ status: 529 });
    await run(
      second,
      [
        "--proxy-address",
        `127.0.0.1:${another}`,
        ...mapping(second),
        "--upstream",
        `localhost:${originPort}`,
      ],
      failing,
    );
    expect(await ask(second, "/named")).toEqual({ status: 200, text: "from the origin" });
  });

  it("forward mode speaks plain HTTP to every port but 443, also where https:// is asked for", async () => {
    const [proxy = 0] = await freePorts(1);
    await run(
      proxy,
      ["--proxy-address", `127.0.0.1:${proxy}`, "--upstream", "*"],
      ["--error-probability", "0"],
    );
    // The HTTPS origin answers a request in clear with an end, and the host that with a 500.
    const { status, text } = await ask(proxy, `https://localhost:${originPort}/clear`);
    expect(status).toBe(500);
    expect(text).toContain("Failed to execute reqwest request");
    expect(asked).toEqual([]);
  });

  it("forward mode speaks HTTPS to port 443, whatever scheme is asked for", async ({ skip }) => {
    const wellKnown = createServer(identity, (_incoming, outgoing) => outgoing.end("by HTTPS"));
    const listening = await new Promise<boolean>((resolve) => {
      wellKnown.once("error", () => resolve(false));
      wellKnown.listen(443, "127.0.0.1", () => resolve(true));
    });
    if (!listening) skip("port 443 of 127.0.0.1 can't be bound here");
    onTestFinished(() => void wellKnown.close());
    const [proxy = 0, another = 0] = await freePorts(2);
    const args = (port: number): string[] => ["--proxy-address", `127.0.0.1:${port}`, "--upstream", "*"];
    await run(proxy, args(proxy), ["--error-probability", "0"]);
    expect(await ask(proxy, "http://localhost:443/")).toEqual({ status: 200, text: "by HTTPS" });
    await run(another, args(another), failing);
    expect(await ask(another, "http://localhost:443/")).toMatchObject({ status: 529 });
  });
});
