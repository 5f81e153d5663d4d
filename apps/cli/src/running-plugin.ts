/** What `serve` and `start` have in common: the runtime, and a plugin server that runs on it. */
import { type PluginServer, startPluginServer } from "@faultwire/plugin-server";
import { type RunningRuntime, startRuntime } from "./running-runtime.ts";
import { type ServerFlags, sidesOf } from "./server-options.ts";

/** A plugin server that runs, with all that belongs to it. */
export interface RunningPlugin extends RunningRuntime {
  readonly server: PluginServer;
  /** What goes into `--grpc-plugin`, server side first. */
  readonly pluginUrls: readonly string[];
}

/**
 * Starts the plugin as the flags say.
 *
 * @param ownUpstream - Whether the upstream is the mock, which our own CA vouches for.
 * @throws PluginServerError and those of {@link startRuntime}: what the user has to mend.
 */
export async function startPlugin(flags: ServerFlags, ownUpstream: boolean): Promise<RunningPlugin> {
  const runtime = await startRuntime(flags, ownUpstream);
  const server = await startPluginServer({
    runtime,
    sides: sidesOf(flags.side),
    host: flags.host,
    port: flags.port,
    ...(flags.clientPort === undefined ? {} : { clientPort: flags.clientPort }),
  });
  return {
    ...runtime,
    server,
    pluginUrls: server.endpoints.map(({ url }) => url),
    async close() {
      await server.close();
      await runtime.close();
    },
  };
}
