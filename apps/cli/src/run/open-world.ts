/** What a command runs in: rules, a CA, a proxy on a free port, and a mock API where one is asked for. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CertificateAuthority,
  CertificateAuthorityError,
  type TrustFiles,
  writeTrustFiles,
} from "@faultwire/cert-authority";
import { trustFolder } from "@faultwire/cert-authority/internal";
import type { EngineEvent, Judgement } from "@faultwire/fault-engine";
import type { ProxySettings } from "@faultwire/proxy";
import { openRuntime, type Runtime, type RuntimeOptions } from "@faultwire/runtime";
import { certifiableHosts } from "@faultwire/runtime/internal";
import type { OwnCa } from "../authority.ts";
import type { MockSettings } from "../mock-options.ts";
import { openStack, type Stack } from "../stack/open-stack.ts";
import type { RecordingSettings } from "../stack/recording.ts";
import { Traffic, type TrafficListener } from "../traffic/traffic.ts";
import { runtimeFlags, withFlag } from "../usage-error.ts";
import { Refusals } from "./refusals.ts";

/** What is opened. */
export interface WorldOptions {
  /** Rules, reports and log. The CA is opened here. */
  readonly runtime: Omit<RuntimeOptions, "authority" | "upstream" | "onEvent" | "onSessionEvent"> & {
    readonly upstream?: {
      readonly caFiles?: readonly string[];
      readonly insecure?: boolean;
      readonly legacy?: boolean;
    };
    readonly onEvent?: (event: EngineEvent) => void;
  };
  readonly ownCa?: OwnCa | undefined;
  /** Who hears of each request; left out, they are counted only. */
  readonly listener?: TrafficListener | undefined;
  /** As `--upstream-proxy` says it. */
  readonly upstreamProxy?: string;
  /** As `--http2` says it. */
  readonly http2?: ProxySettings["http2"];
  /** What a mock is told that answers for the targets, in place of the real APIs; left out, there is none. */
  readonly mock?: MockSettings | undefined;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly recording?: RecordingSettings;
}

/** A runtime with a CA. */
type TrustedRuntime = Runtime & { readonly authority: CertificateAuthority };

/** What is there now. */
export interface World {
  readonly runtime: Runtime;
  readonly proxy: Stack["proxy"];
  readonly mock: Stack["mock"];
  /** As of a stack. */
  readonly recordingStopped: Stack["recordingStopped"];
  readonly replayed: Stack["replayed"];
  /** What was never recorded goes on to the real API. */
  readonly passes: boolean;
  /** What has come by so far. */
  readonly traffic: Traffic;
  readonly refusals: Refusals;
  /** Files that make a program trust the CA. */
  readonly trust: TrustFiles;
  /** The CA was made for this run alone, because the one that is there does not permit the targets. */
  readonly hasOwnCa: boolean;
  /**
   * Ends it, and deletes what was written for this run alone.
   *
   * @returns the judgement that the reports hold; undefined where there is no folder for reports.
   */
  close(): Promise<Judgement | undefined>;
}

/**
 * Opens it.
 *
 * @throws RuntimeError, UsageError, CertificateAuthorityError, ProxyError: what the user has to mend.
 */
export async function openWorld(options: WorldOptions): Promise<World> {
  const traffic = new Traffic(options.listener);
  const refusals = new Refusals();
  const { runtime, hasOwnCa } = await runtimeFor(options, traffic, refusals);
  const { authority } = runtime;
  const folder =
    authority.directory === undefined ? await mkdtemp(join(tmpdir(), "faultwire-run-")) : undefined;
  const deleteFolder = (): void => {
    process.off("exit", deleteFolder);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  // Also where a user in a hurry ends us before the end.
  process.once("exit", deleteFolder);
  let judgement: Judgement | undefined;
  try {
    const trust = await writeTrustFiles(authority, folder ?? (await trustFolder(authority.directory ?? ".")));
    const stack = await openStack({
      runtime: {
        ...runtime,
        caCertPath: trust.certificate,
        async close() {
          judgement = await runtime.close();
        },
      },
      ...(options.upstreamProxy !== undefined && { upstreamProxy: options.upstreamProxy }),
      proxy: {
        port: 0,
        ...(options.http2 && { http2: options.http2 }),
        ...(options.resolve && { resolve: options.resolve }),
      },
      ...(options.mock && { mock: { ...options.mock, port: 0 } }),
      ...(options.recording && { recording: options.recording }),
    });
    return {
      runtime,
      proxy: stack.proxy,
      mock: stack.mock,
      recordingStopped: stack.recordingStopped,
      replayed: stack.replayed,
      passes: options.recording?.replay?.unrecorded === "pass",
      traffic,
      refusals,
      trust,
      hasOwnCa,
      async close() {
        try {
          await stack.close();
          return judgement;
        } finally {
          deleteFolder();
        }
      },
    };
  } catch (error) {
    deleteFolder();
    throw error;
  }
}

/** The runtime, with the CA of Faultwire's home, or with one for this run alone where that is not for these targets. */
async function runtimeFor(
  options: WorldOptions,
  traffic: Traffic,
  refusals: Refusals,
): Promise<{ readonly runtime: TrustedRuntime; readonly hasOwnCa: boolean }> {
  const { onEvent, upstream } = options.runtime;
  const given: RuntimeOptions = {
    ...options.runtime,
    upstream: { ...upstream, ownCa: options.mock !== undefined || options.recording?.replay !== undefined },
    onEvent(event) {
      traffic.onEvent(event);
      if (event.type === "request") refusals.takeRequest(event.client);
      onEvent?.(event);
    },
    onSessionEvent(event) {
      traffic.onSessionEvent(event);
      refusals.take(event);
    },
  };
  const open = (authority: NonNullable<RuntimeOptions["authority"]>): Promise<TrustedRuntime> =>
    openRuntime({ ...given, authority }).catch((error: unknown) => {
      throw withFlag(error, runtimeFlags);
    });
  try {
    return { runtime: await open(options.ownCa ?? {}), hasOwnCa: false };
  } catch (error) {
    const isOutside = error instanceof CertificateAuthorityError && error.code === "outside-constraint";
    if (!isOutside || options.ownCa !== undefined) throw error;
    const authority = await CertificateAuthority.ephemeral({ targets: await targetsOf(given) });
    return { runtime: await open(authority), hasOwnCa: true };
  }
}

/** The targets that rules name, as certificates can stand for them. */
async function targetsOf({ rules = {}, logger }: RuntimeOptions): Promise<readonly string[]> {
  const silent = logger.child({}, { level: "silent" });
  const reader = await openRuntime({ rules: { ...rules, watch: false }, logger: silent });
  await reader.close();
  return certifiableHosts(reader.rules.sources.targets);
}
