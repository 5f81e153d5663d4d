/** Flags that contradict each other are refused by name; each alone, and defaults, are not. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { proxyCommand } from "../../src/commands/proxy.ts";
import { runCommand } from "../../src/commands/run.ts";
import { serveCommand } from "../../src/commands/serve.ts";
import { startCommand } from "../../src/commands/start.ts";
import { refuseContradictions } from "../../src/contradictions.ts";

const commands = { start: startCommand, serve: serveCommand, proxy: proxyCommand, run: runCommand };

/** What is said of a command line, without anything being started. */
function said(name: keyof typeof commands, ...flags: readonly string[]): string {
  const command = commands[name]()
    .exitOverride()
    .action(() => {});
  const program = new Command().enablePositionalOptions().exitOverride().addCommand(command);
  program.hook("preAction", (_program, parsed) => refuseContradictions(parsed));
  try {
    program.parse([name, ...flags], { from: "user" });
  } catch (error) {
    return (error as Error).message;
  }
  return "taken";
}

const byPlugin = ["--connection-plugin", "http://a:1"];
const closed = ["--intercept", "connection"];

describe("flags that contradict each other", () => {
  it.each([
    ["start", ["--real-upstream", "--mock-port", "4000"], "--real-upstream and --mock-port"],
    ["start", ["--mock-port", "0", "--real-upstream"], "--real-upstream and --mock-port"],
    ["serve", ["--side", "server", "--client-port", "4000"], "--side server and --client-port"],
    [
      "serve",
      ["--side", "client", "--client-port", "1", "--port", "2"],
      "--side client, --client-port and --port",
    ],
    ["start", ["--no-plugin", "--port", "4000"], "--no-plugin and --port"],
    ["run", ["--mix", "gentle", "--config", "a.yaml", "--", "x"], "--config and --mix"],
    ["run", ["--seeds", "1..2", "--seed", "3", "--", "x"], "--seeds and --seed"],
    ["run", ["--repeat", "2", "--seeds", "1..2", "--", "x"], "--seeds and --repeat"],
    ["start", ["--no-plugin", "--side", "both"], "--no-plugin and --side"],
    [
      "proxy",
      ["--connection-plugin", "http://a:1", "--config", "a.yaml"],
      "--connection-plugin and --config",
    ],
    [
      "proxy",
      ["--connection-plugin", "http://a:1", "--upstream", "lazy"],
      "--connection-plugin and --upstream lazy",
    ],
    ["proxy", ["--connection-plugin", "http://a:1", "--seed", "3"], "--connection-plugin and --seed"],
    ["proxy", [...closed, "--status-code", "429"], "--intercept connection and --status-code"],
    ["proxy", [...closed, "--error-body", "x"], "--intercept connection and --error-body"],
    ["serve", [...closed, "--headers", "a: b"], "--intercept connection and --headers"],
    ["serve", [...closed, "--upstream-insecure"], "--intercept connection and --upstream-insecure"],
    ["serve", [...closed, "--upstream-legacy"], "--intercept connection and --upstream-legacy"],
    ["serve", ["--upstream-legacy", "--upstream-insecure"], "--upstream-insecure and --upstream-legacy"],
    ["serve", ["--upstream-ca", "a.pem", "--upstream-insecure"], "--upstream-insecure and --upstream-ca"],
    ["start", ["-q", "--verbose"], "--quiet and --verbose"],
    ["run", ["-q", "--verbose", "--", "true"], "--quiet and --verbose"],
    ["run", [...closed, "--status-code", "429", "--", "true"], "--intercept connection and --status-code"],
    ["serve", [...closed, "--upstream-ca", "a.pem"], "--intercept connection and --upstream-ca"],
    ["start", ["--real-upstream", "--script", "a.yaml"], "--real-upstream and --script"],
    ["start", ["--replay", "a", "--mock-port", "0"], "--replay and --mock-port"],
    ["start", ["--replay", "a", "--real-upstream"], "--replay and --real-upstream"],
    ["start", ["--record", "a", "--replay", "b"], "--record and --replay"],
    ["run", ["--replay", "a", "--mock", "--", "x"], "--replay and --mock"],
    ["proxy", [...closed, "--record", "a"], "--intercept connection and --record"],
    ["start", ["--no-plugin", "--client-port", "0"], "--no-plugin and --client-port"],
    ["start", ["--no-plugin", "--host", "127.0.0.1"], "--no-plugin and --host"],
    ["proxy", [...byPlugin, "--http2", "on"], "--connection-plugin and --http2"],
    ["proxy", [...byPlugin, "--target-host", "a.test"], "--connection-plugin and --target-host"],
    ["proxy", [...byPlugin, "--error-probability", "1"], "--connection-plugin and --error-probability"],
    ["proxy", [...byPlugin, "--status-code", "500"], "--connection-plugin and --status-code"],
    ["proxy", [...byPlugin, "--error-body", "x"], "--connection-plugin and --error-body"],
    ["proxy", [...byPlugin, "--headers", "a: b"], "--connection-plugin and --headers"],
    ["proxy", [...byPlugin, "--close-at", "established"], "--connection-plugin and --close-at"],
    ["proxy", [...byPlugin, "--report", "a"], "--connection-plugin and --report"],
    ["proxy", [...byPlugin, "--fail-on", "never"], "--connection-plugin and --fail-on"],
    ["proxy", [...byPlugin, "--ca-cert", "a"], "--connection-plugin and --ca-cert"],
    ["proxy", [...byPlugin, "--ca-key", "a"], "--connection-plugin and --ca-key"],
    ["proxy", [...byPlugin, "--intercept", "https"], "--connection-plugin and --intercept"],
    ["proxy", [...byPlugin, "--export-ca", "a"], "--connection-plugin and --export-ca"],
    ["proxy", [...byPlugin, "--install-ca"], "--connection-plugin and --install-ca"],
    ["proxy", [...byPlugin, "--watch"], "--connection-plugin and --watch"],
    ["proxy", [...byPlugin, "--record", "a"], "--connection-plugin and --record"],
    ["proxy", [...byPlugin, "--replay", "a"], "--connection-plugin and --replay"],
  ] as const)("%s %j", (name, flags, names) => {
    expect(said(name, ...flags)).toMatch(
      new RegExp(`^${names} contradict each other: .*; take one of them away$`),
    );
  });

  it.each([
    ["start", ["--real-upstream"]],
    ["start", ["--mock-port", "4000"]],
    ["start", ["--no-plugin"]],
    ["start", ["--plugin", "--port", "4000"]],
    ["serve", ["--side", "client", "--port", "0"]],
    ["serve", ["--side", "both", "--client-port", "4000"]],
    ["proxy", ["--intercept", "https", "--status-code", "429"]],
    ["proxy", closed],
  ] as const)("but %s %j does not", (name, flags) => {
    expect(said(name, ...flags)).toBe("taken");
  });
});
