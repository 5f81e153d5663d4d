/** `faultwire start` and hosts that can't be reached: one connection fails, the log says why, everything else goes on. */
import { execFile } from "node:child_process";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";

let faultwire: RunningFaultwire;
beforeAll(async () => {
  faultwire = await startFaultwire("start", "--error-probability", "0");
});
afterAll(() => faultwire.stop());

/** curl's exit status, and the status of the answer; 000 without one. */
function curl(...args: string[]): Promise<{ exit: number; status: string }> {
  const { proxy = "", caCert } = faultwire.ready;
  const all = ["-sS", "--proxy", proxy, "--cacert", caCert, "-o", "/dev/null", "-w", "%{http_code}", ...args];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), status: stdout }));
  });
}

/** Lines of the log with this event. */
const logged = (event: string): Record<string, unknown>[] =>
  faultwire
    .stderr()
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["event"] === event);

/** Listens on a free port of loopback. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** A tunnel that is open all the time, and a new request, are as good as before. */
async function expectUntouched<T>(what: () => Promise<T>): Promise<T> {
  const tunnel = await openTunnel(faultwire.ready.proxy ?? "", "api.anthropic.com:443");
  let isOver = false;
  tunnel.on("close", () => {
    isOver = true;
  });
  const result = await what();
  expect(await curl("https://api.anthropic.com/")).toMatchObject({ exit: 0 });
  expect(isOver).toBe(false);
  tunnel.destroy();
  return result;
}

describe("faultwire start", () => {
  it("answers CONNECT for a name that can't be resolved with an error, and tells which name", async () => {
    const { exit } = await expectUntouched(() => curl("https://telemetry.example.invalid/"));
    // 56: CONNECT was answered with an error.
    expect(exit).toBe(56);
    expect(logged("upstream-unreachable")).toEqual([
      expect.objectContaining({
        level: "warn",
        upstream: "telemetry.example.invalid:443",
        msg: expect.stringContaining("telemetry.example.invalid:443 can't be reached: its name"),
      }),
    ]);
  });

  it("answers a request in clear to such a name with an error", async () => {
    const { status } = await expectUntouched(() => curl("http://telemetry.example.invalid/"));
    expect(status).toBe("502");
    expect(logged("upstream-unreachable")).toContainEqual(
      expect.objectContaining({ upstream: "telemetry.example.invalid:80" }),
    );
  });

  it("tells which port refuses", async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expectUntouched(() => curl("--proxytunnel", `http://127.0.0.1:${port}/`));
    expect(logged("upstream-unreachable")).toContainEqual(
      expect.objectContaining({ upstream: `127.0.0.1:${port}`, code: "ECONNREFUSED" }),
    );
  });

  it("passes the reset of an upstream on, to its own client alone", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    const port = await listen(server);
    const { exit } = await expectUntouched(() => curl("--proxytunnel", `http://127.0.0.1:${port}/`));
    // 56: the connection was reset while curl read.
    expect(exit).toBe(56);
    server.close();
  });

  it("carries a response of any length without content-length", async () => {
    const server = createHttpServer((_request, response) => {
      response.write(Buffer.alloc(5 << 20));
      response.end();
    });
    const port = await listen(server);
    expect(await expectUntouched(() => curl(`http://127.0.0.1:${port}/`))).toEqual({
      exit: 0,
      status: "200",
    });
    server.close();
  });
});
