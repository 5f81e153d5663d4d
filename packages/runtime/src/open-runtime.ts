/** What every app starts with: rules, the CA, the log, reports. */
import {
  CertificateAuthority,
  CertificateAuthorityError,
  type CertificateAuthorityOptions,
} from "@faultwire/cert-authority";
import { type EngineEvent, FaultEngine, type Judgement, type RuleSet } from "@faultwire/fault-engine";
import type { InterceptionOptions, SessionEvent } from "@faultwire/fault-session";
import type { Logger } from "pino";
import { type CarrierRuntime, carrierRuntime, type UpstreamTrust } from "./carrier-runtime.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { ConnectionLabel } from "./log-events.ts";
import { ReportFolder } from "./reports/report-folder.ts";
import { type FirstRules, firstRules, LiveRules, type RuleOptions } from "./rules/live-rules.ts";
import { certifiableHosts, defaultTargetHost, refusedRules } from "./rules/rule-sources.ts";
import { UsedUp } from "./rules/used-up.ts";
import { identitiesOf } from "./trust/identities.ts";
import { ownAuthorityKeys } from "./trust/own-authorities.ts";
import { readUpstreamCa } from "./trust/upstream-trust.ts";

/** How upstreams are verified. */
export interface UpstreamOptions {
  /** Files of CAs (PEM) that are trusted besides Node's. */
  readonly caFiles?: readonly string[];
  /** Whether our own CA vouches for upstreams, too: for a mock that has its certificates from it. Default false. */
  readonly ownCa?: boolean;
  /** Verifies nothing, which is logged loudly. Default false. */
  readonly insecure?: boolean;
  /**
   * Takes certificates that current clients refuse: without a subjectAltName, with RSA keys below 2048 bits, or with SHA-1 in a
   * signature. This is logged. Default false.
   */
  readonly legacy?: boolean;
}

/** What a runtime is opened with. */
export interface RuntimeOptions {
  /** Where rules come from; left out, there are none until `setRules`. */
  readonly rules?: RuleOptions;
  /**
   * A CA that is open, or which one to open; `{}` is Faultwire's own, which is made where there is none, unless the old
   * single-rule JSON names one. Left out, there is no CA, and HTTPS stays closed.
   */
  readonly authority?: CertificateAuthority | Omit<CertificateAuthorityOptions, "targets">;
  /**
   * Whether the CA has to be good for all the targets. Default true. With false, for targets that clients reach in clear, a CA
   * that is not for them is taken as it is; a new one that can't be constrained to them is made for Anthropic's API alone.
   */
  readonly targetsNeedCa?: boolean;
  /** Whether HTTPS to targets is opened with that CA. Default true. */
  readonly intercept?: boolean;
  /** How upstreams are verified. */
  readonly upstream?: UpstreamOptions;
  /** A folder for `events.ndjson` and reports; made where there is none. */
  readonly report?: string;
  /**
   * How a user lets all rules count anew: a sentence, which ends the line that says that a rule is used up. Left out, there
   * is no such line.
   */
  readonly anewRemedy?: string;
  /** Versions for the reports, by the name of the program. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Where log lines go. */
  readonly logger: Logger;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
  /** Takes every event of connections, requests and faults, at once. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Takes what sessions tell of connections, at once. */
  readonly onSessionEvent?: (event: SessionEvent, label: ConnectionLabel) => void;
  /** What a user does about a client that does not trust the CA: sentences, which end the warning. */
  readonly trustRemedy?: string;
}

/** What every app starts with. Give it to carriers, close them, then close it. */
export interface Runtime extends CarrierRuntime {
  /** The rules of file and single rule. */
  readonly rules: LiveRules;
  /** The CA that leaves are issued by; undefined where HTTPS stays closed. */
  readonly authority: CertificateAuthority | undefined;
  /**
   * Puts rules of the program's own into force, before those of the file; `null` takes them away.
   *
   * @throws RuntimeError `rules-refused`; the rules before stay in force.
   */
  setRules(rules: RuleSet | null): void;
  /** How often each rule in force was met and has struck; see `counts` of the engine. */
  counts(): ReturnType<FaultEngine["counts"]>;
  /**
   * Ends the reading of rules, and writes the reports.
   *
   * @returns what came of the expectations; `undefined` where there is no folder for reports.
   * @throws RuntimeError `report-unwritable`, `events-unusable`
   */
  close(): Promise<Judgement | undefined>;
}

/**
 * Reads rules, opens the CA and the folder of reports. Nothing of it keeps the process alive.
 *
 * @example
 * ```ts
 * const runtime = await openRuntime({ rules: { file: "faults.yaml" }, authority: {}, report: "out", logger });
 * const server = await startPluginServer({ runtime });
 * // …
 * await server.close();
 * const judgement = await runtime.close();
 * ```
 *
 * @throws RuntimeError what the user has to mend; CertificateAuthorityError the same of the CA.
 */
export async function openRuntime(
  options: RuntimeOptions & Required<Pick<RuntimeOptions, "authority">>,
): Promise<Runtime & { readonly authority: CertificateAuthority }>;
export async function openRuntime(options: RuntimeOptions): Promise<Runtime>;
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { logger, clock = systemClock, upstream = {} } = options;
  const first = await firstRules(options.rules);
  const authority = options.authority && (await authorityOf(options.authority, first, options.targetsNeedCa));
  const upstreamCa = await readUpstreamCa(upstream.caFiles ?? []);
  if (upstream.insecure)
    logger.warn(
      { event: "upstream-insecure" },
      "UPSTREAMS ARE NOT VERIFIED: whoever stands between here and there reads requests and keys",
    );
  if (upstream.legacy)
    logger.warn(
      { event: "upstream-legacy" },
      "certificates of upstreams are taken that current clients refuse: no subjectAltName, wildcards for a part of a label, RSA below 2048 bits, SHA-1",
    );
  const engine = new FaultEngine({ startedAtMs: clock.now(), ...(await headerReader(options.rules)) });
  const rules = new LiveRules(options.rules ?? {}, first, engine, logger);
  const folder = options.report === undefined ? undefined : await ReportFolder.open(options.report, logger);
  const { onEvent, onSessionEvent, trustRemedy } = options;
  const upstreamTrust: UpstreamTrust = {
    caPem: upstream.ownCa && authority ? [authority.certificatePem, ...upstreamCa] : upstreamCa,
    // The mock's certificates are our own CA's.
    distrusted: upstream.ownCa ? [] : await ownAuthorityKeys(authority?.certificatePem, upstreamCa),
    insecure: upstream.insecure ?? false,
    legacy: upstream.legacy ?? false,
  };
  const interception: InterceptionOptions | undefined =
    authority && options.intercept !== false
      ? { ...identitiesOf(authority), upstream: upstreamTrust }
      : undefined;
  const { anewRemedy } = options;
  const usedUp = anewRemedy === undefined ? undefined : new UsedUp(logger, () => engine.rules, anewRemedy);
  const shared = carrierRuntime({
    engine,
    logger,
    clock,
    upstreamTrust,
    ...(interception && { interception }),
    ...(trustRemedy !== undefined && { trustRemedy }),
    ...(onSessionEvent && { onSessionEvent }),
    onEvent(event) {
      usedUp?.take(event);
      folder?.record(event);
      onEvent?.(event);
    },
  });
  rules.onAnew = () => {
    usedUp?.beginAnew();
    shared.desk.forgetBudgets();
  };
  const stopWatching = options.rules?.watch === false ? undefined : rules.watch();
  return {
    ...shared,
    rules,
    authority,
    setRules(set) {
      try {
        engine.setRules("runtime", set);
      } catch (error) {
        throw refusedRules(error);
      }
    },
    counts: () => engine.counts(),
    close() {
      stopWatching?.();
      return folder
        ? folder.finish(rules.title, rules.expectations, rules.judging, {
            ...rules.facts,
            date: new Date(clock.wallNow?.() ?? Date.now()).toISOString(),
            versions: options.versions,
          })
        : Promise.resolve(undefined);
    },
  };
}

async function authorityOf(
  given: NonNullable<RuntimeOptions["authority"]>,
  { sources, ca }: FirstRules,
  targetsNeedCa = true,
): Promise<CertificateAuthority> {
  if (given instanceof CertificateAuthority) return given;
  const named = given.certificatePath === undefined && given.keyPath === undefined ? ca : null;
  const goodFor = (targets: readonly string[]): Promise<CertificateAuthority> =>
    CertificateAuthority.loadOrCreate({
      targets,
      ...(named && { certificatePath: named.cert, keyPath: named.key }),
      ...given,
    });
  try {
    return await goodFor(certifiableHosts(sources.targets));
  } catch (error) {
    if (targetsNeedCa || !(error instanceof CertificateAuthorityError)) throw error;
    // There is one, and it is not for these; or there is none, and none can be for these.
    if (error.code === "outside-constraint") return goodFor([]);
    if (error.code === "bad-target") return goodFor([defaultTargetHost]);
    throw error;
  }
}

/** What reads `x-faultwire` headers; a schema library comes with it, which a single rule does not need. */
async function headerReader(rules: RuleOptions | undefined): Promise<object> {
  if (rules && rules.file === undefined) return {};
  const { readHeaderFault } = await import("./rules/rule-file.ts");
  return { readHeader: readHeaderFault };
}
