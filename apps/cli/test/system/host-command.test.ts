/** `faultwire host`, with a plugin from `serve`: what fails costs one connection, the log says why, all else goes on. */
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  launchFaultwire,
  type RunningFaultwire,
  runFaultwire,
  startFaultwire,
} from "../faultwire-process.ts";
import { curl, expectUntouched, listen, logged, refusingPort } from "../support/unreachable-hosts.ts";
import { openTunnel } from "../tunnel-client.ts";

let origin: HttpServer;
let plugin: RunningFaultwire;
let faultwire: RunningFaultwire;
beforeAll(async () => {
  origin = createHttpServer((_request, response) => response.end("hello"));
  plugin = await startFaultwire("serve", "--error-probability", "0", "--target-host", "target.test");
  faultwire = await startFaultwire("host", ...hostFlags(await listen(origin)));
});
afterAll(async () => {
  await faultwire.stop();
  await plugin.stop();
  origin.close();
});

const hostFlags = (port: number): string[] => [
  ...plugin.ready.plugins.flatMap((url) => ["--plugin", url]),
  ...["--resolve", `target.test:80:127.0.0.1:${port}`],
];

const untouched = <T>(what: () => Promise<T>): Promise<T> =>
  expectUntouched(faultwire, "http://target.test/", what);

describe("faultwire host", () => {
  it("drops the connection to a name that can't be resolved, and tells which", async () => {
    const { exit } = await untouched(() => curl(faultwire, "https://telemetry.example.invalid/"));
    // 35: the TLS handshake broke off; 52 and 56: the connection was closed or reset under it.
    expect([35, 52, 56]).toContain(exit);
    expect(logged(faultwire, "host-crash")).toEqual([
      expect.objectContaining({
        level: "warn",
        upstream: "telemetry.example.invalid:443",
        reason: expect.stringContaining("the name telemetry.example.invalid can't be resolved"),
      }),
    ]);
  });

  it("tells a name that it has told once, once", async () => {
    for (let again = 0; again < 3; again++) await curl(faultwire, "https://telemetry.example.invalid/");
    expect(logged(faultwire, "host-crash")).toHaveLength(1);
  });

  it("answers a request in clear to such a name with an error", async () => {
    const { status } = await untouched(() => curl(faultwire, "http://telemetry.example.invalid/"));
    expect(status).toBe("500");
    expect(logged(faultwire, "upstream-failed")).toContainEqual(
      expect.objectContaining({
        upstream: "telemetry.example.invalid",
        reason: expect.stringContaining("telemetry.example.invalid"),
      }),
    );
  });

  it("drops the connection to a port that refuses, and tells which", async () => {
    const port = await refusingPort(createServer());
    await untouched(() => curl(faultwire, "--proxytunnel", `http://127.0.0.1:${port}/`));
    expect(logged(faultwire, "upstream-failed")).toContainEqual(
      expect.objectContaining({
        upstream: `127.0.0.1:${port}`,
        reason: expect.stringContaining("ECONNREFUSED"),
      }),
    );
  });

  it("drops the connection to an upstream that resets it, and tells which", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    const port = await listen(server);
    await untouched(() => curl(faultwire, "--proxytunnel", `http://127.0.0.1:${port}/`));
    await expect
      .poll(() => logged(faultwire, "tunnel-broken"))
      .toContainEqual(
        expect.objectContaining({
          upstream: `127.0.0.1:${port}`,
          reason: expect.stringContaining("ECONNRESET"),
        }),
      );
    server.close();
  });

  it("drops the request whose response would end the real host, and tells why", async () => {
    const server = createHttpServer((_request, response) => {
      // Without content-length, and too long for the plugin to give it one: the real host takes 4 MiB back.
      response.write(Buffer.alloc(5 << 20));
      response.end();
    });
    const port = await listen(server);
    const { exit } = await untouched(() => curl(faultwire, `http://127.0.0.1:${port}/`));
    expect(exit).not.toBe(0);
    expect(logged(faultwire, "host-crash")).toContainEqual(
      expect.objectContaining({
        upstream: `127.0.0.1:${port}`,
        reason: "a response without content-length",
      }),
    );
    server.close();
  });

  it("says where it listens, and which plugins it has loaded", () => {
    const { ready, pid } = faultwire;
    expect(ready).toEqual({ plugins: plugin.ready.plugins, proxy: expect.stringMatching(/^http:/), pid });
    expect(faultwire.stdout()).toMatch(/faultwire enabled\n.*faultwire-client enabled/);
  });

  it("is as gone as the real one where that is asked for", async () => {
    const { child, closed } = launchFaultwire("host", "--port", "0", "--on-crash", "exit");
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => output.push(String(text)));
    await expect.poll(() => output.join("")).toContain("Ctrl-C ends it.");
    const [proxy] = /http:\/\/127\.0\.0\.1:\d+/.exec(output.join("")) ?? [""];
    const tunnel = await openTunnel(proxy, "telemetry.example.invalid:443");
    tunnel.on("error", () => {});
    await closed;
    expect(child.exitCode).toBe(134);
    expect(output.join("")).toContain("telemetry.example.invalid can't be resolved");
  });

  it.each([
    [["--plugin", "ftp://x"], '"ftp://x" is no plugin address; one is http://host:port; check --plugin'],
    [["--resolve", "*.test:443:127.0.0.1:1"], "the reference host takes no patterns such as *.test:443"],
    [["--on-crash", "maybe"], "Allowed choices are drop-connection, exit"],
  ])("refuses %j", async (flags, line) => {
    const { status, stderr } = await runFaultwire(["host", "--port", "0", ...flags]);
    expect(status).toBe(2);
    expect(stderr).toContain(line);
  });

  it("refuses a port in use", async () => {
    const blocker = createServer();
    const port = await listen(blocker);
    const { status, stderr } = await runFaultwire(["host", "--port", String(port)]);
    blocker.close();
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `faultwire: 127.0.0.1:${port} is in use by another program; stop it, or choose another port (--port; 0 takes a free one)\n`,
    });
  });
});
