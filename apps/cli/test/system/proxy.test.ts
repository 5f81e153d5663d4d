/** `faultwire proxy`, as a user runs it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectPeer, connectTunnel } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunningFaultwire, runFaultwire, startFaultwire } from "../faultwire-process.ts";
import { galleryExamples } from "../gallery.ts";

async function proxy(...flags: string[]): Promise<RunningFaultwire> {
  const running = await startFaultwire("proxy", ...flags);
  onTestFinished(async () => void (await running.stop()));
  return running;
}

const portOf = ({ ready }: RunningFaultwire): number => Number(new URL(ready.proxy ?? "").port);

/** curl's exit status and what it wrote. */
function curl({ ready }: RunningFaultwire, ...args: string[]): Promise<{ exit: number; out: string }> {
  const all = ["-sS", "--noproxy", "", "--proxy", ready.proxy ?? "", "--cacert", ready.caCert, ...args];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), out: stdout }));
  });
}

/** An echo on loopback that keeps its half open. */
async function echo(): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

/** The command under a limit of descriptors, as `ulimit -n` sets it. */
async function startLimited(
  descriptors: number,
  ...flags: string[]
): Promise<{ readonly port: number; readonly stderr: () => string }> {
  const home = mkdtempSync(join(tmpdir(), "faultwire-home-"));
  const bin = join(import.meta.dirname, "../../bin/faultwire.js");
  const script = `ulimit -n ${descriptors}; exec "$0" "$@"`;
  const child = spawn("sh", ["-c", script, process.execPath, bin, "proxy", "--port", "0", ...flags], {
    env: { ...process.env, FAULTWIRE_HOME: home, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  onTestFinished(async () => {
    const closed = once(child, "close");
    if (child.kill()) await closed;
    rmSync(home, { recursive: true, force: true });
  });
  await expect.poll(() => stdout).toContain("Ctrl-C ends it.");
  return {
    port: Number(/ca env --proxy http:\/\/127\.0\.0\.1:(\d+)/.exec(stdout)?.[1]),
    stderr: () => stderr,
  };
}

describe("faultwire proxy", () => {
  it("says where it listens, in the banner and in the ready file", async () => {
    const running = await proxy();
    expect(running.ready).toEqual({
      plugins: [],
      proxy: `http://127.0.0.1:${portOf(running)}`,
      caCert: expect.stringContaining(running.home),
      pid: running.pid,
    });
    expect(running.stdout()).toContain(`curl ${running.ready.proxy}/anthropic/v1/messages`);
  });

  // The case proxy/01: one name without DNS once closed the port of `start` for good.
  it("says where it can't listen and what to do, and nothing else", async () => {
    const port = await echo();
    const refused = (...flags: string[]): ReturnType<typeof runFaultwire> =>
      runFaultwire(["proxy", ...flags]);
    expect(await refused("--port", String(port))).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `faultwire: 127.0.0.1:${port} is in use by another program; stop it, or choose another port (--port; 0 takes a free one)\n`,
    });
    expect(await refused("--port", "0", "--host", "0.0.0.0")).toMatchObject({
      status: 2,
      stdout: "",
      stderr:
        "faultwire: 0.0.0.0 can be reached by others; a user and a password are needed there; give them by --proxy-auth USER:PASSWORD\n",
    });
    expect(await refused("--port", "0", "--resolve", "*:99999:127.0.0.1")).toMatchObject({
      status: 2,
      stdout: "",
      stderr:
        'faultwire: "*:99999" to "127.0.0.1" can\'t be resolved so; HOST:PORT to ADDRESS:PORT expected\n',
    });
  });

  it("fails one connection to a host without DNS, says why, and goes on", async () => {
    const running = await proxy("--error-probability", "1", "--status-code", "529");
    const first = await curl(running, "https://telemetry.example.invalid/", "-w", "%{http_connect}");
    // 56: CONNECT was answered with an error.
    expect(first).toEqual({ exit: 56, out: "502" });
    const second = await curl(running, "http://api.anthropic.com/", "-w", "%{http_code}", "-o", "/dev/null");
    expect(second).toEqual({ exit: 0, out: "529" });
    expect(running.stderr()).toMatch(/telemetry\.example\.invalid:443 can't be reached: its name/);
  });

  it("refuses a connection as the gallery of faults says", async () => {
    const example = galleryExamples().find(({ kind }) => kind === "connect.refuse");
    const config = join(mkdtempSync(join(tmpdir(), "faultwire-refuse-")), "faults.yaml");
    onTestFinished(() => rmSync(dirname(config), { recursive: true }));
    writeFileSync(config, example?.yaml ?? "");
    const running = await proxy("--config", config);
    const seen = await curl(running, "-i", "https://api.anthropic.com/", "-w", "%{http_connect}");
    expect(seen.exit).toBe(example?.status);
    expect(seen.out).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\nx-faultwire: proxy-is-down\r\n.*503$/s);
    await expect.poll(() => running.stderr()).toContain("proxy-is-down: connect.refuse on curl/");
  });

  it("reaches upstreams through another proxy of ours, and tells of neither's password", async () => {
    const port = await echo();
    const second = await proxy("--proxy-auth", "me:secret", "--resolve", `plain.test:7:127.0.0.1:${port}`);
    const url = `http://me:secret@127.0.0.1:${portOf(second)}`;
    const first = await proxy("--upstream-proxy", url, "--upstream", "lazy");
    const client = await connectPeer(portOf(first));
    client.send("CONNECT plain.test:7 HTTP/1.1\r\n\r\nhello");
    await client.until("the echo", () => client.text().endsWith("hello"));
    client.socket.destroy();
    expect(first.stdout() + first.stderr()).not.toContain("secret");
    const wrong = await runFaultwire(["proxy", "--port", "0", "--upstream-proxy", "ftp://me:secret@x.test"]);
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toMatch(/found the scheme ftp:; expected http:\/\/USER:PASSWORD@HOST:PORT/);
    expect(wrong.stderr + wrong.stdout).not.toContain("secret");
  });

  it("leads a name elsewhere, as curl's flag does", async () => {
    const port = await echo();
    const running = await proxy("--resolve", `plain.test:7:127.0.0.1:${port}`);
    const client = await connectTunnel(portOf(running), "plain.test:7", "hello");
    await client.untilText("hello");
    client.socket.destroy();
  });

  it("ends at SIGTERM, though a tunnel is open", async () => {
    const port = await echo();
    const running = await startFaultwire("proxy", "--resolve", `plain.test:7:127.0.0.1:${port}`);
    const client = await connectTunnel(portOf(running), "plain.test:7");
    expect((await running.stop()).status).toBe(0);
    await client.until("the end", (peer) => peer.ended || peer.closed);
    client.socket.destroy();
  });

  it.skipIf(process.platform === "win32")("survives a lack of file descriptors", async () => {
    const port = await echo();
    const running = await startLimited(64, "--resolve", `plain.test:7:127.0.0.1:${port}`);
    const clients = await Promise.all(Array.from({ length: 80 }, () => connectPeer(running.port)));
    for (const client of clients) client.send("CONNECT plain.test:7 HTTP/1.1\r\n\r\n");
    await expect.poll(running.stderr).toMatch(/\(EMFILE\)/);
    for (const client of clients) client.socket.destroy();
    const reached = async (): Promise<boolean> => {
      const client = await connectTunnel(running.port, "plain.test:7", "hello").catch(() => undefined);
      client?.socket.destroy();
      return client !== undefined;
    };
    await expect.poll(reached).toBe(true);
    expect(running.stderr()).not.toContain("unexpected");
  });

  it.each([
    [["--host", "0.0.0.0"], "0.0.0.0 can be reached by others; a user and a password are needed there"],
    [["--resolve", "nonsense"], "Expected HOST:PORT:ADDRESS[:PORT]"],
    [["--proxy-auth", "nobody"], "user:password expected"],
    [["--host", "203.0.113.1", "--proxy-auth", "a:b"], "203.0.113.1:0 can't be listened on (EADDRNOTAVAIL)"],
  ])("refuses %j with status 2", async (flags, message) => {
    const { status, stderr } = await runFaultwire(["proxy", "--port", "0", ...flags]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(2);
  });
});
