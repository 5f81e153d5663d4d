/** What `serve` and `start` have in common: flags become rules, a CA, a policy and a running plugin server. */
import type { CertificateAuthority } from "@faultwire/cert-authority";
import { FaultEngine, textReport } from "@faultwire/fault-engine";
import { enginePolicy, type PluginServer, startPluginServer } from "@faultwire/plugin-server";
import type { Logger } from "pino";
import { openAuthority } from "./authority.ts";
import { DistrustWarnings } from "./distrust.ts";
import { identitiesOf } from "./identities.ts";
import { createLogger } from "./logger.ts";
import { ReportFolder } from "./reports/report-folder.ts";
import { firstRules, LiveRules } from "./rules/live-rules.ts";
import { certifiableHosts } from "./rules/rule-sources.ts";
import { type ServerFlags, sidesOf } from "./server-options.ts";
import { onHangup } from "./shutdown.ts";
import { readUpstreamCa } from "./upstream-trust.ts";
import { UsageError } from "./usage-error.ts";

/** A plugin server that runs, with all that belongs to it. */
export interface RunningPlugin {
  readonly rules: LiveRules;
  readonly logger: Logger;
  readonly authority: CertificateAuthority;
  /** The CA certificate (PEM) that clients have to trust. */
  readonly caCertPath: string;
  readonly server: PluginServer;
  /** What goes into `--grpc-plugin`, server side first. */
  readonly pluginUrls: readonly string[];
  /** Ends the server and what belongs to it; writes the reports, and sets the exit status where clients failed. */
  close(): Promise<void>;
}

/** The clock of rules, faults and events. */
const now = (): number => performance.now();

/**
 * Starts the plugin as the flags say.
 *
 * @param ownUpstream - Whether the upstream is the mock, which our own CA vouches for.
 * @throws UsageError, PluginServerError, CertificateAuthorityError: what the user has to mend.
 */
export async function startPlugin(flags: ServerFlags, ownUpstream: boolean): Promise<RunningPlugin> {
  if ((flags.caCert === undefined) !== (flags.caKey === undefined))
    throw new UsageError(
      "--ca-cert and --ca-key go together; give both, or neither to use Faultwire's own CA",
    );
  const first = await firstRules(flags);
  const logger = await createLogger(flags.logFormat, flags.verbose ?? false);
  const { caCert, caKey } = flags;
  const { authority, caCertPath, trustLines } = await openAuthority({
    own: caCert !== undefined && caKey !== undefined ? { cert: caCert, key: caKey } : (first.ca ?? undefined),
    hosts: certifiableHosts(first.sources.targets),
    exportTo: flags.exportCa,
    install: flags.installCa ?? false,
  });
  for (const line of trustLines) process.stderr.write(`faultwire: ${line}\n`);
  const upstreamCa = await readUpstreamCa(flags.upstreamCa ?? []);
  if (flags.upstreamInsecure)
    logger.warn(
      { event: "upstream-insecure" },
      "UPSTREAMS ARE NOT VERIFIED (--upstream-insecure): whoever stands between here and there reads requests and keys",
    );
  const readHeader =
    first.text === undefined ? undefined : (await import("./rules/rule-file.ts")).readHeaderFault;
  const engine = new FaultEngine({ startedAtMs: now(), ...(readHeader && { readHeader }) });
  const rules = new LiveRules(flags, first, engine, logger);
  const folder = flags.report === undefined ? undefined : await ReportFolder.open(flags.report, logger);
  if (folder === undefined && rules.expectations.length > 0)
    logger.warn({ event: "no-report" }, "what the rules expect is judged with --report only");
  const distrust = new DistrustWarnings(logger);
  const server = await startPluginServer({
    policy: enginePolicy({ engine, now, ...(folder && { onEvent: (event) => folder.record(event) }) }),
    logger,
    sides: sidesOf(flags.side),
    ...(flags.intercept === "https" && {
      intercept: {
        ...identitiesOf(authority),
        upstream: {
          caPem: ownUpstream ? [authority.certificatePem, ...upstreamCa] : upstreamCa,
          insecure: flags.upstreamInsecure ?? false,
        },
      },
    }),
    onEvent: (event) => {
      if (event.type === "untrusted") distrust.tell(event);
      else if (event.type === "silent") distrust.suspect(event);
    },
    host: flags.host,
    port: flags.port,
    ...(flags.clientPort === undefined ? {} : { clientPort: flags.clientPort }),
  });
  const stopWatching = flags.watch === true || flags.watch === "true" ? rules.watch() : undefined;
  onHangup(() => void rules.reload("SIGHUP"));
  return {
    rules,
    logger,
    authority,
    caCertPath,
    server,
    pluginUrls: server.endpoints.map(({ url }) => url),
    async close() {
      stopWatching?.();
      await server.close();
      if (folder) await report(folder, rules);
    },
  };
}

/** Writes the reports; the process ends with 1 where a client was not what is expected of it. */
async function report(folder: ReportFolder, rules: LiveRules): Promise<void> {
  const { title, expectations } = rules;
  const judgement = await folder.finish(title, expectations);
  if (expectations.length > 0) process.stdout.write(`\n${textReport({ title, judgement })}`);
  if (!judgement.passed) process.exitCode = 1;
}
