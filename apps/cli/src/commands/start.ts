/** `faultwire start`: the plugin, a host that loads it and a mock API behind it, all on loopback, in one process. */
import type { FaultHost } from "@faultwire/fault-host";
import type { LlmMock } from "@faultwire/llm-mock";
import { defaultTargetHost, exactHosts, systemReason } from "@faultwire/runtime";
import { Command, Option } from "commander";
import { banner } from "../banner.ts";
import { describeRules } from "../describe-rules.ts";
import { HostLog } from "../host-log.ts";
import { mockRows } from "../mock-rows.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { type RunningPlugin, startPlugin } from "../running-plugin.ts";
import { addServerOptions, type ServerFlags } from "../server-options.ts";
import { signalled } from "../shutdown.ts";
import { UsageError } from "../usage-error.ts";

/** The flags of `start` as commander gives them. */
export interface StartFlags extends ServerFlags {
  readonly proxyPort: number;
  readonly mockPort: number;
  readonly realUpstream?: boolean;
}

/** The subcommand `start`. Ends as `serve` does. */
export function startCommand(): Command {
  const command = new Command("start")
    .summary("run everything: plugin, host and mock API on loopback")
    .description(
      "Runs the plugin server, the reference host (an HTTP proxy that loads it, as the Fault proxy does) and a mock " +
        "API over HTTPS, all on this machine, and prints a curl line to try. Point your program's HTTPS_PROXY at it.",
    );
  addServerOptions(command)
    .addOption(
      new Option("--proxy-port <port>", "the host's HTTP proxy; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(3180),
    )
    .addOption(
      new Option("--mock-port <port>", "the mock API; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(0),
    )
    .option("--real-upstream", "send targets to the real API instead of the mock");
  return command.action(run);
}

async function run(flags: StartFlags): Promise<void> {
  refuseSamePorts(flags);
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const signal = signalled();
  const plugin = await startPlugin(flags, !flags.realUpstream);
  const { rules, caCertPath, server, pluginUrls, logger } = plugin;
  let mock: LlmMock | undefined;
  let host: FaultHost | undefined;
  const hostLog = new HostLog(logger);
  try {
    mock = flags.realUpstream ? undefined : await startMock(plugin, flags);
    host = await startHost(plugin, flags, mock, hostLog);
    const [target = defaultTargetHost] = exactHosts(rules.sources.targets);
    readyFile?.write({
      plugins: pluginUrls,
      proxy: host.proxyUrl,
      ...(mock ? { mock: mock.url } : {}),
      caCert: caCertPath,
      pid: process.pid,
    });
    banner({
      rows: [
        ...server.endpoints.map(({ side, url }) => ["plugin", `${url}  ${side} side`] as const),
        ["proxy", `${host.proxyUrl}  the reference host; what HTTPS_PROXY wants`],
        ...(mock ? mockRows(mock.url, mockedHosts(plugin)) : [["mock", "none: --real-upstream"] as const]),
        ["CA", caCertPath] as const,
        ["fails", describeRules(rules.sources, flags.config)] as const,
      ],
      title: "Try it in another terminal:",
      command: curlLine(host.proxyUrl, caCertPath, target, flags.realUpstream ?? false),
    });
    logger.info({ event: "shutdown", signal: await signal }, "draining");
  } finally {
    hostLog.end();
    try {
      await host?.close();
      await plugin.close();
    } finally {
      // Also where a report can't be written: what listens keeps the process alive.
      await mock?.close();
    }
  }
}

async function startMock({ authority }: RunningPlugin, flags: StartFlags): Promise<LlmMock> {
  const { startLlmMock } = await import("@faultwire/llm-mock");
  return startLlmMock({
    host: "127.0.0.1",
    port: flags.mockPort,
    tls: { secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext() },
  }).catch((error: Error) => {
    throw portError(error, flags.mockPort, "--mock-port");
  });
}

/** The default API goes to the mock even where other hosts are the targets: nothing real is to be met by mistake. */
function mockedHosts({ rules }: RunningPlugin): string[] {
  return [...new Set([defaultTargetHost, ...exactHosts(rules.sources.targets)])];
}

async function startHost(
  plugin: RunningPlugin,
  flags: StartFlags,
  mock: LlmMock | undefined,
  hostLog: HostLog,
): Promise<FaultHost> {
  const { startFaultHost } = await import("@faultwire/fault-host");
  const resolve: Record<string, string> = {};
  if (mock) for (const name of mockedHosts(plugin)) resolve[`${name}:443`] = `127.0.0.1:${mock.port}`;
  return startFaultHost({
    plugins: plugin.pluginUrls,
    proxyPort: flags.proxyPort,
    resolve,
    // The binary's process ends; a program under test would learn nothing more.
    onCrash: "drop-connection",
    onEvent: (event) => hostLog.tell(event),
  }).catch((error: Error) => {
    throw portError(error, flags.proxyPort, "--proxy-port");
  });
}

/** Refuses two flags with one port: the system would call it a port of another program. */
function refuseSamePorts({ port, clientPort, proxyPort, mockPort }: StartFlags): void {
  const named = new Map<number, string>();
  const flags = {
    "--port": port,
    // As the plugin server chooses it.
    "--client-port": clientPort ?? (port === 0 ? 0 : port + 1),
    "--proxy-port": proxyPort,
    "--mock-port": mockPort,
  };
  for (const [flag, number] of Object.entries(flags)) {
    const other = number === 0 ? undefined : named.get(number);
    if (other !== undefined)
      throw new UsageError(`${other} and ${flag} are both ${number}; give each a port of its own, or 0`);
    named.set(number, flag);
  }
}

/** A port that can't be had, in the words of the other such errors; anything else as it is. */
function portError(error: Error, port: number, flag: string): Error {
  const cause = (error.cause ?? error) as NodeJS.ErrnoException;
  if (cause.syscall !== "listen") return error;
  if (cause.code !== "EADDRINUSE")
    return new UsageError(
      `can't listen on 127.0.0.1:${port} (${systemReason(cause)}); choose another port (${flag}; 0 takes a free one)`,
    );
  return new UsageError(
    `127.0.0.1:${port} is in use by another program; stop it, or choose another port (${flag}; 0 takes a free one)`,
  );
}

/** A request that the mock answers and that needs nothing installed but curl. */
function curlLine(proxy: string, caCert: string, target: string, real: boolean): string[] {
  const body = {
    model: "claude-sonnet-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Hello!" }],
  };
  return [
    `curl --proxy ${proxy}${real ? "" : ` --cacert '${caCert}'`} https://${target}/v1/messages`,
    `-H 'x-api-key: ${real ? "YOUR-KEY" : "test"}' -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json'`,
    `-d '${JSON.stringify(body)}'`,
  ];
}
