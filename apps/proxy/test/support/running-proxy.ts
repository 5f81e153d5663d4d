/** A proxy with rules, a CA and a log of its own, for one test. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionEvent } from "@faultwire/fault-session";
import { openRuntime, type Runtime, type RuntimeOptions } from "@faultwire/runtime";
import pino from "pino";
import { onTestFinished } from "vitest";
import { type ProxySettings, type RunningProxy, startProxy } from "../../src/index.ts";

type EngineEvent = Parameters<NonNullable<RuntimeOptions["onEvent"]>>[0];

export interface ProxyUnderTest {
  readonly proxy: RunningProxy;
  readonly runtime: Runtime;
  /** The CA that clients have to trust; it vouches for upstreams as well. */
  readonly caPem: string;
  readonly caPath: string;
  /** Lines of the log with this event. */
  readonly logged: (event: string) => Record<string, unknown>[];
  /** What sessions told. */
  readonly seen: readonly SessionEvent[];
  /** All that the rules and requests told. */
  readonly events: readonly EngineEvent[];
  /** What the rules and requests told, of one kind. */
  readonly told: <T extends EngineEvent["type"]>(type: T) => Extract<EngineEvent, { type: T }>[];
}

/** Targets of the rules in tests. */
export const targets = ["api.test", "other.test"] as const;

/**
 * @param rules - The `rules:` of a file, YAML in one line; none unless given.
 * @param settings - Of the proxy; made with the runtime where they need its CA.
 * @param upstreamCaPem - A CA that vouches for upstreams besides the proxy's own, which is for targets alone.
 * @param clock - The machine's unless given.
 * @param upstream - How upstreams are verified, besides.
 * @param names - Targets, for which the CA may have certificates.
 */
export async function runProxy(
  rules = "[]",
  settings: ProxySettings | ((runtime: Runtime) => Promise<ProxySettings>) = {},
  upstreamCaPem?: string,
  clock?: RuntimeOptions["clock"],
  upstream: RuntimeOptions["upstream"] = {},
  names: readonly string[] = targets,
): Promise<ProxyUnderTest> {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const folder = mkdtempSync(join(tmpdir(), "faultwire-proxy-"));
  // What was begun ends with the test also where the next step is refused; the last begun is the first ended.
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "faults.yaml");
  writeFileSync(file, `version: 1\ntargets: [${names.join(", ")}]\nrules: ${rules}\n`);
  const caFile = join(folder, "upstream-ca.pem");
  if (upstreamCaPem !== undefined) writeFileSync(caFile, upstreamCaPem);
  const events: EngineEvent[] = [];
  const seen: SessionEvent[] = [];
  const runtime = await openRuntime({
    rules: { file, watch: false },
    authority: { directory: join(folder, "home") },
    upstream: { ownCa: true, ...upstream, ...(upstreamCaPem !== undefined && { caFiles: [caFile] }) },
    logger,
    ...(clock && { clock }),
    onEvent: (event) => events.push(event),
    onSessionEvent: (event) => seen.push(event),
  });
  onTestFinished(async () => void (await runtime.close()));
  const proxy = await startProxy({
    runtime,
    port: 0,
    ...(typeof settings === "function" ? await settings(runtime) : settings),
  });
  onTestFinished(async () => void (await proxy.close(0)));
  return {
    proxy,
    runtime,
    caPem: runtime.authority.certificatePem,
    caPath: runtime.authority.certificatePath ?? "",
    seen,
    logged: (event) => lines.filter((line) => line["event"] === event),
    events,
    told: <T extends EngineEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type),
  };
}
