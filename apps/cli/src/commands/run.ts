/** `faultwire run`: runs a program, makes its calls to targets fail, and says how it coped. */
import type { FailOn } from "@faultwire/fault-engine";
import { Command, Option } from "commander";
import { failOnOption } from "../fail-on-option.ts";
import { type Http2Flags, http2Option } from "../http2-option.ts";
import { mixFlag } from "../mix-flag.ts";
import { addMockOptions, type MockFlags } from "../mock-options.ts";
import { integerFlag } from "../number-flags.ts";
import { addRecordingOptions, type RecordingFlags } from "../recording-options.ts";
import { resolveOption } from "../resolve-option.ts";
import { addRuleOptions, type RuleFlags } from "../rule-options.ts";
import { durationFlag } from "../run/duration-flag.ts";
import { maxSeeds, seedsFlag } from "../run/seeds.ts";
import { addOpeningOptions, type OpeningFlags } from "../runtime-options.ts";
import { upstreamProxyOption } from "../upstream-proxy-setting.ts";

/** The flags of `run` as commander gives them. */
export interface RunFlags extends RuleFlags, OpeningFlags, MockFlags, RecordingFlags, Http2Flags {
  readonly mix?: string;
  readonly mock?: boolean;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly upstreamProxy: string;
  readonly baseUrl?: boolean;
  readonly repeat?: number;
  readonly seeds?: readonly string[];
  readonly timeout?: number;
  readonly failOn: FailOn;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logFormat?: "pretty" | "json";
}

/** The subcommand `run`. The exit status is that of the command; docs/run.md has the others. */
export function runCommand(): Command {
  const command = new Command("run")
    .summary("run a program, make its calls fail, and say how it coped")
    .description(
      "Runs a command with a proxy of its own: its calls to targets fail as the rules say, and all else passes. The command " +
        "has this terminal, standard input and output, and its exit status becomes that of `run`. Nothing of ours is left behind. Put " +
        "`--` before the command.",
    )
    .usage("[options] -- <command> [arguments...]")
    .argument("<command...>", "the program and its arguments")
    // What stands behind the command is its own, also without `--`.
    .passThroughOptions();
  addRuleOptions(command).addOption(
    new Option(
      "--mix <name>",
      "ready-made rules in place of --config: gentle (the default), realistic, brutal, or a provider's, such as openai/bursts (`check --list` names them)",
    ).argParser(mixFlag),
  );
  addOpeningOptions(command)
    .addOption(resolveOption())
    .addOption(http2Option())
    .addOption(upstreamProxyOption());
  addRecordingOptions(command)
    .optionsGroup("The run:")
    .option("--mock", "a mock API on this machine answers for the targets, in place of the real one")
    .option(
      "--base-url",
      "lead SDKs by their base URLs (ANTHROPIC_BASE_URL, OPENAI_BASE_URL, …), for programs that follow no proxy",
    )
    .addOption(
      new Option("--repeat <times>", "run the command so often, each time under the next seed").argParser(
        integerFlag(1, maxSeeds),
      ),
    )
    .addOption(
      new Option("--seeds <seeds>", "run it under each of these: 1..20, or 1,2,5").argParser(seedsFlag),
    )
    .addOption(
      new Option("--timeout <duration>", "end it when it runs longer: 90s, 5m; exit status 124").argParser(
        durationFlag,
      ),
    )
    .addOption(failOnOption())
    .option("-q, --quiet", "say nothing but why the exit status is not that of the command")
    .option("--verbose", "log every connection, not just what failed")
    .addOption(
      new Option("--log-format <format>", "write the log as JSON lines, or pretty with times").choices([
        "pretty",
        "json",
      ]),
    );
  return addMockOptions(command).action(async (words: readonly string[], flags: RunFlags) => {
    const [program = "", ...args] = words;
    const { runSeries } = await import("../run/run-series.ts");
    process.exitCode = await runSeries([program, ...args], flags);
  });
}
