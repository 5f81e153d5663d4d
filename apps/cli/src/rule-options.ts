/** The flags that say what fails, of every command that runs rules. */
import { CLOSE_MOMENTS, type SingleRule } from "@faultwire/fault-engine";
import { responseHeaderFault } from "@faultwire/fault-engine/internal";
import type { Header } from "@faultwire/http1";
import { defaultTargetHost } from "@faultwire/runtime/internal";
import { type Command, InvalidArgumentError, Option } from "commander";
import { integerFlag, numberFlag } from "./number-flags.ts";

/** The flags that say what fails; those that were not set are missing. */
export interface RuleFlags {
  readonly config?: string;
  readonly targetHost?: readonly string[];
  readonly errorProbability?: number;
  readonly statusCode?: number;
  readonly errorBody?: string;
  /** Several of one name are several fields. */
  readonly headers?: readonly Header[];
  readonly closeAt?: NonNullable<SingleRule["closeAt"]>;
  readonly seed?: string;
  readonly report?: string;
  readonly caCert?: string;
  readonly caKey?: string;
}

/** Adds the flags to a command. Defaults stand in the help only, so that a file can fill what was not set. */
export function addRuleOptions(command: Command): Command {
  return command
    .optionsGroup("What fails:")
    .option(
      "--config <file>",
      "rules as YAML or JSON (docs/rules.md), or one rule as the old JSON, over which flags win",
    )
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
      ).choices(CLOSE_MOMENTS),
    )
    .addOption(
      new Option("--seed <seed>", "same seed, same failures (default: random, printed at start)").argParser(
        seedFlag,
      ),
    )
    .option(
      "--report <folder>",
      "write what happens to events.ndjson, and reports at the end (docs/rules.md)",
    )
    .option("--ca-cert <file>", "use this CA certificate (PEM), with --ca-key")
    .option("--ca-key <file>", "the key of --ca-cert (PEM)");
}

/** In `run --seed -- COMMAND` the seed is missing. */
function seedFlag(text: string): string {
  if (text === "--") throw new InvalidArgumentError("Expected a number or a text.");
  return text;
}

/** The one rule that the flags say; what they don't say is left out. */
export function singleRuleOf(flags: RuleFlags): SingleRule {
  const { targetHost: targetHosts, errorProbability, statusCode, errorBody, headers, closeAt, seed } = flags;
  const said = { targetHosts, errorProbability, statusCode, errorBody, headers, closeAt, seed };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function hostFlag(text: string): string {
  if (!/^(\*|(\*\.)?[\p{L}\p{N}._-]+|\[?[0-9a-f:.]+\]?)$/iu.test(text))
    throw new InvalidArgumentError(
      "Expected a host name without scheme, port or path, such as api.anthropic.com.",
    );
  return text.toLowerCase();
}

function headersFlag(text: string, before: readonly Header[] = []): readonly Header[] {
  if (text.trimStart().startsWith("{")) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new InvalidArgumentError("Expected a JSON object of header names and values.");
    }
    const fields = Object.entries(parsed as Record<string, unknown>).flatMap(([name, given]) =>
      (Array.isArray(given) ? given : [given]).map((value) => headerField(name, value)),
    );
    return [...before, ...fields];
  }
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError('Expected "name: value".');
  return [...before, headerField(text.slice(0, colon), text.slice(colon + 1).trim())];
}

/** A field whose name and value may be sent; the same name again makes another field. */
function headerField(name: string, value: unknown): Header {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw new InvalidArgumentError(
      `Expected a text, a number, true or false as the value of ${name}, or a list of them.`,
    );
  const field: Header = [name.toLowerCase(), String(value)];
  const fault = headerFault(field);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`);
  return field;
}

/** Why a header can't be sent, or undefined where it can (RFC 9110 section 5; the host takes ASCII only). */
function headerFault([name, value]: Header): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) return `"${name}" is no header name`;
  if (!/^[\t\x20-\x7e]*$/.test(value)) return `the value of ${name} holds control or non-ASCII characters`;
  return responseHeaderFault([name, value])?.replace(/^e/, "E");
}
