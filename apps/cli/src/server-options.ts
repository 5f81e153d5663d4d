/** The flags that `serve` and `start` share: ports, sides, logs, the ready file, the CA; and what they turn into. */
import { type Command, Option } from "commander";
import type { LogFormat } from "./logger.ts";
import { integerFlag } from "./number-flags.ts";
import { addRuleOptions } from "./rule-options.ts";
import type { RuleFlags } from "./rules/rule-sources.ts";

/** The flags as commander gives them. */
export interface ServerFlags extends RuleFlags {
  readonly port: number;
  readonly clientPort?: number;
  readonly host: string;
  readonly side: "both" | "server" | "client";
  readonly watch: boolean | "true" | "false";
  readonly report?: string;
  readonly intercept: "https" | "connection";
  readonly upstreamCa?: readonly string[];
  readonly upstreamInsecure?: boolean;
  readonly caCert?: string;
  readonly caKey?: string;
  readonly exportCa?: string;
  readonly installCa?: boolean;
  readonly readyFile?: string;
  readonly logFormat?: LogFormat;
  readonly verbose?: boolean;
}

const port = integerFlag(0, 65_535);

/** Adds the flags to a command. */
export function addServerOptions(command: Command): Command {
  command
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
      "address to listen on; whoever reaches it can change the host's traffic",
      "127.0.0.1",
    )
    .addOption(
      new Option("--side <side>", "which endpoints to open; only with both is nothing lost")
        .choices(["both", "server", "client"])
        .default("both"),
    );
  addRuleOptions(command);
  return command
    .addOption(
      new Option(
        "--intercept <what>",
        "https opens HTTPS to targets and can fail single requests; connection leaves it closed",
      )
        .choices(["https", "connection"])
        .default("https"),
    )
    .addOption(
      new Option("--upstream-ca <file>", "trust this CA (PEM) of an upstream, too; repeatable").argParser(
        (value: string, all: string[] | undefined) => [...(all ?? []), value],
      ),
    )
    .option("--upstream-insecure", "don't verify upstreams: whoever stands there reads your API key")
    .option("--export-ca <file>", "write the CA certificate to a file (PEM)")
    .option("--install-ca", "trust the CA on this machine, or print the commands where that needs root")
    .option("--ready-file <file>", "write what listens where as JSON, once everything listens")
    .addOption(
      new Option("--log-format <format>", "default: pretty on a terminal, json otherwise").choices([
        "pretty",
        "json",
      ]),
    )
    .option("--verbose", "log every connection, not just what failed");
}

/** The sides that a `--side` choice opens, server side first. */
export function sidesOf(choice: ServerFlags["side"]): readonly ("server" | "client")[] {
  return choice === "both" ? ["server", "client"] : [choice];
}
