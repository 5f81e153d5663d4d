/** Flags that say two things that can't both be: refused, because one of them would be passed over in silence. */
import type { Command } from "commander";
import { UsageError } from "./usage-error.ts";

/** A flag that was given, and where its value matters, which. */
interface Given {
  readonly flag: string;
  readonly value?: string;
}

/** Flags that can't be given together, and why. */
interface Contradiction {
  readonly flags: readonly [Given, Given, ...Given[]];
  readonly why: string;
}

const closed: Given = { flag: "--intercept", value: "connection" };
const unseen = "requests in HTTPS that stays closed can't be answered";
const unverified = "the client verifies its upstream itself where HTTPS stays closed";
const everySeed = "--seeds says every seed by itself";
const noEndpoints = "without endpoints there is nothing to listen on";

const oneAnswers = "only one of them can answer for the targets";

const byPlugin: Given = { flag: "--connection-plugin" };
const pluginDecides = "the plugin has the rules, the CA and the reports";
/** Flags that say something to whoever decides. */
const decidersFlags = [
  "--config",
  "--target-host",
  "--error-probability",
  "--status-code",
  "--error-body",
  "--headers",
  "--close-at",
  "--seed",
  "--report",
  "--fail-on",
  "--ca-cert",
  "--ca-key",
  "--intercept",
  "--export-ca",
  "--install-ca",
  "--watch",
  "--record",
  "--replay",
  "--replay-or-pass",
];

/** Of every command; a command that has one of the flags not is not concerned. */
const contradictions: readonly Contradiction[] = [
  { flags: [closed, { flag: "--status-code" }], why: unseen },
  { flags: [closed, { flag: "--error-body" }], why: unseen },
  { flags: [closed, { flag: "--headers" }], why: unseen },
  { flags: [closed, { flag: "--upstream-ca" }], why: unverified },
  { flags: [closed, { flag: "--upstream-insecure" }], why: unverified },
  { flags: [closed, { flag: "--upstream-legacy" }], why: unverified },
  {
    flags: [{ flag: "--upstream-insecure" }, { flag: "--upstream-legacy" }],
    why: "where upstreams are not verified, any certificate is taken",
  },
  {
    flags: [{ flag: "--upstream-insecure" }, { flag: "--upstream-ca" }],
    why: "where upstreams are not verified, no CA is asked about them",
  },
  {
    flags: [{ flag: "--quiet" }, { flag: "--verbose" }],
    why: "one asks for fewer lines, the other for more",
  },
  {
    flags: [{ flag: "--real-upstream" }, { flag: "--mock-port" }],
    why: "with real upstreams there is no mock",
  },
  {
    flags: [{ flag: "--real-upstream" }, { flag: "--script" }],
    why: "with real upstreams there is no mock",
  },
  {
    flags: [{ flag: "--record" }, { flag: "--replay" }],
    why: "what a replay says was recorded before",
  },
  {
    flags: [{ flag: "--replay" }, { flag: "--replay-or-pass" }],
    why: "one of them answers 404 to what was never recorded, the other passes it on",
  },
  ...["--replay", "--replay-or-pass"].flatMap((flag) =>
    ["--mock", "--mock-port", "--real-upstream"].map(
      (other): Contradiction => ({ flags: [{ flag }, { flag: other }], why: oneAnswers }),
    ),
  ),
  {
    flags: [{ flag: "--replay-or-pass" }, { flag: "--upstream", value: "eager" }],
    why: "the real API is dialled only for a request that was never recorded",
  },
  { flags: [closed, { flag: "--record" }], why: "what is said in HTTPS that stays closed can't be recorded" },
  {
    flags: [{ flag: "--config" }, { flag: "--mix" }],
    why: "both are rules; a file may have a `mix` of its own",
  },
  { flags: [{ flag: "--seeds" }, { flag: "--seed" }], why: everySeed },
  { flags: [{ flag: "--seeds" }, { flag: "--repeat" }], why: everySeed },
  { flags: [{ flag: "--no-plugin" }, { flag: "--port" }], why: noEndpoints },
  { flags: [{ flag: "--no-plugin" }, { flag: "--client-port" }], why: noEndpoints },
  { flags: [{ flag: "--no-plugin" }, { flag: "--side" }], why: noEndpoints },
  { flags: [{ flag: "--no-plugin" }, { flag: "--host" }], why: noEndpoints },
  {
    flags: [{ flag: "--side", value: "server" }, { flag: "--client-port" }],
    why: "the client's side is not opened",
  },
  {
    flags: [{ flag: "--side", value: "client" }, { flag: "--client-port" }, { flag: "--port" }],
    why: "the server's side is not opened",
  },
  {
    flags: [byPlugin, { flag: "--upstream", value: "lazy" }],
    why: "the plugin says when upstreams are dialled",
  },
  {
    flags: [byPlugin, { flag: "--http2" }],
    why: "the plugin carries the connections, and speaks HTTP/1.1 in them",
  },
  ...decidersFlags.map((flag): Contradiction => ({ flags: [byPlugin, { flag }], why: pluginDecides })),
];

/**
 * Refuses what a command line contradicts itself in.
 *
 * @param command - After it was parsed. Only what was typed counts, not defaults.
 * @throws UsageError with both flags, the reason, and what to do.
 */
export function refuseContradictions(command: Command): void {
  const found = contradictions.find(({ flags }) => flags.every((given) => isGiven(command, given)));
  if (!found) return;
  const names = found.flags.map(({ flag, value }) => (value === undefined ? flag : `${flag} ${value}`));
  const [last, ...others] = names.toReversed();
  throw new UsageError(
    `${others.toReversed().join(", ")} and ${last} contradict each other: ${found.why}; take one of them away`,
  );
}

function isGiven(command: Command, { flag, value }: Given): boolean {
  const option = command.options.find(({ long }) => long === flag);
  if (!option) return false;
  const name = option.attributeName();
  if (command.getOptionValueSource(name) !== "cli") return false;
  const found: unknown = command.getOptionValue(name);
  // `--plugin` and `--no-plugin` are one value.
  if (option.negate) return found === false;
  return value === undefined || found === value;
}
