/** What `serve` and `start` have in common: flags become settings, a CA, a policy and a running plugin server. */
import type { CertificateAuthority } from "@faultwire/cert-authority";
import { type PluginServer, singleRulePolicy, startPluginServer } from "@faultwire/plugin-server";
import type { Logger } from "pino";
import { openAuthority } from "./authority.ts";
import { createLogger } from "./logger.ts";
import { type RuleSettings, ruleSettings } from "./rule-options.ts";
import { type ServerFlags, sidesOf } from "./server-options.ts";

export interface RunningPlugin {
  readonly settings: RuleSettings;
  readonly logger: Logger;
  readonly authority: CertificateAuthority;
  /** The CA certificate (PEM) that clients have to trust. */
  readonly caCertPath: string;
  readonly server: PluginServer;
  /** What goes into `--grpc-plugin`, server side first. */
  readonly pluginUrls: readonly string[];
}

/** Starts the plugin as the flags say. @throws UsageError, PluginServerError, CertificateAuthorityError: one line each. */
export async function startPlugin(flags: ServerFlags): Promise<RunningPlugin> {
  const settings = ruleSettings(flags);
  const logger = createLogger(flags.logFormat, flags.verbose ?? false);
  const { authority, caCertPath, trustLines } = await openAuthority(settings, {
    exportTo: flags.exportCa,
    install: flags.installCa ?? false,
  });
  for (const line of trustLines) process.stderr.write(`faultwire: ${line}\n`);
  const server = await startPluginServer({
    policy: singleRulePolicy(settings.rule),
    logger,
    sides: sidesOf(flags.side),
    host: flags.host,
    port: flags.port,
    ...(flags.clientPort === undefined ? {} : { clientPort: flags.clientPort }),
  });
  return {
    settings,
    logger,
    authority,
    caCertPath,
    server,
    pluginUrls: server.endpoints.map(({ url }) => url),
  };
}

/** What fails, in a line for people. */
export function describeRule({ rule }: RuleSettings): string {
  const share = `${Number((rule.errorProbability * 100).toFixed(3))} %`;
  return `${share} of what goes to ${rule.targetHosts.join(", ")}: HTTPS closed at ${rule.closeAt}, plain HTTP answered with ${rule.statusCode}; seed ${rule.seed}`;
}
