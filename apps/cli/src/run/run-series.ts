/** The runs of one `faultwire run`: one, or one for each seed. */
import { join } from "node:path";
import { writeCount } from "@faultwire/fault-engine/internal";
import type { RuleOptions } from "@faultwire/runtime";
import { standardInput } from "@faultwire/runtime/internal";
import type { Logger } from "pino";
import { ownCaOf } from "../authority.ts";
import type { RunFlags } from "../commands/run.ts";
import { mixText } from "../mix-flag.ts";
import { mockSettings } from "../mock-options.ts";
import { recordingSettings } from "../recording-options.ts";
import { versions } from "../report-versions.ts";
import { singleRuleOf } from "../rule-options.ts";
import { UsageError } from "../usage-error.ts";
import type { WorldOptions } from "./open-world.ts";
import { listenForSignals, SignalPasser } from "./pass-signals.ts";
import { RunLines } from "./run-lines.ts";
import { runOnce, type SignalTarget } from "./run-once.ts";
import { lineOfSeed, type SeedRow, seedTable, tellingRow } from "./seed-table.ts";
import { repeatedSeeds } from "./seeds.ts";
import { verdictOfRun, wasSeen } from "./status-of-run.ts";
import { tellRun, tellStart } from "./tell-run.ts";
import { roundLine } from "./tell-sightings.ts";

/**
 * Runs a command as the flags say.
 *
 * @returns the exit status: that of {@link tellingRow}, or 0.
 * @throws UsageError, RuntimeError, CertificateAuthorityError, ProxyError: what the user has to mend.
 */
export async function runSeries(
  command: readonly [program: string, ...args: string[]],
  flags: RunFlags,
): Promise<number> {
  if (flags.config === standardInput)
    throw new UsageError("--config -: standard input is that of the program that runs; name a file");
  if (flags.mix !== undefined) {
    const { expectKnownMix } = await import("../known-mix.ts");
    expectKnownMix(flags.mix);
  }
  const settings = await mockSettings(flags, flags.mock ?? false, "give --mock");
  const mock = flags.mock ? settings : undefined;
  const lines = new RunLines({
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    logFormat: flags.logFormat,
  });
  const logger = await lines.logger();
  let target: SignalTarget | undefined;
  /** What came while there was no command to pass it to. */
  let early: NodeJS.Signals | undefined;
  const passer = new SignalPasser({
    pass(signal) {
      if (target) target.pass(signal);
      else early = signal;
    },
    // Without a command to hurry there are reports to be written at the most.
    hurry: (signal) => (target ? target.hurry(signal) : process.exit(130)),
  });
  listenForSignals(passer);
  const isIntercepted = flags.intercept === "https";
  const runs = flags.seeds?.length ?? flags.repeat ?? 1;
  const seeds = flags.seeds ?? repeatedSeeds(await firstSeed(flags), runs);
  const isSeries = seeds.length > 1;
  const rows: SeedRow[] = [];
  for (const seed of seeds) {
    // A signal has asked for an end: no other run is to begin.
    if (passer.askedBy !== undefined) break;
    const outcome = await runOnce({
      world: { ...worldOf(flags, seed, isSeries, logger), mock, listener: lines.trafficListener(logger) },
      command,
      timeoutMs: flags.timeout,
      askedBy: () => passer.askedBy,
      baseUrls: flags.baseUrl ?? false,
      watched: {
        upstreams: new Set(Object.values(flags.resolve ?? {})),
        onFound: (found) => lines.say(roundLine(found)),
      },
      onReady(world, notes) {
        if (rows.length === 0)
          tellStart(lines, world, {
            config: flags.config,
            hasDefaultMix: hasDefaultMix(flags),
            recordsOnly: recordsOnly(flags),
            notes,
          });
        if (isSeries) lines.say(`seed ${seed}:`);
      },
      onRunning(running) {
        target = running;
        if (early !== undefined) running?.pass(early);
        early = undefined;
      },
    });
    const verdict = verdictOfRun(outcome, {
      isIntercepted,
      failOn: flags.failOn,
      hasDefaultMix: hasDefaultMix(flags),
      recordsOnly: recordsOnly(flags),
    });
    const { judgement } = outcome;
    rows.push({ seed, status: verdict.status, judgement });
    tellRun(lines, outcome, {
      verdict,
      isUnseen: !wasSeen(outcome, isIntercepted),
      isSeries,
      isMix: mixOf(flags).builtIn !== undefined,
    });
    // A command that can't be started can't be started under another seed either.
    if (outcome.end.kind === "not-started") break;
  }
  const failed = tellingRow(rows);
  if (isSeries) {
    lines.say(["", ...seedTable(rows)].join("\n"));
    if (rows.length < seeds.length)
      lines.say(`not run any more: ${writeCount(seeds.length - rows.length, "seed")}`);
    if (failed)
      lines.paste(`seed ${failed.seed} again:`, lineOfSeed(flagWords(command), command, failed.seed));
  }
  return failed?.status ?? 0;
}

/** What stands between `run` and the command. */
function flagWords(command: readonly string[]): readonly string[] {
  const words = process.argv.slice(3);
  const flags = words.slice(0, words.length - command.length);
  return flags.at(-1) === "--" ? flags.slice(0, -1) : flags;
}

/** The seed of the only run, or of the first: that of the flag, of the rule file, or a new one. */
async function firstSeed({ seed, config }: RunFlags): Promise<number | string> {
  if (seed !== undefined) return seed;
  if (config === undefined) return randomSeed();
  const { seedOfFile } = await import("./seed-of-file.ts");
  return seedOfFile(config);
}

/** What the flags say, under one seed. */
function worldOf(flags: RunFlags, seed: string, isOneOfSeveral: boolean, logger: Logger): WorldOptions {
  const { config, report, upstreamCa = [], upstreamInsecure = false, upstreamLegacy = false } = flags;
  const folder = report !== undefined && isOneOfSeveral ? join(report, `seed-${fileName(seed)}`) : report;
  const { seed: _, ...failure } = singleRuleOf(flags);
  return {
    runtime: {
      rules: {
        ...(config !== undefined && { file: config }),
        ...mixOf(flags),
        single: { ...failure, ...(recordsOnly(flags) && { errorProbability: 0 }), seed },
        // A run is one measurement: rules that change in its middle would make two of it.
        watch: false,
      },
      intercept: flags.intercept === "https",
      upstream: { caFiles: upstreamCa, insecure: upstreamInsecure, legacy: upstreamLegacy },
      ...(folder !== undefined && { report: folder }),
      versions,
      logger,
    },
    ownCa: ownCaOf(flags),
    recording: recordingSettings(flags),
    upstreamProxy: flags.upstreamProxy,
    http2: flags.http2,
    ...(flags.resolve && { resolve: flags.resolve }),
  };
}

/** The mix that is asked for, or the default one. */
function mixOf(flags: RunFlags): Pick<RuleOptions, "builtIn"> {
  const mix = flags.mix ?? (hasDefaultMix(flags) ? "gentle" : undefined);
  return mix === undefined ? {} : { builtIn: { title: `mix ${mix}`, text: mixText(mix) } };
}

/** Whether the gentle mix stands in, because nothing says what is to fail. Who records wants the API's own answers. */
const hasDefaultMix = (flags: RunFlags): boolean => flags.record === undefined && saysNoFailure(flags);

/** Whether the run records, and does nothing else. */
const recordsOnly = (flags: RunFlags): boolean => flags.record !== undefined && saysNoFailure(flags);

function saysNoFailure(flags: RunFlags): boolean {
  const { seed: _seed, targetHosts: _hosts, ...failure } = singleRuleOf(flags);
  return flags.mix === undefined && flags.config === undefined && Object.keys(failure).length === 0;
}

/** A seed as a part of a file's name. */
const fileName = (seed: string): string => seed.replaceAll(/[^\w.-]/g, "_");

const randomSeed = (): string => String(Math.floor(Math.random() * 2 ** 32));
