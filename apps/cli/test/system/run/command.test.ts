/** `faultwire run`, as a user runs it: the command, its output, its status. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { processRow } from "../../../src/run/process-table.ts";
import { bin } from "../../faultwire-process.ts";
import { always, curl, folder, rules, run, shell, url } from "../../support/run-command.ts";

describe("the command", () => {
  it("comes to the proxy, and its output is its own", async () => {
    const { status, stdout, stderr } = await run(...always, ...shell(`${curl}; echo; echo note >&2`));
    expect(stdout).toBe("529\n");
    expect(stderr).toMatch(/^note$/m);
    expect(stderr.split("\n").filter((line) => line !== "note" && line !== "")).toSatisfy((lines: string[]) =>
      lines.every((line) => line.startsWith("faultwire:")),
    );
    expect(status).toBe(0);
  });

  it("keeps its own flags, with and without --", async () => {
    const words = ["printf", "%s|", "--seed", "-q", "--", "x"];
    for (const before of [[], ["--"]]) {
      const { stdout } = await run("-q", ...before, ...words);
      expect(stdout).toBe("--seed|-q|--|x|");
    }
  });

  it("is heard alone with -q", async () => {
    const { stdout, stderr, status } = await run("-q", ...always, ...shell(curl));
    expect({ stdout, stderr, status }).toEqual({ stdout: "529", stderr: "", status: 0 });
  });

  it("has a CA of its own where the one of this machine is for other targets, also in a run within a run", async () => {
    const ask = "curl -sS -o /dev/null -w '%{http_code}' https://api.openai.com/v1/models";
    const inner = ["run", ...always, "--target-host", "api.openai.com", ...shell(ask)];
    // The outer one makes the CA of its home, for its own target.
    const { status, stdout, stderr } = await run(
      "-q",
      "--fail-on",
      "never",
      "--",
      process.execPath,
      bin,
      ...inner,
    );
    expect(stderr).toContain("Faultwire's CA is for other targets, so this run has a CA of its own");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "529" });
  });

  it("is led by base URLs with --base-url, without a proxy and without the CA", async () => {
    const ask = "curl --noproxy '*' -sS -o /dev/null -w '%{http_code}' \"$ANTHROPIC_BASE_URL/v1/messages\"";
    const { status, stdout } = await run(
      ...always,
      "--base-url",
      ...shell(`echo "$OPENAI_BASE_URL $GOOGLE_GEMINI_BASE_URL"; env -u CURL_CA_BUNDLE ${ask}`),
    );
    expect(stdout).toMatch(/^(http:\/\/127\.0\.0\.1:\d+)\/openai\/v1 \1\/gemini\n529$/);
    expect(status).toBe(0);
  });

  it("speaks HTTP/2 with the mock with --http2 on, so that what only HTTP/2 has can fail", async () => {
    const reset =
      "rules: [{ name: refused, match: { path: '/v1/*' }, fault: { http2: { reset: { code: REFUSED_STREAM } } } }]";
    const ask = `curl -sS --http2 -o /dev/null -w '%{http_version}' ${url}`;
    const config = ["--config", rules(`${reset}\n`), "--fail-on", "never"];
    const refused = await run("--mock", "--http2", "on", ...config, ...shell(ask));
    expect(refused.stderr).toMatch(/faults\s+refused\s+\d+ done\n/);
    // By default a client that offers both gets HTTP/1.1, which has no such fault.
    const plain = await run("--mock", ...config, ...shell(ask));
    expect(plain.stdout).toBe("1.1");
  });

  it("has a few gentle faults where there are no rules, and a word says so", async () => {
    const { stderr, stdout } = await run("--mock", "--seed", "1", ...shell(curl));
    expect(stderr).toMatch(/no rules were given, so the gentle mix is in force/);
    expect(stderr).toContain("api.anthropic.com: mix gentle, seed 1");
    expect(stdout).toMatch(/^\d{3}$/);
  });
});

describe("the exit status", () => {
  const met = `rules:\n  - { name: down, fault: { http: { status: 503 } } }\nexpect:\n  - { rule: down, stopsAfter: 2 }\n`;

  it("is the command's", async () => {
    expect(await run("-q", ...shell("exit 42"))).toMatchObject({ status: 42, stderr: "" });
  });

  it("is 0 where all is as expected", async () => {
    const { status } = await run("-q", "--mock", "--config", rules(met), ...shell(curl));
    expect(status).toBe(0);
  });

  it("is 1 where an expectation is not met", async () => {
    const { status, stderr } = await run(
      "--mock",
      "--config",
      rules(met),
      ...shell(`${curl};${curl};${curl}`),
    );
    expect(stderr).toMatch(/^faultwire: .*no more than 2 failing requests/m);
    expect(status).toBe(1);
  });

  it("is the command's where both say something", async () => {
    const script = `${curl};${curl};${curl}; exit 9`;
    expect((await run("-q", "--mock", "--config", rules(met), ...shell(script))).status).toBe(9);
  });

  it("is 2 for what the user has to mend, and the command does not run", async () => {
    const { status, stdout, stderr } = await run("--config", "/nowhere/faults.yaml", ...shell("echo ran"));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("check --config");
    expect((await run()).status).toBe(2);
    expect((await run("--mix", "gentle", "--config", rules(met), ...shell("echo"))).status).toBe(2);
    expect((await run("--seeds", "1..2", "--repeat", "2", ...shell("echo"))).status).toBe(2);
  });

  it("is 3 where nothing was seen, also where something was expected", async () => {
    const { status, stderr } = await run("-q", "--config", rules(met), ...shell("true"));
    expect(status).toBe(3);
    expect(stderr).toMatch(/^faultwire: .*nothing was tested.*exit status 3/m);
  });

  it("is 3 where requests were seen and none of them failed, unless the reports alone are wanted", async () => {
    const never = ["--mock", "--error-probability", "0"];
    const { status, stderr } = await run("-q", ...never, ...shell(curl));
    expect(status).toBe(3);
    expect(stderr).toMatch(/nothing was judged: no request failed/);
    expect((await run("-q", ...never, "--fail-on", "never", ...shell(curl))).status).toBe(0);
    const gentle = await run("-q", "--mock", "--seed", "1", ...shell(curl));
    expect(gentle).toMatchObject({ status: 3, stderr: expect.stringMatching(/; --mix realistic makes/) });
  });

  it("is 1 for what a client should never do, where that is asked for", async () => {
    const refused = ["--mock", "--error-probability", "1", "--status-code", "400"];
    const post = `curl -s -o /dev/null -H 'idempotency-key: a' -d '{}' ${url}`;
    const twice = shell(`${post}; ${post}`);
    expect((await run("-q", ...refused, ...twice)).status).toBe(0);
    expect((await run("-q", ...refused, "--fail-on", "findings", ...twice)).status).toBe(1);
  });

  it("is 127 where there is no such command", async () => {
    const { status, stderr } = await run("-q", "--", "no-such-command-at-all");
    expect(stderr).toBe(
      "faultwire: no-such-command-at-all: command not found; it is not on the PATH (exit status 127)\n",
    );
    expect(status).toBe(127);
    expect((await run("-q", "--", "./no/such/file")).status).toBe(127);
    expect(await run("-q", "--", "", "words")).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/^faultwire: .*is empty.*exit status 127/),
    });
  });

  it.skipIf(process.platform === "win32")("is 126 where the command can't be executed", async () => {
    const place = folder();
    const [text, orphan, directory] = [join(place, "text"), join(place, "orphan"), join(place, "directory")];
    writeFileSync(text, "no program");
    writeFileSync(orphan, "#!/no/such/interpreter\n");
    chmodSync(orphan, 0o755);
    mkdirSync(directory);
    expect(await run("-q", "--", text)).toMatchObject({
      status: 126,
      stderr: expect.stringMatching(/chmod/),
    });
    expect(await run("-q", "--", orphan)).toMatchObject({ status: 126, stderr: expect.stringMatching(/#!/) });
    expect(await run("-q", "--", directory)).toMatchObject({
      status: 126,
      stderr: expect.stringMatching(/folder/),
    });
  });

  it.skipIf(process.platform === "win32")("is 128 + n where signal n ended the command", async () => {
    expect((await run("-q", ...shell("kill -TERM $$"))).status).toBe(143);
    expect((await run("-q", ...shell("kill -KILL $$"))).status).toBe(137);
  });

  it("is 124 where the command's time is over, and all that it started ends", async () => {
    const script = "trap '' TERM; sleep 1000 >/dev/null 2>&1 & echo $!; sleep 1000";
    const { status, stdout, stderr } = await run("-q", "--timeout", "200ms", ...shell(script));
    expect(stderr).toMatch(/it ran longer than 200ms .*exit status 124/);
    expect(status).toBe(124);
    if (process.platform !== "linux") return;
    // One that has ended stays a zombie until its new parent asks for it.
    expect(processRow(Number(stdout))?.isZombie ?? true).toBe(true);
  });
});

describe.skipIf(process.platform !== "linux")("what the command leaves running", () => {
  it("is named, and goes on", async () => {
    const { status, stdout, stderr } = await run(...shell("sleep 1000 >/dev/null 2>&1 & echo $!; exit 4"));
    const pid = Number(stdout);
    onTestFinished(() => void process.kill(pid, "SIGKILL"));
    expect(stderr).toContain(`sleep (${pid}) was started by the command and goes on`);
    expect(process.kill(pid, 0)).toBe(true);
    expect(status).toBe(4);
  });
});
