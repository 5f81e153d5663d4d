/** What every command that runs rules has in common: flags become a runtime; its end becomes a report and a status. */
import type { CertificateAuthority } from "@faultwire/cert-authority";
import { textReport } from "@faultwire/fault-engine";
import { openRuntime, type Runtime } from "@faultwire/runtime";
import { handOutAuthority } from "./authority.ts";
import { createLogger } from "./logger.ts";
import { singleRuleOf } from "./rule-options.ts";
import type { RuntimeFlags } from "./runtime-options.ts";
import { onHangup } from "./shutdown.ts";
import { UsageError, withFlag } from "./usage-error.ts";

/** A runtime that the flags asked for. */
export interface RunningRuntime extends Omit<Runtime, "close"> {
  readonly authority: CertificateAuthority;
  /** The CA certificate (PEM) that clients have to trust. */
  readonly caCertPath: string;
  /** Ends it, after its carriers; writes the reports, and sets the exit status where clients failed. */
  close(): Promise<void>;
}

/**
 * Opens what the flags say, and reads the rules again at SIGHUP.
 *
 * @param ownUpstream - Whether the upstream is the mock, which our own CA vouches for.
 * @throws UsageError, RuntimeError, CertificateAuthorityError: what the user has to mend.
 */
export async function startRuntime(flags: RuntimeFlags, ownUpstream: boolean): Promise<RunningRuntime> {
  const { caCert, caKey, config, report, upstreamCa = [], upstreamInsecure = false } = flags;
  if ((caCert === undefined) !== (caKey === undefined))
    throw new UsageError(
      "--ca-cert and --ca-key go together; give both, or neither to use Faultwire's own CA",
    );
  const logger = await createLogger(flags.logFormat, flags.verbose ?? false);
  const runtime = await openRuntime({
    rules: {
      ...(config !== undefined && { file: config }),
      single: singleRuleOf(flags),
      watch: flags.watch === true || flags.watch === "true",
    },
    authority: caCert !== undefined && caKey !== undefined ? { certificatePath: caCert, keyPath: caKey } : {},
    intercept: flags.intercept === "https",
    upstream: { caFiles: upstreamCa, ownCa: ownUpstream, insecure: upstreamInsecure },
    ...(report !== undefined && { report }),
    logger,
    trustRemedy: 'In the shell that starts it: eval "$(faultwire ca env)"',
  }).catch((error: unknown) => {
    throw withFlag(error, {
      "rules-unreadable": "--config",
      "upstream-ca-unusable": "--upstream-ca",
      "report-unwritable": "--report",
    });
  });
  const { rules, authority } = runtime;
  for (const line of await handOutAuthority(authority, flags)) process.stderr.write(`faultwire: ${line}\n`);
  if (report === undefined && rules.expectations.length > 0)
    logger.warn({ event: "no-report" }, "what the rules expect is judged with --report only");
  onHangup(() => void rules.reload("SIGHUP"));
  return {
    ...runtime,
    caCertPath: authority.certificatePath ?? "",
    async close() {
      const { title, expectations } = rules;
      const judgement = await runtime.close();
      if (!judgement) return;
      if (expectations.length > 0) process.stdout.write(`\n${textReport({ title, judgement })}`);
      if (!judgement.passed) process.exitCode = 1;
    },
  };
}
