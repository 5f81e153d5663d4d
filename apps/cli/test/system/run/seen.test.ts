/** What `faultwire run` sees of a program, what it does not, and what the program says itself. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { bin, launchRun } from "../../faultwire-process.ts";
import { always, curl, folder, run, shell } from "../../support/run-command.ts";

describe("a program that is not seen", () => {
  it.skipIf(process.platform !== "linux")(
    "is named, with where it goes, at once and at the end",
    async () => {
      const server = createServer((socket) => socket.on("error", () => {}));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as { port: number };
      const accepted = once(server, "connection");
      const script = `require("net").connect(${port}, "127.0.0.1").on("data", () => process.exit(0))`;
      const place = `127.0.0.1:${port}`;
      const running = launchRun(
        "--resolve",
        `api.anthropic.com:443:${place}`,
        "--",
        process.execPath,
        "-e",
        script,
      );
      const [socket] = (await accepted) as [Socket];
      await expect
        .poll(running.stderr)
        .toMatch(new RegExp(`goes round the proxy: node \\(process \\d+\\) to ${place}`));
      socket.write("go");
      const { status, stderr } = await soon(running.finished, "the end of the command", 45_000);
      expect(stderr).toMatch(/went round the proxy: node \(process \d+\) to .*agent.*--base-url/);
      expect(status).toBe(3);
    },
  );

  it("is told which hosts were seen in place of the targets", async () => {
    const { status, stderr } = await run(
      ...shell("curl -s http://one.invalid/ http://two.invalid/ >/dev/null; true"),
    );
    expect(stderr).toContain(
      "seen instead: one.invalid, two.invalid; if one of them is meant: --target-host",
    );
    expect(status).toBe(3);
  });

  it("is told that it does not trust the CA", async () => {
    const bare = `env -u CURL_CA_BUNDLE -u SSL_CERT_FILE ${curl} 2>/dev/null; true`;
    const { status, stderr } = await run("--mock", ...shell(bare));
    expect(stderr).toMatch(/did not trust the CA at api\.anthropic\.com: .*unknown_ca/);
    expect(status).toBe(3);
  });
});

describe("the word of a program", () => {
  const word = `'{"outcome":"partial","text":"half of it"}'`;
  const post = `curl -sS -o /dev/null -w '%{http_code} ' -H 'content-type: application/json'`;

  it("is taken at the proxy's address and by its name, and stands in the log beside the exit status", async () => {
    const place = join(folder(), "out");
    const { stdout, status } = await run(
      ...always,
      "--report",
      place,
      ...shell(`${curl}; echo; ${post} -d ${word} $FAULTWIRE_OUTCOME_URL http://faultwire.local/outcome`),
    );
    expect(stdout).toMatch(/^\d{3}\n204 204 $/);
    const outcomes = readFileSync(join(place, "events.ndjson"), "utf8")
      .split("\n")
      .filter((line) => line.includes('"outcome"'))
      .map((line) => JSON.parse(line) as object);
    expect(outcomes).toMatchObject([
      { type: "outcome", from: "program", outcome: "partial", text: "half of it" },
      { type: "outcome", from: "program", outcome: "partial" },
      { type: "outcome", from: "exit", outcome: "complete", exitStatus: 0 },
    ]);
    expect(status).toBe(0);
  });

  it("is refused where it is none, is too long, or comes from a page", async () => {
    const long = `head -c 20000 /dev/zero | ${post} --data-binary @- $FAULTWIRE_OUTCOME_URL`;
    const { stdout } = await run(
      "-q",
      ...shell(
        `${post} -d nonsense $FAULTWIRE_OUTCOME_URL; ${long}; ${post} -H 'origin: https://evil.test' -d ${word} $FAULTWIRE_OUTCOME_URL`,
      ),
    );
    expect(stdout).toBe("400 413 403 ");
  });
});

describe("a proxy that the user has already", () => {
  it("is gone through, by us alone", async () => {
    const asked: string[] = [];
    const theirs = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (head: Buffer) => {
        asked.push(head.toString("latin1").split("\r\n", 1)[0] ?? "");
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => theirs.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void theirs.close());
    const { port } = theirs.address() as { port: number };
    // A run within a run stands in for the user's shell: this process has no such variables.
    const names = ["HTTPS_PROXY", "https_proxy"].map((name) => `${name}=http://127.0.0.1:${port}`);
    const ask = "echo $HTTPS_PROXY $https_proxy; curl -s https://passes.test/; true";
    const { stdout } = await run(
      "-q",
      ...["--", "env", ...names, process.execPath, bin],
      ...["run", "-q", ...shell(ask)],
    );
    expect(asked).toEqual(["CONNECT passes.test:443 HTTP/1.1"]);
    expect(stdout).not.toContain(String(port));
  });
});
