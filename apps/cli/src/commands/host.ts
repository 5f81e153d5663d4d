/** `faultwire host`: the reference host alone, for tests of plugins; it does to a plugin what the Fault proxy does. */
import type { FaultHost } from "@faultwire/fault-host";
import { Command, Option } from "commander";
import { banner } from "../banner.ts";
import { HostLog } from "../host-log.ts";
import { createLogger, type LogSettings } from "../logger.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { resolveFlag } from "../resolve-flag.ts";
import { onShutdown } from "../shutdown.ts";
import { listenError } from "../stack/listen-error.ts";
import { UsageError } from "../usage-error.ts";

/** The flags of `host` as commander gives them. */
interface HostFlags extends LogSettings {
  readonly plugin: readonly string[];
  readonly port: number;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly onCrash: "drop-connection" | "exit";
  readonly readyFile?: string;
}

/** The exit status of a process that has aborted, as the Fault proxy does on a panic: 128 + SIGABRT. */
const abortedStatus = 134;

/** The subcommand `host`. Ends at SIGTERM or SIGINT, and with `--on-crash exit` where the Fault proxy would abort. */
export function hostCommand(): Command {
  return new Command("host")
    .summary("run the reference host, to test plugins with")
    .description(
      "Runs the reference host alone: an HTTP proxy that loads gRPC plugins and treats them as the Fault proxy does, " +
        "quirks included (docs/fault-host.md). For tests of plugins; programs under test are better off with `faultwire proxy`.",
    )
    .addOption(
      new Option(
        "--plugin <url>",
        "a plugin's address, http://host:port, in order of registration; repeatable",
      )
        .argParser((value: string, all: readonly string[]) => [...all, value])
        .default([], "none"),
    )
    .addOption(
      new Option("--port <port>", "the host's HTTP proxy; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(3180),
    )
    .addOption(
      new Option(
        "--resolve <host:port:address[:port]>",
        "connect there for that host, as curl has it; repeatable",
      ).argParser(resolveFlag),
    )
    .addOption(
      new Option(
        "--on-crash <what>",
        "where the Fault proxy would abort: end the connection that caused it, or exit as that does",
      )
        .choices(["drop-connection", "exit"])
        .default("drop-connection"),
    )
    .option("--ready-file <file>", "write what listens where as JSON, once everything listens")
    .addOption(
      new Option("--log-format <format>", "default: pretty on a terminal, json otherwise").choices([
        "pretty",
        "json",
      ]),
    )
    .option("--verbose", "log every connection and call, not just what failed")
    .action(run);
}

async function run(flags: HostFlags): Promise<void> {
  const wildcard = Object.keys(flags.resolve ?? {}).find((name) => name.startsWith("*"));
  if (wildcard !== undefined)
    throw new UsageError(
      `--resolve: the reference host takes no patterns such as ${wildcard}; name each host`,
    );
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const { signal } = onShutdown({ hurries: false });
  const logger = await createLogger(flags);
  const log = new HostLog(logger);
  let crash: (() => void) | undefined;
  const crashed = new Promise<"crash">((resolve) => {
    crash = () => resolve("crash");
  });
  const host = await startHost(flags, (event) => {
    log.tell(event);
    if (event.type === "crashed" && flags.onCrash === "exit") crash?.();
  });
  try {
    readyFile?.write({ plugins: flags.plugin, proxy: host.proxyUrl, pid: process.pid });
    banner({
      rows: [
        ["proxy", `${host.proxyUrl}  the reference host; what HTTPS_PROXY wants`],
        ...(flags.plugin.length === 0
          ? [["plugin", "none: everything passes; --plugin names one"] as const]
          : host.plugins.map(
              ({ url, name, state }) => ["plugin", `${url}  ${name} ${state}`.trimEnd()] as const,
            )),
      ],
      title: "Try it in another terminal:",
      command: [`curl --proxy ${host.proxyUrl}`, "http://example.com/"],
    });
    const why = await Promise.race([signal, crashed]);
    if (why === "crash") process.exitCode = abortedStatus;
    logger.info(
      { event: "shutdown", signal: why },
      why === "crash" ? "the real Fault proxy has ended here" : "closing",
    );
  } finally {
    log.end();
    await host.close();
  }
}

async function startHost(
  { plugin, port, resolve, onCrash }: HostFlags,
  onEvent: (event: Parameters<HostLog["tell"]>[0]) => void,
): Promise<FaultHost> {
  const { startFaultHost, FaultHostError } = await import("@faultwire/fault-host");
  return startFaultHost({
    plugins: plugin,
    proxyPort: port,
    ...(resolve && { resolve }),
    onCrash: onCrash === "exit" ? "stop-host" : onCrash,
    onEvent,
  }).catch((error: unknown) => {
    if (error instanceof FaultHostError && error.code === "invalid-plugin-url")
      throw new UsageError(`${error.message}; check --plugin`, { cause: error });
    throw listenError(error, "127.0.0.1", port, "--port");
  });
}
