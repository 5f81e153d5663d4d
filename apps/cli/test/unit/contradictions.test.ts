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

/** Flags of one command that each contradict the same first ones: the last part of a row is what they are called by, where that is not the flag alone. */
const each = (
  name: keyof typeof commands,
  first: readonly string[],
  called: string,
  ...others: readonly (readonly [flag: string, value?: string, called?: string])[]
) =>
  others.map(
    ([flag, value, words = flag]) =>
      [name, [...first, flag, ...(value === undefined ? [] : [value])], `${called} and ${words}`] as const,
  );

describe("flags that contradict each other", () => {
  it.each([
    ["start", ["--real-upstream", "--mock-port", "4000"], "--real-upstream and --mock-port"],
    ["start", ["--mock-port", "0", "--real-upstream"], "--real-upstream and --mock-port"],
    ["start", ["--real-upstream", "--script", "a.yaml"], "--real-upstream and --script"],
    ["start", ["--replay", "a", "--mock-port", "0"], "--replay and --mock-port"],
    ["start", ["--replay", "a", "--real-upstream"], "--replay and --real-upstream"],
    ["start", ["--record", "a", "--replay", "b"], "--record and --replay"],
    ["start", ["-q", "--verbose"], "--quiet and --verbose"],
    ["serve", ["--side", "server", "--client-port", "4000"], "--side server and --client-port"],
    [
      "serve",
      ["--side", "client", "--client-port", "1", "--port", "2"],
      "--side client, --client-port and --port",
    ],
    ["serve", ["--upstream-legacy", "--upstream-insecure"], "--upstream-insecure and --upstream-legacy"],
    ["serve", ["--upstream-ca", "a.pem", "--upstream-insecure"], "--upstream-insecure and --upstream-ca"],
    ["run", ["--mix", "gentle", "--config", "a.yaml", "--", "x"], "--config and --mix"],
    ["run", ["--seeds", "1..2", "--seed", "3", "--", "x"], "--seeds and --seed"],
    ["run", ["--repeat", "2", "--seeds", "1..2", "--", "x"], "--seeds and --repeat"],
    ["run", ["-q", "--verbose", "--", "true"], "--quiet and --verbose"],
    ["run", ["--replay", "a", "--mock", "--", "x"], "--replay and --mock"],
    ["run", [...closed, "--status-code", "429", "--", "true"], "--intercept connection and --status-code"],
    ...each(
      "start",
      ["--no-plugin"],
      "--no-plugin",
      ["--port", "4000"],
      ["--side", "both"],
      ["--client-port", "0"],
      ["--host", "127.0.0.1"],
    ),
    ...each(
      "serve",
      closed,
      "--intercept connection",
      ["--headers", "a: b"],
      ["--upstream-insecure"],
      ["--upstream-legacy"],
      ["--upstream-ca", "a.pem"],
    ),
    ...each(
      "proxy",
      closed,
      "--intercept connection",
      ["--status-code", "429"],
      ["--error-body", "x"],
      ["--record", "a"],
    ),
    ...each(
      "proxy",
      ["--connection-plugin", "http://a:1"],
      "--connection-plugin",
      ["--config", "a.yaml"],
      ["--upstream", "lazy", "--upstream lazy"],
      ["--seed", "3"],
      ["--http2", "on"],
      ["--target-host", "a.test"],
      ["--error-probability", "1"],
      ["--status-code", "500"],
      ["--error-body", "x"],
      ["--headers", "a: b"],
      ["--close-at", "established"],
      ["--report", "a"],
      ["--fail-on", "never"],
      ["--ca-cert", "a"],
      ["--ca-key", "a"],
      ["--intercept", "https"],
      ["--export-ca", "a"],
      ["--install-ca"],
      ["--watch"],
      ["--record", "a"],
      ["--replay", "a"],
    ),
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
