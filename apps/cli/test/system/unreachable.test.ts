/** `faultwire start` and hosts that can't be reached: one connection fails, the log says why, everything else goes on. */
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";
import { curl, expectUntouched, listen, logged, refusingPort } from "../support/unreachable-hosts.ts";

let faultwire: RunningFaultwire;
beforeAll(async () => {
  faultwire = await startFaultwire("start", "--error-probability", "0");
});
afterAll(() => faultwire.stop());

const untouched = <T>(what: () => Promise<T>): Promise<T> =>
  expectUntouched(faultwire, "https://api.anthropic.com/", what);

describe("faultwire start", () => {
  it("answers CONNECT for a name that can't be resolved with an error, and tells which name", async () => {
    const { exit } = await untouched(() => curl(faultwire, "https://telemetry.example.invalid/"));
    // 56: CONNECT was answered with an error.
    expect(exit).toBe(56);
    expect(logged(faultwire, "upstream-unreachable")).toEqual([
      expect.objectContaining({
        level: "warn",
        upstream: "telemetry.example.invalid:443",
        msg: expect.stringContaining("telemetry.example.invalid:443 can't be reached: its name"),
      }),
    ]);
  });

  it("answers a request in clear to such a name with an error", async () => {
    const { status } = await untouched(() => curl(faultwire, "http://telemetry.example.invalid/"));
    expect(status).toBe("502");
    expect(logged(faultwire, "upstream-unreachable")).toContainEqual(
      expect.objectContaining({ upstream: "telemetry.example.invalid:80" }),
    );
  });

  it("tells which port refuses", async () => {
    const port = await refusingPort(createServer());
    await untouched(() => curl(faultwire, "--proxytunnel", `http://127.0.0.1:${port}/`));
    expect(logged(faultwire, "upstream-unreachable")).toContainEqual(
      expect.objectContaining({ upstream: `127.0.0.1:${port}`, code: "ECONNREFUSED" }),
    );
  });

  it("passes the reset of an upstream on, to its own client alone", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.resetAndDestroy());
    });
    const port = await listen(server);
    const { exit } = await untouched(() => curl(faultwire, "--proxytunnel", `http://127.0.0.1:${port}/`));
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
    expect(await untouched(() => curl(faultwire, `http://127.0.0.1:${port}/`))).toEqual({
      exit: 0,
      status: "200",
    });
    server.close();
  });
});
