import { createServer, request } from "node:http";
import { type FaultHostOptions, startFaultHost } from "@faultwire/fault-host";
import { describe, expect, it, onTestFinished } from "vitest";
import { plugin } from "../suite/host-under-test.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly allow: string | undefined;
}

function ask(port: number, options: { path?: string; method?: string; host?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path = "/", method = "GET", host } = options;
    const sent = request(
      { host: "127.0.0.1", port, path, method, ...(host && { headers: { host } }) },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body, allow: response.headers.allow }),
        );
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

async function start(options: { plugins?: string[]; resolve?: Record<string, string>; host?: string } = {}) {
  const told: string[] = [];
  const host = await startFaultHost({
    plugins: [],
    proxyPort: 0,
    onEvent: (event) => told.push(event.type),
    ...options,
  });
  onTestFinished(() => host.close());
  return { port: host.proxyPort, told };
}

describe("a request to the host's own port", () => {
  it("gets a page that says what this is, however it names the host", async () => {
    const { port, told } = await start();
    for (const [path, host] of [
      ["/", `127.0.0.1:${port}`],
      ["/favicon.ico", `localhost:${port}`],
      [`http://127.0.0.1:${port}/`, "x"],
      [`http://localhost:${port}/v1`, "x"],
    ] as const) {
      const { status, body } = await ask(port, { path, host });
      expect([path, status]).toEqual([path, 200]);
      expect(body).toContain("reference host of Faultwire");
    }
    expect(told).toEqual([]);
  });

  it("also where resolve leads there, and where the host listens on every address", async () => {
    const resolve: Record<string, string> = {};
    const { port } = await start({ resolve, host: "0.0.0.0" });
    resolve["api.example:80"] = `127.0.0.1:${port}`;
    expect((await ask(port, { host: "api.example" })).body).toContain("reference host");
    expect((await ask(port, { host: `127.0.0.9:${port}` })).body).toContain("reference host");
  });

  it("never meets a plugin, and other methods are refused", async () => {
    const side = await plugin({ forward: true });
    const { port } = await start({ plugins: [side.url] });
    const host = `127.0.0.1:${port}`;
    expect(await ask(port, { method: "POST", host })).toMatchObject({ status: 405, allow: "GET, HEAD" });
    expect(await ask(port, { method: "HEAD", host })).toMatchObject({ status: 200, body: "" });
    expect(side.count("ProcessHttpRequest")).toBe(0);
  });

  it("another port of the same name is forwarded", async () => {
    const origin = createServer((_incoming, outgoing) => outgoing.end("the origin"));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void origin.close());
    const { port } = await start();
    const other = (origin.address() as { port: number }).port;
    expect(await ask(port, { host: `127.0.0.1:${other}` })).toMatchObject({
      status: 200,
      body: "the origin",
    });
  });
});

describe("a mapping that leads to its own port", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["localhost", "127.0.0.1"],
    ["127.0.0.7", "0.0.0.0"],
    ["[::1]", "::"],
  ])("is refused: %s, bound to %s", async (to, host) => {
    const started = (options: Partial<FaultHostOptions>) =>
      startFaultHost({ plugins: [], proxyPort: 0, host, ...options });
    const refusal = { code: "invalid-mapping", message: expect.stringContaining("own port 9") };
    await expect(started({ mappings: [{ port: 9, remote: `${to}:9` }] })).rejects.toMatchObject(refusal);
    await expect(started({ reverse: [{ port: 9, remote: `http://${to}:9` }] })).rejects.toMatchObject(
      refusal,
    );
  });

  it("another port of the same address is not refused", async () => {
    const host = await startFaultHost({
      plugins: [],
      proxyPort: 0,
      mappings: [{ port: 0, remote: "127.0.0.1:9" }],
    });
    onTestFinished(() => host.close());
    expect(host.mappingPorts).toHaveLength(1);
  });
});
