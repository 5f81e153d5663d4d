/** Signals and the terminal of a command under `faultwire run`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEventLog } from "@faultwire/fault-engine";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { shellLine } from "../../../src/run/shell-line.ts";
import { bin, launchRun } from "../../faultwire-process.ts";
import { folder } from "../../support/run-command.ts";

describe.skipIf(process.platform === "win32")("signals", () => {
  it.each(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGUSR1", "SIGUSR2"] as const)(
    "%s goes on to the command",
    async (signal) => {
      const script = `process.on("${signal}", () => { console.log("got it"); process.exit(5); }); console.log("ready"); setInterval(() => {}, 1000);`;
      const running = launchRun("-q", "--", process.execPath, "-e", script);
      await expect.poll(running.stdout).toContain("ready");
      running.child.kill(signal);
      const { status, stdout } = await soon(running.finished, "the end of the command", 45_000);
      expect(stdout).toBe("ready\ngot it\n");
      expect(status).toBe(5);
    },
  );

  it("make an end that is none of the command's own, whatever its status", async () => {
    const report = folder();
    const script = `process.on("SIGTERM", () => process.exit(5)); console.log("ready"); setInterval(() => {}, 1000);`;
    const running = launchRun("-q", "--report", report, "--", process.execPath, "-e", script);
    await expect.poll(running.stdout).toContain("ready");
    running.child.kill("SIGTERM");
    await soon(running.finished, "the end of the command", 45_000);
    const { events } = readEventLog(readFileSync(join(report, "events.ndjson"), "utf8"));
    expect(events.filter(({ type }) => type === "outcome")).toMatchObject([
      { from: "exit", exitStatus: null, signal: "SIGTERM", text: "exit status 5, when it was asked to end" },
    ]);
  });

  it("end a command that ignores Ctrl-C at the second one", async () => {
    const script = [
      'let terms = 0; process.on("SIGINT", () => console.log("no"));',
      'process.on("SIGTERM", () => { console.log("term"); if (++terms === 2) process.exit(5); });',
      'console.log("ready"); setInterval(() => {}, 1000);',
    ].join("\n");
    const running = launchRun("-q", "--", process.execPath, "-e", script);
    await expect.poll(running.stdout).toContain("ready");
    // Two in one moment are one: it takes some until there was a second.
    const interrupts = setInterval(() => running.child.kill("SIGINT"), 100);
    onTestFinished(() => clearInterval(interrupts));
    await expect.poll(running.stdout).toContain("term");
    clearInterval(interrupts);
    running.child.kill("SIGTERM");
    const { status, stdout } = await soon(running.finished, "the end of the command", 45_000);
    expect(stdout).toBe("ready\nno\nterm\nterm\n");
    expect(status).toBe(5);
  });
});

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

describe.runIf(hasScript)("on a terminal", () => {
  /** The command in a terminal of its own, whose keys are what is written. */
  function onTerminal(...command: string[]): {
    readonly press: (keys: string) => void;
    readonly screen: () => string;
    readonly status: Promise<number>;
  } {
    const home = folder();
    const line = [process.execPath, bin, "run", "-q", "--", ...command];
    // A shell that stays would be ended by the Ctrl-C itself, and which shell `script` takes is the user's choice.
    const child = spawn("script", ["-qec", `exec ${shellLine(line)}`, "/dev/null"], {
      env: { ...process.env, SHELL: "/bin/sh", FAULTWIRE_HOME: home, NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let screen = "";
    child.stdout.on("data", (text: Buffer) => (screen += text.toString()));
    const status = once(child, "close").then(([code]: unknown[]) => code as number);
    onTestFinished(() => void child.kill("SIGKILL"));
    return { press: (keys) => void child.stdin.write(keys), screen: () => screen, status };
  }

  it("gives a Ctrl-C to the command once, and its keys and screen are the command's", async () => {
    const script = [
      "let count = 0;",
      'process.on("SIGINT", () => console.log("interrupted", ++count));',
      'process.stdin.on("data", () => { console.log("in all", count); process.exit(8); });',
      'console.log("ready", process.stdin.isTTY, process.stdout.isTTY);',
    ].join("\n");
    const { press, screen, status } = onTerminal(process.execPath, "-e", script);
    await expect.poll(screen).toContain("ready true true");
    press("\x03");
    await expect.poll(screen).toContain("interrupted 1");
    press("q\n");
    await expect.poll(screen).toContain("in all 1");
    expect(await status).toBe(8);
  });

  it("says what Ctrl-\\ did to the command", async () => {
    const { press, screen, status } = onTerminal("sh", "-c", "echo ready; exec sleep 1000");
    await expect.poll(screen).toContain("ready");
    press("\x1c");
    expect(await status).toBe(131);
  });
});
