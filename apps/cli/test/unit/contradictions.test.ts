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
