/** `faultwire proxy`: a proxy of our own, alone, for upstreams that are real or are led elsewhere. */
import { parseResolveFlag, type RunningProxy, startProxy } from "@faultwire/proxy";
import { defaultTargetHost, exactHosts } from "@faultwire/runtime";
import { Command, InvalidArgumentError, Option } from "commander";
import { banner } from "../banner.ts";
import { describeRules } from "../describe-rules.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { startRuntime } from "../running-runtime.ts";
import { addRuntimeOptions, type RuntimeFlags } from "../runtime-options.ts";
import { signalled } from "../shutdown.ts";

/** The flags of `proxy` as commander gives them. */
interface ProxyFlags extends RuntimeFlags {
  readonly port: number;
  readonly host: string;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly proxyAuth?: string;
  readonly allowPrivate?: boolean;
}

/** The subcommand `proxy`. Ends as `serve` does. */
export function proxyCommand(): Command {
  const command = new Command("proxy")
    .summary("run a proxy of our own, which needs nothing else")
    .description(
      "Runs a proxy that makes calls to targets fail and passes all else on, bit for bit. Point your program's " +
        "HTTPS_PROXY at it. Upstreams are the real ones, unless --resolve leads a name elsewhere.",
    )
    .addOption(
      new Option("--port <port>", "where the proxy listens; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(3180),
    )
    .option(
      "--host <address>",
      "address to listen on; another than loopback can be reached by others and needs --proxy-auth",
      "127.0.0.1",
    )
    .addOption(
      new Option(
        "--resolve <host:port:address[:port]>",
        "connect there for that host, as curl has it; *.host for all below it, * as a port for any; repeatable",
      ).argParser(resolveFlag),
    )
    .option("--proxy-auth <user:password>", "ask clients for a user and a password")
    .option("--allow-private", "dial private addresses for others, too; on loopback that is so by itself");
  return addRuntimeOptions(command).action(run);
}

async function run(flags: ProxyFlags): Promise<void> {
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const signal = signalled();
  const runtime = await startRuntime(flags, false);
  const { rules, logger, caCertPath } = runtime;
  let proxy: RunningProxy | undefined;
  try {
    proxy = await startProxy({
      // It is closed here, and says then what the report says.
      runtime: { ...runtime, close: () => Promise.resolve(undefined) },
      host: flags.host,
      port: flags.port,
      ...(flags.resolve && { resolve: flags.resolve }),
      ...(flags.proxyAuth !== undefined && { proxyAuth: flags.proxyAuth }),
      ...(flags.allowPrivate && { allowPrivate: true }),
    });
    const [target = defaultTargetHost] = exactHosts(rules.sources.targets);
    readyFile?.write({ plugins: [], proxy: proxy.url, caCert: caCertPath, pid: process.pid });
    banner({
      rows: [
        ["proxy", `${proxy.url}  what HTTPS_PROXY wants`],
        ["CA", caCertPath],
        ["fails", describeRules(rules.sources, flags.config)],
      ],
      title: "Try it in another terminal:",
      command: [`curl --proxy ${proxy.url}`, `--cacert '${caCertPath}'`, `https://${target}/`],
    });
    logger.info({ event: "shutdown", signal: await signal }, "draining");
  } finally {
    await proxy?.close();
    await runtime.close();
  }
}

function resolveFlag(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const entry = parseResolveFlag(text);
  if (!entry)
    throw new InvalidArgumentError("Expected HOST:PORT:ADDRESS[:PORT]; an IPv6 address has brackets.");
  const [from, to] = entry;
  return { ...before, [from]: to };
}
