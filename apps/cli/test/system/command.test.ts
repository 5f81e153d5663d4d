/** `faultwire start` and `serve` as a user types them: what they print, what a pasted line does, how they end. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startFaultHost } from "@faultwire/fault-host";
import { afterAll, describe, expect, it } from "vitest";
import { runFaultwire, startFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "faultwire-cli-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the command line that `start` printed, as a shell would. */
async function paste(
  printed: string,
  ...more: readonly string[]
): Promise<{ status: number; stdout: string; ms: number }> {
  const line = printed.slice(printed.indexOf("curl "), printed.indexOf("\n\nCtrl-C"));
  const start = performance.now();
  try {
    const { stdout } = await run("sh", ["-c", `${line} ${["-s", ...more].join(" ")}`]);
    return { status: 0, stdout, ms: performance.now() - start };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { status: code, stdout, ms: performance.now() - start };
  }
}

describe("faultwire start", () => {
  it("prints a curl line that gets the provider's error through HTTPS at probability 1", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "1", "--status-code", "529");
    const pasted = await paste(faultwire.stdout());
    expect(pasted.status).toBe(0);
    expect(JSON.parse(pasted.stdout)).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    await faultwire.stop();
  });

  it("says in three lines how a program gets here, for each target's own API", async () => {
    const faultwire = await startFaultwire("start", "--target-host", "api.openai.com");
    const { proxy } = faultwire.ready;
    expect(faultwire.stdout()).toContain(`  eval "$(faultwire ca env --proxy ${proxy})"  `);
    expect(faultwire.stdout()).toContain(`  OPENAI_BASE_URL=${proxy}/openai/v1  `);
    expect(faultwire.stdout()).toContain("  faultwire run -- COMMAND  ");
    await faultwire.stop();
  });

  it("prints one for the upstream that the whole port stands for", async () => {
    const faultwire = await startFaultwire(
      "start",
      "--reverse",
      "https://api.anthropic.com",
      "--error-probability",
      "0",
    );
    const { proxy } = faultwire.ready;
    expect(faultwire.stdout()).toContain(
      `  ${proxy}  in place of https://api.anthropic.com: no proxy and no CA needed`,
    );
    expect(JSON.parse((await paste(faultwire.stdout())).stdout)).toMatchObject({ type: "message" });
    await faultwire.stop();
  });

  it("prints one that fails at once, as a dropped connection, where HTTPS stays closed", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "1", "--intercept", "connection");
    const pasted = await paste(faultwire.stdout());
    // 35: the TLS handshake broke off; 52 and 56: the connection was closed or reset under it.
    expect([35, 52, 56]).toContain(pasted.status);
    expect(pasted.ms).toBeLessThan(1000);
    expect((await faultwire.stop()).status).toBe(0);
  });

  it("gives the mock's message byte for byte at probability 0", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "0");
    const { ready } = faultwire;
    const through = await paste(faultwire.stdout());
    const port = new URL(ready.mock ?? "").port;
    const direct = await paste(
      faultwire.stdout().replace(/curl \S+/, "curl https://api.anthropic.com/v1/messages"),
      ...["--connect-to", `api.anthropic.com:443:127.0.0.1:${port}`, "--cacert", ready.caCert],
    );
    expect(through.status).toBe(0);
    expect(JSON.parse(through.stdout)).toMatchObject({ type: "message", role: "assistant" });
    expect(through.stdout).toBe(direct.stdout);
    expect((await faultwire.stop("SIGINT")).status).toBe(0);
  });

  it("sends every target to the mock, and the default API even where the flags do not name it", async () => {
    const faultwire = await startFaultwire(
      "start",
      "--target-host",
      "*.anthropic.com",
      "--error-probability",
      "0",
    );
    const pasted = await paste(faultwire.stdout());
    expect(JSON.parse(pasted.stdout)).toMatchObject({ type: "message" });
    const below = await paste(
      faultwire.stdout().replace(/(curl \S+)\/anthropic\//, "$1/upstream/https/eu.anthropic.com/"),
    );
    expect(JSON.parse(below.stdout)).toMatchObject({ type: "message" });
    await faultwire.stop();
  });

  it("says in the ready file what listens where", async () => {
    const faultwire = await startFaultwire("start");
    const { ready, pid } = faultwire;
    expect(ready).toEqual({
      plugins: [
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      ],
      proxy: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      mock: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      caCert: expect.stringMatching(/\.pem$/),
      pid,
    });
    await faultwire.stop();
  });

  it("opens no endpoints with --no-plugin, and fails what it would fail with them", async () => {
    const faultwire = await startFaultwire("start", "--no-plugin", "--error-probability", "1");
    expect(faultwire.ready.plugins).toEqual([]);
    expect(faultwire.stdout()).not.toContain("plugin");
    const pasted = await paste(faultwire.stdout());
    expect(JSON.parse(pasted.stdout)).toMatchObject({ type: "error" });
    await faultwire.stop();
  });

  it("gives proxy and endpoints the same rules and one count of them", async () => {
    const config = join(scratch, "twice.yaml");
    const rule = "{ name: twice, when: { first: 2 }, fault: { http: { status: 529 } } }";
    writeFileSync(config, `version: 1\nrules: [${rule}]\n`);
    const faultwire = await startFaultwire("start", "--config", config);
    const { ready } = faultwire;
    const host = await startFaultHost({ plugins: ready.plugins, proxyPort: 0 });
    const ask = async (proxy: string): Promise<string> => {
      const all = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--proxy", proxy];
      return (await run("curl", [...all, "http://api.anthropic.com:9/"])).stdout;
    };
    const statuses: string[] = [];
    for (const proxy of [ready.proxy ?? "", host.proxyUrl, ready.proxy ?? ""])
      statuses.push(await ask(proxy));
    // The mock stands in for a target at any port.
    expect(statuses).toEqual(["529", "529", "200"]);
    await host.close();
    expect((await faultwire.stop()).stderr.match(/"event":"fault"/g)).toHaveLength(2);
  });

  it("ends a stream in mid-flight when it is told to stop, and still exits with 0", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "0");
    const { ready } = faultwire;
    const tunnel = await openTunnel(ready.proxy ?? "", "api.anthropic.com:443");
    tunnel.on("error", () => {});
    const stopped = faultwire.stop();
    expect((await stopped).status).toBe(0);
    tunnel.destroy();
  });
});

describe("faultwire serve", () => {
  it("writes the CA certificate where --export-ca says, and never its key", async () => {
    const path = join(scratch, "exported.pem");
    const faultwire = await startFaultwire("serve", "--export-ca", path);
    const exported = readFileSync(path, "utf8");
    expect(exported).toBe(readFileSync(faultwire.ready.caCert, "utf8"));
    expect(exported).not.toContain("PRIVATE KEY");
    await faultwire.stop();
  });

  it("opens the endpoints that --side names", async () => {
    for (const [side, count] of [
      ["both", 2],
      ["server", 1],
      ["client", 1],
    ] as const) {
      const faultwire = await startFaultwire("serve", "--side", side);
      expect(faultwire.ready.plugins).toHaveLength(count);
      expect(faultwire.ready.proxy).toBeUndefined();
      expect((await faultwire.stop()).status).toBe(0);
    }
  });
});

describe("what the user has to mend is a line each and status 2", () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { status, stderr } = await runFaultwire(args);
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/^\s+at /m);
    return stderr;
  };
  const config = (name: string, content: unknown): string => {
    const path = join(scratch, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  it("a port in use", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as { port: number };
    expect(await refused("serve", "--port", String(port))).toBe(
      `faultwire: 127.0.0.1:${port} is in use by another program; stop it, or choose another port (--port, --client-port; 0 takes a free one)\n`,
    );
    expect(await refused("start", "--port", "0", "--proxy-port", String(port))).toContain("--proxy-port");
    expect(await refused("start", "--port", "0", "--proxy-port", "0", "--mock-port", String(port))).toContain(
      "--mock-port",
    );
    blocker.close();
  });

  it.each([
    [["serve", "--error-probability", "1.5"], "Expected a number from 0 to 1"],
    [["serve", "--status-code", "200.5"], "Expected a whole number from 200 to 599"],
    [["serve", "--target-host", "https://api.anthropic.com"], "without scheme"],
    [["serve", "--headers", "no colon"], 'Expected "name: value"'],
    [["serve", "--sied", "both"], "unknown option '--sied'"],
    [["sevre"], "unknown command 'sevre'"],
    [["serve", "--ca-cert", "x.pem"], "--ca-cert and --ca-key go together"],
    [["serve", "--ca-cert", "none.pem", "--ca-key", "none.key"], "none.pem"],
    [["serve", "--watch", "maybe"], "Allowed choices are true, false"],
    [["serve", "--intercept", "http"], "Allowed choices are https, connection"],
    [["serve", "--ready-file", "/nowhere/r.json", "--port", "0"], "--ready-file"],
    [["serve", "--export-ca", ".", "--port", "0"], "Can't write .: it is a folder. Check --export-ca."],
    [["serve", "--config", "."], "rule file . can't be read (it is a folder, not a file); check --config"],
    [["serve", "--upstream-ca", "."], ". can't be read (it is a folder, not a file); check --upstream-ca"],
    [["start", "--proxy-port", "4001", "--mock-port", "4001"], "--proxy-port and --mock-port are both 4001"],
    [["start", "--port", "4001", "--proxy-port", "4002"], "--client-port and --proxy-port are both 4002"],
    [
      ["check", "--mix", "openai/nope"],
      'found "openai/nope", expected gentle, realistic, brutal, or <provider>',
    ],
    [
      ["check", "--mix", "a b"],
      "Expected gentle, realistic, brutal, or a provider's mix such as openai/bursts.",
    ],
    [["check", "--list", "--mix", "gentle"], "check --list names the mixes, and wants no rule file"],
    [["ca", "export", "--out", "."], "ca export: There is no CA: "],
    [["ca", "show", "--ca-cert", "a.pem", "--ca-key", "b.pem"], "neither a.pem nor b.pem exists"],
    [["ca", "trust", "--certificate", "none.pem"], "none.pem can't be read: ENOENT: no such file"],
    [["ca", "untrust", "--certificate", "."], "The certificate . can't be read: it is a folder"],
    [["ca", "untrust", "--certificate", "package.json"], "package.json holds no certificate (PEM or DER)"],
  ])("%j", async (args, line) => {
    expect(await refused(...args)).toContain(line);
  });

  it("a target beside a rule file that has targets of its own", async () => {
    const path = config(
      "targets.yaml",
      "version: 1\ntargets: [a.example]\nrules: [{ name: a, fault: none }]\n",
    );
    expect(await refused("serve", "--port", "0", "--config", path, "--target-host", "b.example")).toBe(
      `faultwire: --target-host b.example has no effect: ${path} names its targets itself (a.example); add it there, or take the flag away\n`,
    );
  });

  it("flags that contradict each other", async () => {
    expect(await refused("start", "--real-upstream", "--mock-port", "0")).toBe(
      "faultwire: --real-upstream and --mock-port contradict each other: with real upstreams there is no mock; take one of them away\n",
    );
  });

  it("a rule file with several mistakes, each with its place", async () => {
    const path = config(
      "bad.yaml",
      "version: 1\nrules:\n  - name: a\n    wehn: {}\n    fault: { http: { status: 42 } }\n",
    );
    const [title, ...lines] = (await refused("serve", "--config", path)).trimEnd().split("\n");
    expect(title).toBe(`faultwire: ${path} has 2 problems`);
    expect(lines).toEqual([
      expect.stringContaining(`${path}:4:5: rules[0].wehn: unknown key (did you mean when?)`),
      expect.stringContaining(
        `${path}:5:30: rules[0].fault.http.status: found 42, expected a whole number from 200 to 599`,
      ),
    ]);
  });

  it("the old JSON with unknown keys and values out of range, each by name", async () => {
    const path = config("bad.json", {
      error_probability: 2,
      status_code: "500",
      eror_body: "x",
      headers: { "x y": "z" },
    });
    const lines = await refused("serve", "--config", path);
    expect(lines).toContain(`${path}:1:44: eror_body: unknown key (did you mean error_body?)`);
    expect(lines).toContain("error_probability: found 2, expected a number from 0 to 1");
    expect(lines).toContain('status_code: found "500", expected a whole number');
    expect(lines).toContain("x y");
  });

  it("a rule file that is missing, or neither YAML nor JSON, or no object", async () => {
    expect(await refused("serve", "--config", join(scratch, "none.json"))).toContain(
      "can't be read (ENOENT: no such file or directory)",
    );
    expect(await refused("serve", "--config", config("broken.json", "{,}"))).toContain(
      "broken.json:1:2: not YAML or JSON",
    );
    expect(await refused("serve", "--config", config("list.json", []))).toContain("expected an object");
  });

  it("a certificate of an upstream that is none, or missing", async () => {
    expect(await refused("serve", "--upstream-ca", config("none.pem", "no certificate"))).toContain(
      "holds no certificate (PEM); check --upstream-ca",
    );
    expect(await refused("serve", "--upstream-ca", join(scratch, "missing.pem"))).toContain(
      "can't be read (ENOENT: no such file or directory); check --upstream-ca",
    );
  });

  it("a folder for reports that can't be made", async () => {
    const path = config("a-file", "");
    expect(await refused("serve", "--port", "0", "--report", join(path, "below"))).toContain(
      "(ENOTDIR: a part of this path is a file, not a folder); check --report",
    );
  });
});

describe("the config of the program that ours replaces", () => {
  it("is taken as it is, and flags win over it", async () => {
    const path = join(scratch, "old.json");
    const old = {
      error_probability: 0.25,
      status_code: 529,
      error_body: '{"type":"error"}',
      target_host: "api.anthropic.com",
      headers: { "retry-after": 3 },
    };
    writeFileSync(path, JSON.stringify(old));
    const faultwire = await startFaultwire(
      "serve",
      "--config",
      path,
      "--error-probability",
      "0.5",
      "--seed",
      "7",
    );
    expect(faultwire.stdout()).toContain("api.anthropic.com: 50 % of requests answered with 529");
    expect(faultwire.stdout()).toContain("; seed 7");
    await faultwire.stop();
  });
});

describe("the log", () => {
  const eventsOf = (stderr: string): Record<string, unknown>[] =>
    stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it("is one JSON object a line off a terminal, with the fault and without secrets", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "1");
    await paste(faultwire.stdout());
    const { stderr } = await faultwire.stop();
    const events = eventsOf(stderr);
    expect(events.filter(({ event }) => event === "fault")).toEqual([
      expect.objectContaining({ rule: "flags", fault: "http.error", level: "info" }),
    ]);
    expect(stderr).not.toContain("x-api-key");
  });

  it("says of each request what was asked and what came, but not with --quiet; the summary comes all the same", async () => {
    for (const flags of [[], ["--quiet"]]) {
      const faultwire = await startFaultwire(
        "start",
        "--error-probability",
        "1",
        "--status-code",
        "529",
        ...flags,
      );
      await paste(faultwire.stdout());
      const { stderr, stdout } = await faultwire.stop();
      const requests = stderr === "" ? [] : eventsOf(stderr).filter(({ event }) => event === "request");
      expect(requests).toEqual(
        flags.length > 0
          ? []
          : [
              expect.objectContaining({
                ...{ method: "POST", host: "api.anthropic.com", path: "/v1/messages", status: 529 },
                ...{ model: expect.stringMatching(/^claude/), end: "complete", rules: ["flags"] },
                userAgent: expect.stringMatching(/^curl/),
              }),
            ],
      );
      expect(stdout).toMatch(
        /\n1 request to api\.anthropic\.com\n {2}clients +curl\/\S+ {2}1 request\n {2}faults +flags {2}1 done\n$/,
      );
    }
  });

  it("has a line for people in its place, where it is pretty", async () => {
    const faultwire = await startFaultwire("start", "--error-probability", "1", "--log-format", "pretty");
    await paste(faultwire.stdout());
    const { stderr } = await faultwire.stop();
    expect(stderr).toMatch(
      /^\d\d:\d\d:\d\d {2}POST api\.anthropic\.com\/v1\/messages {2}claude\S+ +500 +\d+ ms {2}← flags$/m,
    );
    expect(stderr).not.toContain("http.error on");
  });

  it("tells with --verbose what each connection negotiated, and whose library spoke", async () => {
    const flags = ["--error-probability", "0", "--verbose", "--intercept", "connection"];
    const faultwire = await startFaultwire("start", ...flags);
    await paste(faultwire.stdout());
    const { stderr } = await faultwire.stop();
    const handshakes = eventsOf(stderr).filter(({ event }) => event === "handshake");
    expect(handshakes).toEqual([
      expect.objectContaining({
        version: "TLS 1.3",
        cipherSuite: expect.stringMatching(/^TLS_/),
        serverName: "api.anthropic.com",
        alpnOffered: expect.arrayContaining(["http/1.1"]),
        established: "inferred",
        ja3: expect.stringMatching(/^[0-9a-f]{32}$/),
        ja4: expect.stringMatching(/^t13d/),
        violations: [],
        phases: expect.any(Object),
      }),
    ]);
    expect(stderr).not.toContain("x-api-key");
  });
});
