/** `faultwire serve`: the plugin server alone, for a Fault proxy that runs elsewhere. */
import { Command } from "commander";
import { banner } from "../banner.ts";
import { describeRules } from "../describe-rules.ts";
import { ReadyFile } from "../ready-file.ts";
import { startPlugin } from "../running-plugin.ts";
import { addServerOptions, type ServerFlags } from "../server-options.ts";
import { onShutdown } from "../shutdown.ts";
import { upstreamFlag } from "../upstream-flag.ts";

/** The subcommand `serve`. Ends at SIGTERM or SIGINT once the host can do without it, at a second one at once; exit status 1 when an expectation was not met. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .summary("run the plugin server for a Fault proxy")
    .description(
      "Runs the plugin server: one gRPC endpoint for each side of the Fault proxy's tunnels. Give the proxy both:\n" +
        "  fault run --grpc-plugin http://127.0.0.1:50051 --grpc-plugin http://127.0.0.1:50052 \\\n" +
        "    --upstream api.anthropic.com:443 --no-ui\n" +
        "--upstream names the targets: HOST:PORT, several with commas. Everything else then passes the plugin by.",
    );
  return addServerOptions(command).action(async (flags: ServerFlags) => {
    const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
    const { signal, hurry } = onShutdown({ hurries: true });
    const plugin = await startPlugin(flags);
    const { rules, logger, caCertPath, server, pluginUrls } = plugin;
    try {
      readyFile?.write({ plugins: pluginUrls, caCert: caCertPath, pid: process.pid });
      banner({
        rows: [
          ...server.endpoints.map(({ side, url }) => [`${side} side`, url] as const),
          ["CA", caCertPath] as const,
          ["fails", describeRules(rules.sources, flags.config)] as const,
        ],
        title: "Give these to the Fault proxy:",
        command: [
          "fault run",
          ...pluginUrls.map((url) => `--grpc-plugin ${url}`),
          `${upstreamFlag(rules.sources.targets)} --no-ui`,
        ],
      });
      logger.info({ event: "shutdown", signal: await signal }, "draining");
    } finally {
      await plugin.close(hurry);
    }
  });
}
