/** The flags of every command that runs rules, whoever carries the bytes: rules, CA, upstreams, logs, the ready file. */
import { type Command, Option } from "commander";
import type { LogFormat } from "./logger.ts";
import { addRuleOptions, type RuleFlags } from "./rule-options.ts";

/** The flags as commander gives them. */
export interface RuntimeFlags extends RuleFlags {
  readonly intercept: "https" | "connection";
  readonly upstreamCa?: readonly string[];
  readonly upstreamInsecure?: boolean;
  readonly exportCa?: string;
  readonly installCa?: boolean;
  readonly readyFile?: string;
  readonly logFormat?: LogFormat;
  readonly verbose?: boolean;
}

/** Adds the flags to a command. */
export function addRuntimeOptions(command: Command): Command {
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
