/** `faultwire proxy --connection-plugin`: a proxy that has no rules and no CA, because a plugin decides and does what is to be done. */
import { type ProxySettings, startProxy } from "@faultwire/proxy";
import { openRuntime } from "@faultwire/runtime";
import { banner } from "./banner.ts";
import { createLogger, type LogSettings } from "./logger.ts";
import { ReadyFile } from "./ready-file.ts";
import type { OpeningFlags } from "./runtime-options.ts";
import { onShutdown } from "./shutdown.ts";
import { listenError } from "./stack/listen-error.ts";
import { upstreamProxySetting } from "./upstream-proxy-setting.ts";
import { runtimeFlags, withFlag } from "./usage-error.ts";
import { waysIn } from "./ways-in.ts";

/** What such a proxy is started with. */
export interface ByPlugin
  extends LogSettings,
    Pick<OpeningFlags, "upstreamCa" | "upstreamInsecure" | "upstreamLegacy"> {
  readonly settings: ProxySettings & { readonly connectionPlugin: string };
  readonly upstreamProxy: string;
  readonly readyFile?: string;
}

/** Runs until a signal. @throws UsageError, ProxyError: what the user has to mend. */
export async function runByPlugin(flags: ByPlugin): Promise<void> {
  const {
    settings,
    upstreamProxy,
    upstreamCa = [],
    upstreamInsecure = false,
    upstreamLegacy = false,
  } = flags;
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const { signal } = onShutdown({ hurries: false });
  const logger = await createLogger(flags, false);
  const runtime = await openRuntime({
    logger,
    upstream: { caFiles: upstreamCa, insecure: upstreamInsecure, legacy: upstreamLegacy },
  }).catch((error: unknown) => {
    throw withFlag(error, runtimeFlags);
  });
  const { host = "127.0.0.1", port = 3180 } = settings;
  const proxy = await startProxy({
    ...settings,
    ...upstreamProxySetting(upstreamProxy, process.env),
    runtime,
  }).catch(async (error: unknown) => {
    await runtime.close();
    throw listenError(error, host, port, "--port");
  });
  try {
    readyFile?.write({ plugins: [], proxy: proxy.url, pid: process.pid });
    banner({
      ways: waysIn({
        proxyUrl: proxy.url,
        hosts: [],
        hasAuth: settings.proxyAuth !== undefined,
        reverse: settings.reverse,
      }),
      rows: [
        ["rules", `those of the plugin at ${settings.connectionPlugin}`],
        ["CA", "that of the plugin: clients have to trust it"],
      ],
      title: "Try it in another terminal, with a target of the plugin for HOST:",
      // The proxy does not know the plugin's targets, and in clear a request could leave this machine with what is in it.
      command: ["curl", `-x ${proxy.url}`, "--cacert CA-OF-THE-PLUGIN", "https://HOST/"],
    });
    logger.info({ event: "shutdown", signal: await signal }, "draining");
  } finally {
    await proxy.close();
    await runtime.close();
  }
}
