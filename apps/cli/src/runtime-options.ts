/** The flags of every command that runs rules, whoever carries the bytes: rules, CA, upstreams, logs, the ready file. */
import type { FailOn } from "@faultwire/fault-engine";
import { type Command, Option } from "commander";
import { failOnOption } from "./fail-on-option.ts";
import type { LogSettings } from "./logger.ts";
import { addRuleOptions, type RuleFlags } from "./rule-options.ts";

/** The flags that say whether HTTPS is opened, and how upstreams are verified. */
export interface OpeningFlags {
  readonly intercept: "https" | "connection";
  readonly upstreamCa?: readonly string[];
  readonly upstreamInsecure?: boolean;
  readonly upstreamLegacy?: boolean;
}

/** The flags as commander gives them. */
export interface RuntimeFlags extends RuleFlags, OpeningFlags, LogSettings {
  readonly failOn: FailOn;
  readonly watch: boolean | "true" | "false";
  readonly exportCa?: string;
  readonly installCa?: boolean;
  readonly readyFile?: string;
}

/** Adds the flags to a command. */
export function addRuntimeOptions(command: Command): Command {
  addRuleOptions(command)
    .addOption(
      new Option("--watch [choice]", "take changes of the rule file while running (SIGHUP always does)")
        .choices(["true", "false"])
        .default("true"),
    )
    .addOption(new Option("--no-watch", "don't"))
    .addOption(failOnOption());
  addOpeningOptions(command)
    .option("--export-ca <file>", "write the CA certificate to a file (PEM)")
    .option("--install-ca", "trust the CA on this machine, or print the commands where that needs root");
  return command
    .optionsGroup("What is said:")
    .option("--ready-file <file>", "write what listens where as JSON, once everything listens")
    .addOption(
      new Option("--log-format <format>", "default: pretty on a terminal, json otherwise").choices([
        "pretty",
        "json",
      ]),
    )
    .option("--verbose", "log every connection, not just what failed")
    .option("-q, --quiet", "no line for each request; warnings, and the summary at the end, stay")
    .optionsGroup("Options:");
}

/** Adds the flags of {@link OpeningFlags}. */
export function addOpeningOptions(command: Command): Command {
  return command
    .optionsGroup("HTTPS and upstreams:")
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
    .option(
      "--upstream-legacy",
      "take certificates that current clients refuse: no subjectAltName, wildcards for a part of a label, RSA below 2048 bits, SHA-1",
    )
    .option("--upstream-insecure", "don't verify upstreams: whoever stands there reads your API key");
}
