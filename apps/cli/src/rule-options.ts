/** The flags of `serve` and `start` that say what fails, and their merge with the config file and the defaults. */
import { type ConnectionMoment, connectionMoments, type SingleRule } from "@faultwire/plugin-server";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ConfigFile, headerFault, readConfigFile } from "./config-file.ts";
import { UsageError } from "./usage-error.ts";

/** The flags as commander gives them: those that were not set are missing. */
export interface RuleFlags {
  readonly config?: string;
  readonly targetHost?: readonly string[];
  readonly errorProbability?: number;
  readonly statusCode?: number;
  readonly errorBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly closeAt?: ConnectionMoment;
  readonly seed?: string;
  readonly caCert?: string;
  readonly caKey?: string;
}

/** What the flags, the config file and the defaults say together; flags win over the file. */
export interface RuleSettings {
  readonly rule: SingleRule;
  readonly caCert: string | undefined;
  readonly caKey: string | undefined;
}

export const defaultTargetHost = "api.anthropic.com";

/** Adds the flags to a command. Defaults stand in the help only, so that a config file can fill what was not set. */
export function addRuleOptions(command: Command): Command {
  return command
    .option("--config <file>", "one rule as JSON; flags win over it")
    .addOption(
      new Option(
        "--target-host <host>",
        `hosts that may fail, repeatable; *.name for all below (default: "${defaultTargetHost}")`,
      ).argParser((value: string, all: string[] | undefined) => [...(all ?? []), hostFlag(value)]),
    )
    .addOption(
      new Option(
        "--error-probability <share>",
        "share of connections and requests that fail, 0 to 1 (default: 0.1)",
      ).argParser(numberFlag(0, 1)),
    )
    .addOption(
      new Option("--status-code <status>", "status of an injected HTTP response (default: 500)").argParser(
        integerFlag(200, 599),
      ),
    )
    .option(
      "--error-body <text>",
      "body of an injected response (default: the provider's own for that status)",
    )
    .addOption(
      new Option(
        "--headers <header>",
        'header of an injected response, repeatable: "name: value", or a JSON object',
      ).argParser(headersFlag),
    )
    .addOption(
      new Option(
        "--close-at <moment>",
        "where a connection that can't be read is closed (default: client-hello)",
      ).choices(connectionMoments),
    )
    .option("--seed <seed>", "same seed, same failures (default: random, printed at start)")
    .option("--ca-cert <file>", "use this CA certificate (PEM), with --ca-key")
    .option("--ca-key <file>", "the key of --ca-cert (PEM)");
}

/** Merges flags, file and defaults. @throws {@link UsageError} for a bad file or flags that don't go together. */
export function ruleSettings(flags: RuleFlags): RuleSettings {
  const file: ConfigFile = flags.config === undefined ? {} : readConfigFile(flags.config);
  const caCert = flags.caCert ?? file.ca_cert;
  const caKey = flags.caKey ?? file.ca_key;
  if ((caCert === undefined) !== (caKey === undefined))
    throw new UsageError(
      "--ca-cert and --ca-key go together; give both, or neither to use Faultwire's own CA",
    );
  const hosts = flags.targetHost ?? [file.target_host ?? defaultTargetHost].flat();
  const errorBody = flags.errorBody ?? bodyText(file.error_body);
  return {
    rule: {
      targetHosts: hosts,
      errorProbability: flags.errorProbability ?? file.error_probability ?? 0.1,
      statusCode: flags.statusCode ?? file.status_code ?? 500,
      ...(errorBody === undefined ? {} : { errorBody }),
      headers: { ...textValues(file.headers), ...flags.headers },
      closeAt: flags.closeAt ?? file.close_at ?? "client-hello",
      seed: flags.seed ?? file.seed ?? Math.floor(Math.random() * 2 ** 32),
    },
    caCert,
    caKey,
  };
}

function bodyText(body: ConfigFile["error_body"]): string | undefined {
  return typeof body === "object" ? JSON.stringify(body) : body;
}

function textValues(headers: ConfigFile["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
}

/** A number in a range, or commander's error with what was found and expected. */
export function numberFlag(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= min && value <= max))
      throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
    return value;
  };
}

/** A whole number in a range, or commander's error. */
export function integerFlag(min: number, max: number): (text: string) => number {
  const number = numberFlag(min, max);
  return (text) => {
    if (!/^\d+$/.test(text.trim()))
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return number(text);
  };
}

function hostFlag(text: string): string {
  if (!/^(\*|(\*\.)?[\p{L}\p{N}._-]+|\[?[0-9a-f:.]+\]?)$/iu.test(text))
    throw new InvalidArgumentError(
      "Expected a host name without scheme, port or path, such as api.anthropic.com.",
    );
  return text.toLowerCase();
}

function headersFlag(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const headers = { ...before };
  if (text.trimStart().startsWith("{")) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new InvalidArgumentError("Expected a JSON object of header names and values.");
    }
    for (const [name, value] of Object.entries(parsed as Record<string, unknown>))
      addHeader(headers, name, String(value));
    return headers;
  }
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError('Expected "name: value".');
  addHeader(headers, text.slice(0, colon), text.slice(colon + 1).trim());
  return headers;
}

function addHeader(headers: Record<string, string>, name: string, value: string): void {
  const fault = headerFault(name, value);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`);
  headers[name.toLowerCase()] = value;
}
