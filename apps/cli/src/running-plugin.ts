/** What `serve` runs: the runtime, and a plugin server on it. */
import { type PluginServer, startPluginServer } from "@faultwire/plugin-server";
import { type RunningRuntime, startRuntime } from "./running-runtime.ts";
import { endpointsOf, type ServerFlags } from "./server-options.ts";

/** A plugin server that runs, with all that belongs to it. */
export interface RunningPlugin extends Omit<RunningRuntime, "close"> {
  readonly server: PluginServer;
  /** What goes into `--grpc-plugin`, server side first. */
  readonly pluginUrls: readonly string[];
  /** Ends the server once its host can do without it, then the runtime. @param hurry - Ends that wait. */
  close(hurry: AbortSignal): Promise<void>;
}

/**
 * Starts the plugin as the flags say.
 *
 * @throws PluginServerError and those of {@link startRuntime}: what the user has to mend.
 */
export async function startPlugin(flags: ServerFlags): Promise<RunningPlugin> {
  const runtime = await startRuntime(flags, false);
  const server = await startPluginServer({ ...endpointsOf(flags), runtime });
  return {
    ...runtime,
    server,
    pluginUrls: server.endpoints.map(({ url }) => url),
    async close(hurry) {
      await server.close({ hurry });
      await runtime.close();
    },
  };
}
