/** The flags that `serve` and `start` share: ports, sides, and those of the runtime. */
import type { PluginServerOptions } from "@faultwire/plugin-server";
import { type Command, Option } from "commander";
import { integerFlag } from "./number-flags.ts";
import { addRuntimeOptions, type RuntimeFlags } from "./runtime-options.ts";

/** The flags as commander gives them. */
export interface ServerFlags extends RuntimeFlags {
  readonly port: number;
  readonly clientPort?: number;
  readonly host: string;
  readonly side: "both" | "server" | "client";
}

const port = integerFlag(0, 65_535);

/** Adds the flags to a command. */
export function addServerOptions(command: Command): Command {
  command
    .optionsGroup("Endpoints for a Fault proxy:")
    .addOption(
      new Option("--port <port>", "server-side gRPC endpoint; 0 takes a free one")
        .argParser(port)
        .default(50_051),
    )
    .addOption(
      new Option(
        "--client-port <port>",
        "client-side gRPC endpoint (default: the next after --port)",
      ).argParser(port),
    )
    .option(
      "--host <address>",
      "address of the endpoints; whoever reaches them can change the Fault proxy's traffic",
      "127.0.0.1",
    )
    .addOption(
      new Option("--side <side>", "which endpoints to open; only with both is nothing lost")
        .choices(["both", "server", "client"])
        .default("both"),
    );
  return addRuntimeOptions(command);
}

/** The endpoints that the flags ask for. */
export function endpointsOf({
  side,
  host,
  port,
  clientPort,
}: ServerFlags): Omit<PluginServerOptions, "runtime"> {
  return {
    sides: side === "both" ? ["server", "client"] : [side],
    host,
    port,
    ...(clientPort === undefined ? {} : { clientPort }),
  };
}
