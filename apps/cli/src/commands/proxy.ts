/** `faultwire proxy`: a proxy of our own, alone, for upstreams that are real or are led elsewhere. */
import type { ProxySettings } from "@faultwire/proxy";
import { defaultTargetHost, exactHosts } from "@faultwire/runtime/internal";
import { Command, Option } from "commander";
import { banner } from "../banner.ts";
import { runByPlugin } from "../by-plugin.ts";
import { curlLine } from "../curl-line.ts";
import { describeRules } from "../describe-rules.ts";
import {
  addDoorOptions,
  type DoorFlags,
  doorSettings,
  targetingReverse,
  targetsReverseAlone,
} from "../door-options.ts";
import { type Http2Flags, http2Option } from "../http2-option.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { addRecordingOptions, type RecordingFlags, recordingSettings } from "../recording-options.ts";
import { readyRecordings, recordingRows } from "../recording-rows.ts";
import { resolveOption } from "../resolve-option.ts";
import { startRuntime } from "../running-runtime.ts";
import { addRuntimeOptions, type RuntimeFlags } from "../runtime-options.ts";
import { onShutdown } from "../shutdown.ts";
import { openStack } from "../stack/open-stack.ts";
import { upstreamProxyOption } from "../upstream-proxy-setting.ts";
import { waysIn } from "../ways-in.ts";

/** The flags of `proxy` as commander gives them. */
interface ProxyFlags extends RuntimeFlags, DoorFlags, RecordingFlags, Http2Flags {
  readonly port: number;
  readonly host: string;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly proxyAuth?: string;
  readonly allowPrivate?: boolean;
  readonly upstream: "eager" | "lazy";
  readonly upstreamProxy: string;
  readonly connectionPlugin?: string;
}

/** The subcommand `proxy`. Ends as `serve` does. */
export function proxyCommand(): Command {
  const command = new Command("proxy")
    .summary("run a proxy of our own, which needs nothing else")
    .description(
      "Runs a proxy that makes calls to targets fail and passes all else on, bit for bit, and prints how to " +
        "point a program at it. Upstreams are the real ones, unless --resolve leads a name elsewhere.",
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
    .addOption(resolveOption())
    .option("--proxy-auth <user:password>", "ask clients for a user and a password")
    .addOption(
      new Option(
        "--upstream <when>",
        "dial a target's server at the ClientHello (eager), or only for a request that needs it (lazy)",
      )
        .choices(["eager", "lazy"])
        .default("eager"),
    )
    .addOption(http2Option())
    .addOption(upstreamProxyOption())
    .option(
      "--connection-plugin <url>",
      "hand every connection to this plugin (http://HOST:PORT of `faultwire serve`), which has the rules and the CA",
    )
    .option("--allow-private", "dial private addresses for others, too; on loopback that is so by itself");
  return addRuntimeOptions(addRecordingOptions(addDoorOptions(command))).action(run);
}

/** What the flags say of the proxy itself. */
function proxySettings(flags: ProxyFlags): ProxySettings {
  return {
    host: flags.host,
    port: flags.port,
    ...(flags.resolve && { resolve: flags.resolve }),
    ...(flags.proxyAuth !== undefined && { proxyAuth: flags.proxyAuth }),
    ...doorSettings(flags),
    upstream: flags.upstream,
    http2: flags.http2,
    ...(flags.allowPrivate && { allowPrivate: true }),
  };
}

async function run(flags: ProxyFlags): Promise<void> {
  const { connectionPlugin } = flags;
  if (connectionPlugin !== undefined) {
    await runByPlugin({ ...flags, settings: { ...proxySettings(flags), connectionPlugin } });
    return;
  }
  const recording = recordingSettings(flags);
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const { signal } = onShutdown({ hurries: false });
  const isReplay = recording.replay !== undefined;
  const runtime = await startRuntime(targetingReverse(flags), isReplay, {
    // A replay has its certificates from the CA.
    targetsNeedCa: isReplay || !targetsReverseAlone(flags),
  });
  const stack = await openStack({
    runtime,
    proxy: proxySettings(flags),
    recording,
    upstreamProxy: flags.upstreamProxy,
    portFlag: "--port",
  });
  try {
    const { proxy } = stack;
    const { rules, logger, caCertPath } = runtime;
    const hosts = exactHosts(rules.sources.targets);
    const hasAuth = flags.proxyAuth !== undefined;
    readyFile?.write({
      plugins: [],
      proxy: proxy.url,
      ...readyRecordings(recording, stack),
      caCert: caCertPath,
      pid: process.pid,
    });
    banner({
      ways: waysIn({ proxyUrl: proxy.url, hosts, hasAuth, reverse: flags.reverse }),
      rows: [
        ["fails", describeRules(rules.sources, flags.config)],
        ...recordingRows(flags, stack),
        ["CA", caCertPath],
      ],
      title: "Try it in another terminal:",
      command: curlLine({
        proxyUrl: proxy.url,
        caCertPath,
        host: hosts[0] ?? defaultTargetHost,
        isMocked: isReplay,
        isClosed: flags.intercept === "connection",
        hasAuth,
        reverse: flags.reverse,
      }),
    });
    logger.info({ event: "shutdown", signal: await signal }, "draining");
  } finally {
    await stack.close();
  }
}
