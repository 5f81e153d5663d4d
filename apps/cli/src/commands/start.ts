/** `faultwire start`: the proxy, a mock API behind it and the plugin beside it, all on loopback, in one process. */
import { defaultTargetHost, exactHosts } from "@faultwire/runtime/internal";
import { Command, Option } from "commander";
import { banner } from "../banner.ts";
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
import { addMockOptions, type MockFlags, mockSettings } from "../mock-options.ts";
import { mockRows } from "../mock-rows.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { addRecordingOptions, type RecordingFlags, recordingSettings } from "../recording-options.ts";
import { readyRecordings, recordingRows } from "../recording-rows.ts";
import { startRuntime } from "../running-runtime.ts";
import { addServerOptions, endpointsOf, type ServerFlags } from "../server-options.ts";
import { onShutdown } from "../shutdown.ts";
import { openStack } from "../stack/open-stack.ts";
import { UsageError } from "../usage-error.ts";
import { waysIn } from "../ways-in.ts";

/** The flags of `start` as commander gives them. */
export interface StartFlags extends ServerFlags, DoorFlags, MockFlags, RecordingFlags, Http2Flags {
  readonly proxyPort: number;
  readonly mockPort: number;
  readonly realUpstream?: boolean;
  readonly plugin: boolean;
}

/** The subcommand `start`. Ends as `serve` does. */
export function startCommand(): Command {
  const command = new Command("start")
    .summary("run everything: proxy, mock API and plugin on loopback")
    .description(
      "Runs the proxy, a mock API over HTTPS that stands in for the targets, and the plugin's endpoints for a Fault " +
        "proxy, all on this machine, and prints how to point a program at it, and a curl line to try.",
    )
    .addOption(
      new Option("--proxy-port <port>", "the proxy; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(3180),
    )
    .addOption(
      new Option("--mock-port <port>", "the mock API; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(0),
    )
    .addOption(http2Option())
    .option("--real-upstream", "send targets to the real API instead of the mock")
    .addOption(new Option("--plugin", "open the gRPC endpoints for a Fault proxy, too").default(true))
    .addOption(new Option("--no-plugin", "don't"));
  return addRecordingOptions(addMockOptions(addDoorOptions(addServerOptions(command))))
    .optionsGroup("Options:")
    .action(run);
}

async function run(flags: StartFlags): Promise<void> {
  refuseSamePorts(flags);
  const recording = recordingSettings(flags);
  const withoutMock = flags.realUpstream
    ? "--real-upstream"
    : flags.replay === undefined
      ? "--replay-or-pass"
      : "--replay";
  const isMocked = !flags.realUpstream && recording.replay === undefined;
  const settings = await mockSettings(flags, isMocked, `take ${withoutMock} away`);
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const { signal, hurry } = onShutdown({ hurries: flags.plugin });
  const runtime = await startRuntime(targetingReverse(flags), !flags.realUpstream, {
    // The mock has its certificates from the CA.
    targetsNeedCa: !flags.realUpstream || !targetsReverseAlone(flags),
  });
  const stack = await openStack({
    runtime,
    proxy: { ...doorSettings(flags), http2: flags.http2, port: flags.proxyPort },
    recording,
    ...(isMocked && { mock: { ...settings, port: flags.mockPort } }),
    ...(flags.plugin && { plugin: endpointsOf(flags) }),
  });
  try {
    const { proxy, mock, plugin } = stack;
    const { rules, caCertPath, logger } = runtime;
    const endpoints = plugin?.endpoints ?? [];
    const hosts = exactHosts(rules.sources.targets);
    readyFile?.write({
      plugins: endpoints.map(({ url }) => url),
      proxy: proxy.url,
      ...(mock ? { mock: mock.url } : {}),
      ...readyRecordings(recording, stack),
      caCert: caCertPath,
      pid: process.pid,
    });
    banner({
      ways: waysIn({ proxyUrl: proxy.url, hosts, reverse: flags.reverse }),
      rows: [
        ["fails", describeRules(rules.sources, flags.config)] as const,
        ...(mock ? mockRows(mock.url, stack.mockedHosts) : [["mock", `none: ${withoutMock}`] as const]),
        ...recordingRows(flags, stack),
        ...(endpoints.length > 0
          ? [["plugin", `${endpoints.map(({ url }) => url).join(" and ")}, for a Fault proxy`] as const]
          : []),
        ["CA", caCertPath] as const,
      ],
      title: "Try it in another terminal:",
      command: curlLine({
        proxyUrl: proxy.url,
        caCertPath,
        host: hosts[0] ?? defaultTargetHost,
        isMocked: !flags.realUpstream,
        isClosed: flags.intercept === "connection",
        reverse: flags.reverse,
      }),
    });
    logger.info({ event: "shutdown", signal: await signal }, "draining");
  } finally {
    await stack.close(hurry);
  }
}

/** Refuses two flags with one port: the system would call it a port of another program. */
function refuseSamePorts({ plugin, port, clientPort, proxyPort, mockPort }: StartFlags): void {
  const named = new Map<number, string>();
  const flags = {
    ...(plugin && {
      "--port": port,
      // As the plugin server chooses it.
      "--client-port": clientPort ?? (port === 0 ? 0 : port + 1),
    }),
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
