/** What a command does where no flag says otherwise, and what it takes: literal values, since users build on them. */
import type { Command } from "commander";
import { expect, it } from "vitest";
import { hostCommand } from "../../src/commands/host.ts";
import { mockCommand } from "../../src/commands/mock.ts";
import { proxyCommand } from "../../src/commands/proxy.ts";
import { reportCommand } from "../../src/commands/report.ts";
import { runCommand } from "../../src/commands/run.ts";
import { serveCommand } from "../../src/commands/serve.ts";
import { startCommand } from "../../src/commands/start.ts";

const defaultsOf = (command: Command): object =>
  Object.fromEntries(
    command.options.flatMap(({ long, defaultValue }) =>
      defaultValue === undefined ? [] : [[long, defaultValue as unknown]],
    ),
  );
const plugin = { "--port": 50_051, "--host": "127.0.0.1", "--side": "both" };
const rules = { "--watch": "true", "--fail-on": "expectations", "--intercept": "https" };

const rows: readonly (readonly [Command, object])[] = [
  [
    startCommand(),
    {
      "--http2": "alone",
      ...plugin,
      ...rules,
      "--proxy-port": 3180,
      "--mock-port": 0,
      "--plugin": true,
    },
  ],
  [mockCommand(), { "--port": 3190, "--mock-seed": 0 }],
  [serveCommand(), { ...plugin, ...rules }],
  [
    proxyCommand(),
    {
      ...rules,
      "--port": 3180,
      "--host": "127.0.0.1",
      "--http2": "alone",
      "--upstream": "eager",
      "--upstream-proxy": "env",
    },
  ],
  [
    runCommand(),
    { "--intercept": "https", "--http2": "alone", "--upstream-proxy": "env", "--fail-on": "expectations" },
  ],
  [hostCommand(), { "--plugin": [], "--port": 3180, "--on-crash": "drop-connection" }],
  [reportCommand(), { "--format": "text", "--fail-on": "expectations" }],
];

it.each(rows.map(([command, defaults]) => [command.name(), command, defaults] as const))(
  "%s",
  (_, command, defaults) => {
    expect(defaultsOf(command)).toEqual(defaults);
  },
);
