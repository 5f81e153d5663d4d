/** What the hook does in programs, each a process of its own. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { join } from "node:path";
import { type StubProxy, startStubProxy, target } from "@faultwire/testkit/stub-proxy";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Programs } from "../support/run-program.ts";

let proxy: StubProxy;
let programs: Programs;
/** A server of the program's own machine. */
let local: Server;
let localPort: number;
beforeAll(async () => {
  proxy = await startStubProxy();
  programs = await Programs.make(proxy);
  local = createServer((_request, response) => response.end("local"));
  await new Promise<void>((resolve) => local.listen(0, "127.0.0.1", resolve));
  localPort = (local.address() as AddressInfo).port;
});
afterAll(async () => {
  programs.dispose();
  local.close();
  await proxy.close();
});
beforeEach(() => void proxy.wanted.splice(0));

const led = { status: 0, stdout: "429\n", stderr: "" };
const get = (options: string): string => `
  import http from "node:http"; import https from "node:https";
  const { url, ...more } = ${options};
  (url.startsWith("https:") ? https : http).get(url, more, (response) => {
    console.log(response.statusCode);
    response.resume();
  });`;

describe("a connection to a target goes to the proxy, made by", () => {
  it.each([
    [
      "fetch",
      `console.log((await fetch("https://${target}/", { method: "POST", body: "x".repeat(200_000) })).status);`,
    ],
    ["https with the default agent", get(`{ url: "https://${target}/" }`)],
    [
      "https with an agent of its own",
      get(`{ url: "https://${target}/", agent: new https.Agent({ keepAlive: true }) }`),
    ],
    ["https without an agent", get(`{ url: "https://${target}/", agent: false }`)],
    [
      "https with roots of its own",
      get(`{ url: "https://${target}/", ca: "" + (await import("node:tls")).rootCertificates[0] }`),
    ],
    [
      "https with a list of roots of its own, looked up by itself",
      get(
        `{ url: "https://${target}/", ca: (await import("node:tls")).rootCertificates.slice(0, 2), lookup: () => {}, family: 6, localAddress: "127.0.0.9" }`,
      ),
    ],
    [
      "TLS by its parts",
      `import { connect } from "node:tls";
       const socket = connect(443, "${target}", { servername: "${target}", ALPNProtocols: ["http/1.1"] }, () =>
         socket.write("GET / HTTP/1.1\\r\\nhost: ${target}\\r\\nconnection: close\\r\\n\\r\\n"));
       socket.once("data", (bytes) => { console.log(String(bytes).split(" ")[1]); socket.destroy(); });`,
    ],
    [
      "HTTP/2",
      `import { connect } from "node:http2";
       const session = connect("https://${target}");
       session.request({ ":path": "/" }).on("response", (headers) => { console.log(headers[":status"]); session.close(); }).resume();`,
    ],
    [
      "a worker",
      `import { Worker } from "node:worker_threads";
       new Worker('fetch("https://${target}/").then(({ status }) => console.log(status))', { eval: true });`,
    ],
    [
      "a worker with options and an environment of its own",
      `import { Worker } from "node:worker_threads";
       new Worker('fetch("https://${target}/").then(({ status }) => console.log(status))',
         { eval: true, execArgv: ["--no-warnings"], env: { ...process.env, A: "b" } });`,
    ],
    [
      "a child",
      `import { spawn } from "node:child_process";
       spawn(process.execPath, ["-e", 'fetch("https://${target}/").then(({ status }) => console.log(status))'], { stdio: "inherit" });`,
    ],
  ])("%s", async (_what, source) => {
    expect(await programs.run(source)).toEqual(led);
    expect(proxy.wanted).toEqual([`${target}:443`]);
  });

  it.each([
    ["fetch", `console.log((await fetch("http://${target}/")).status);`, 80],
    ["http with the default agent", get(`{ url: "http://${target}:8080/" }`), 8080],
    [
      "http with an agent of its own",
      get(`{ url: "http://${target}/", agent: new http.Agent({ keepAlive: true }) }`),
      80,
    ],
    [
      "a bare socket",
      `import { connect } from "node:net";
       const socket = connect(1234, "${target}", () => socket.write("GET / HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n\\r\\n"));
       socket.once("data", (bytes) => { console.log(String(bytes).split(" ")[1]); socket.destroy(); });`,
      1234,
    ],
  ])("in clear: %s", async (_what, source, port) => {
    expect(await programs.run(source)).toEqual(led);
    expect(proxy.wanted).toEqual([`${target}:${port}`]);
  });

  it("CommonJS, and its keep-alive connection is used again", async () => {
    const source = `
      const https = require("https");
      const agent = new https.Agent({ keepAlive: true });
      const get = (then) => https.get("https://${target}/", { agent }, (response) => {
        console.log(response.statusCode);
        response.resume().on("end", () => setImmediate(then));
      });
      get(() => get(() => {}));`;
    expect(await programs.run(source, { kind: "cjs" })).toEqual({ ...led, stdout: "429\n429\n" });
    expect(proxy.wanted).toEqual([`${target}:443`]);
  });
});

describe("the hook is loaded", () => {
  const source = `console.log((await fetch("https://${target}/")).status);`;

  it.each([
    ["by --import", (hook: string) => `--import "${hook}"`],
    ["twice", (hook: string) => `--require "${hook}" --require "${hook}"`],
    [
      "with options of the user behind it",
      (hook: string) => `--require "${hook}" --no-deprecation --stack-trace-limit=3`,
    ],
  ])("%s", async (_what, nodeOptions) => {
    expect(await programs.run(source, { nodeOptions })).toEqual(led);
    expect(proxy.wanted).toEqual([`${target}:443`]);
  });
});

describe("a connection goes where the program wants it", () => {
  const local200 = { status: 0, stdout: "200\n", stderr: "" };

  it("on this machine", async () => {
    const source = `console.log((await fetch("http://127.0.0.1:${localPort}/")).status);`;
    expect(await programs.run(source)).toEqual(local200);
    expect(proxy.wanted).toEqual([]);
  });

  it("unless this machine is a target", async () => {
    const source = `console.log((await fetch("http://localhost:${localPort}/")).status);`;
    expect(await programs.run(source, { environment: { FAULTWIRE_TARGETS: "a.test,LOCALHOST" } })).toEqual(
      led,
    );
    expect(proxy.wanted).toEqual([`localhost:${localPort}`]);
  });

  it("to a port that is not the web's", async () => {
    const source = `
      import { connect } from "node:net";
      connect({ host: "db.hook.test", port: 5432, lookup: (name, options, then) => then(null, [{ address: "127.0.0.1", family: 4 }]) })
        .on("error", ({ code }) => console.log(code));`;
    expect(await programs.run(source)).toEqual({ status: 0, stdout: "ECONNREFUSED\n", stderr: "" });
    expect(proxy.wanted).toEqual([]);
  });

  it.each([
    ["other.hook.test", []],
    [".hook.test", []],
    ["other.hook.test:443", []],
    ["other.hook.test:444", ["other.hook.test:443"]],
    ["ther.hook.test", ["other.hook.test:443"]],
    ["*", []],
  ])("for a host of NO_PROXY=%s", async (noProxy, wanted) => {
    const source = `
      import { connect } from "node:tls";
      connect({ host: "other.hook.test", port: 443, lookup: (name, options, then) => then(new Error("direct")) })
        .on("error", () => {});`;
    const { status, stderr } = await programs.run(source, { environment: { NO_PROXY: noProxy } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(proxy.wanted).toEqual(wanted);
  });

  it("unless the host is a target as well", async () => {
    const source = `console.log((await fetch("https://${target}/")).status);`;
    expect(await programs.run(source, { environment: { NO_PROXY: "*" } })).toEqual(led);
  });

  it("to the proxy itself", async () => {
    const source = `
      import { connect } from "node:net";
      const socket = connect(${proxy.port}, "localhost", () => socket.write("GET / HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n\\r\\n"));
      socket.once("data", (bytes) => { console.log(String(bytes).split(" ")[1]); socket.destroy(); });`;
    expect(await programs.run(source, { environment: { FAULTWIRE_TARGETS: "*" } })).toEqual(led);
    expect(proxy.wanted).toEqual(["direct"]);
  });

  it("through a pipe", async () => {
    const source = `
      import { connect, createServer } from "node:net";
      const path = (process.platform === "win32" ? "\\\\\\\\.\\\\pipe\\\\" : "./") + "hook.sock";
      const server = createServer((socket) => socket.end("piped")).listen(path, () =>
        connect(path).on("data", (bytes) => { console.log(String(bytes)); server.close(); }));`;
    expect(await programs.run(source)).toEqual({ status: 0, stdout: "piped\n", stderr: "" });
  });

  it("and the program's errors are Node's own", async () => {
    const source = `
      import net from "node:net";
      for (const act of [() => net.connect({ port: 70_000 }), () => net.connect(), () => net.connect({ port: "x" })])
        try { act(); } catch ({ code }) { console.log(code); }`;
    const { stdout, stderr } = await programs.run(source);
    const bare = await programs.run(source, { nodeOptions: () => "" });
    expect({ stdout, stderr }).toEqual({ stdout: bare.stdout, stderr: "" });
    expect(stdout).toContain("ERR_SOCKET_BAD_PORT");
  });
});

describe("the hook breaks nothing", () => {
  const working = `console.log((await fetch("http://127.0.0.1:PORT/")).status);`;
  const run = (environment: Record<string, string | undefined>, source = working) =>
    programs.run(source.replace("PORT", String(localPort)), { environment });

  it("is silent without a proxy", async () => {
    expect(await run({ FAULTWIRE_PROXY: undefined })).toEqual({ status: 0, stdout: "200\n", stderr: "" });
    expect(await run({ FAULTWIRE_PROXY: "" })).toEqual({ status: 0, stdout: "200\n", stderr: "" });
  });

  it("says one line where its settings mean nothing", async () => {
    const { status, stdout, stderr } = await run({ FAULTWIRE_PROXY: "nonsense" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "200\n" });
    expect(stderr).toMatch(
      /^faultwire: the hook for Node .*FAULTWIRE_PROXY is not of the form http:\/\/HOST:PORT\n$/,
    );
  });

  it("says one line where the CA can't be read, however often it is wanted", async () => {
    const source = `
      import https from "node:https"; import tls from "node:tls";
      let left = 2;
      for (const path of ["/a", "/b"])
        https.get("https://${target}" + path, { ca: tls.rootCertificates[0], rejectUnauthorized: false, agent: false }, (response) => {
          response.resume();
          if (--left === 0) console.log(response.statusCode);
        });`;
    const { status, stdout, stderr } = await run(
      { FAULTWIRE_CA: join(programs.folder, "nothing.pem") },
      source,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "429\n" });
    expect(stderr).toMatch(/^faultwire: the hook for Node .*ENOENT.*\n$/);
  });

  it("leaves the error of a proxy that is gone to the program", async () => {
    const source = `
      import https from "node:https";
      https.get("https://${target}/").on("error", ({ code }) => console.log(code));
      await fetch("https://${target}/").catch(({ cause }) => console.log(cause.code));`;
    expect(await run({ FAULTWIRE_PROXY: "http://127.0.0.1:1" }, source)).toEqual({
      status: 0,
      stdout: "ECONNREFUSED\nECONNREFUSED\n",
      stderr: "",
    });
  });

  it("keeps the timeout of a connection", async () => {
    const silent = createTcp(() => undefined);
    onTestFinished(() => void silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const source = `
      import https from "node:https"; import tls from "node:tls";
      const agent = new https.Agent({ timeout: 50 });
      https.get("https://${target}/", { agent }).on("timeout", () => {
        console.log("agent");
        tls.connect({ host: "${target}", port: 443, timeout: 50 }).on("timeout", () => {
          console.log("socket");
          process.exit();
        });
      });`;
    const { port } = silent.address() as AddressInfo;
    expect((await run({ FAULTWIRE_PROXY: `http://127.0.0.1:${port}` }, source)).stdout).toBe(
      "agent\nsocket\n",
    );
  });

  it("lets go of connections that the program gives up before they are there", async () => {
    let open = 0;
    const silent = createTcp((socket) => {
      open++;
      socket.on("error", () => undefined).on("close", () => open--);
      socket.resume();
    });
    onTestFinished(() => void silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const source = `
      import https from "node:https"; import net from "node:net"; import tls from "node:tls";
      https.get("https://${target}/").on("error", ({ code }) => console.log(code)).destroy();
      await fetch("https://${target}/", { signal: AbortSignal.timeout(20) }).catch(({ name }) => console.log(name));
      const abort = new AbortController();
      net.connect({ host: "${target}", port: 80, signal: abort.signal }).on("error", ({ name }) => console.log(name));
      abort.abort();
      tls.connect({ host: "${target}", port: 443 }).unref();
      const socket = tls.connect({ host: "${target}", port: 443 }).on("close", () => console.log("closed"));
      setImmediate(() => socket.destroy());`;
    const { port } = silent.address() as AddressInfo;
    const { status, stdout, stderr } = await run({ FAULTWIRE_PROXY: `http://127.0.0.1:${port}` }, source);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").sort()).toEqual(["", "AbortError", "ECONNRESET", "TimeoutError", "closed"]);
    await expect.poll(() => open).toBe(0);
  });

  it("does not keep a program from its end", async () => {
    const source = `
      import https from "node:https";
      const agent = new https.Agent({ keepAlive: true });
      https.get("https://${target}/", { agent }, (response) => response.resume().on("end", () => console.log(response.statusCode)));`;
    expect(await programs.run(source)).toEqual(led);
  });
});
