/** What every command that runs rules has in common: flags become a runtime; its end becomes a report and a status. */
import type { CertificateAuthority } from "@faultwire/cert-authority";
import { statusOf, textReport } from "@faultwire/fault-engine";
import { openRuntime, type Runtime } from "@faultwire/runtime";
import type { Logger } from "pino";
import { handOutAuthority, ownCaOf } from "./authority.ts";
import { letHeapGrow } from "./heap-growth.ts";
import { createLogger, logFormatOf } from "./logger.ts";
import { versions } from "./report-versions.ts";
import { singleRuleOf } from "./rule-options.ts";
import type { RuntimeFlags } from "./runtime-options.ts";
import { onHangup } from "./shutdown.ts";
import { summaryText } from "./traffic/summary-text.ts";
import { standardError } from "./traffic/terminal.ts";
import { Traffic, type TrafficListener } from "./traffic/traffic.ts";
import { trafficLines } from "./traffic/traffic-lines.ts";
import { trafficLog } from "./traffic/traffic-log.ts";
import { runtimeFlags, UsageError, withFlag } from "./usage-error.ts";

/** What a command may want otherwise. */
export interface StartRuntimeOptions {
  /** As of the runtime's options. */
  readonly targetsNeedCa?: boolean;
}

/** A runtime that the flags asked for. */
export interface RunningRuntime extends Omit<Runtime, "close"> {
  readonly authority: CertificateAuthority;
  /** The CA certificate (PEM) that clients have to trust. */
  readonly caCertPath: string;
  /** What has come by so far. */
  readonly traffic: Traffic;
  /**
   * Ends it, after its carriers; prints the summary, writes the reports, and sets the exit status where clients failed.
   *
   * @param hasServed - Whether anybody could come by. Default true; without it nothing is printed, for an error is what the
   * user has to read.
   */
  close(hasServed?: boolean): Promise<void>;
}

/**
 * Opens what the flags say, and reads the rules again at SIGHUP.
 *
 * @param ownUpstream - Whether the upstream is the mock, which our own CA vouches for.
 * @throws UsageError, RuntimeError, CertificateAuthorityError: what the user has to mend.
 */
export async function startRuntime(
  flags: RuntimeFlags,
  ownUpstream: boolean,
  { targetsNeedCa = true }: StartRuntimeOptions = {},
): Promise<RunningRuntime> {
  const { config, report, quiet = false, upstreamCa = [], upstreamInsecure = false } = flags;
  const { upstreamLegacy = false } = flags;
  const ownCa = ownCaOf(flags);
  letHeapGrow();
  const logger = await createLogger(flags, !quiet);
  const traffic = new Traffic(quiet ? undefined : listenerOf(flags, logger));
  const runtime = await openRuntime({
    rules: {
      ...(config !== undefined && { file: config }),
      single: singleRuleOf(flags),
      watch: flags.watch === true || flags.watch === "true",
    },
    authority: ownCa ?? {},
    targetsNeedCa,
    intercept: flags.intercept === "https",
    upstream: { caFiles: upstreamCa, ownCa: ownUpstream, insecure: upstreamInsecure, legacy: upstreamLegacy },
    ...(report !== undefined && { report }),
    logger,
    versions,
    // Windows has no such signal.
    anewRemedy:
      process.platform === "win32"
        ? "Start Faultwire again to count anew."
        : `To count anew: kill -HUP ${process.pid}`,
    onEvent: traffic.onEvent,
    onSessionEvent: traffic.onSessionEvent,
    trustRemedy: 'In the shell that starts it: eval "$(faultwire ca env)"',
  }).catch((error: unknown) => {
    throw withFlag(error, runtimeFlags);
  });
  const { rules, authority } = runtime;
  const unused = (flags.targetHost ?? []).filter((host) => !rules.sources.targets.includes(host));
  if (unused.length > 0)
    throw new UsageError(
      `--target-host ${unused.join(", ")} has no effect: ${config} names its targets itself ` +
        `(${rules.sources.targets.join(", ")}); add it there, or take the flag away`,
    );
  for (const line of await handOutAuthority(authority, flags)) process.stderr.write(`faultwire: ${line}\n`);
  if (report === undefined && rules.expectations.length > 0)
    logger.warn({ event: "no-report" }, "what the rules expect is judged with --report only");
  onHangup(() => void rules.reload("SIGHUP"));
  return {
    ...runtime,
    traffic,
    caCertPath: authority.certificatePath ?? "",
    async close(hasServed = true) {
      if (!hasServed) {
        await runtime.close();
        return;
      }
      const { title, sources } = rules;
      const counts = runtime.counts();
      const summary = summaryText({ tally: traffic.tally, counts, targets: sources.targets });
      process.stdout.write(`\n${summary}`);
      const judgement = await runtime.close();
      if (!judgement) return;
      process.stdout.write(`\n${textReport({ title, judgement })}`);
      // Somebody who only looks around, and makes no request, has done nothing wrong.
      if (statusOf(judgement, flags.failOn) === 1) process.exitCode = 1;
    },
  };
}

/** Lines beside a log for people; in a log for programs, objects. */
function listenerOf(flags: RuntimeFlags, logger: Logger): TrafficListener {
  if (logFormatOf(flags) === "json") return trafficLog(logger);
  return trafficLines(standardError());
}
