/** A proxy with rules, a CA and a log of its own, for one test. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  /** What the rules and requests told, of one kind. */
  readonly told: <T extends EngineEvent["type"]>(type: T) => Extract<EngineEvent, { type: T }>[];
}

/** Targets of the rules in tests. */
export const targets = ["api.test", "other.test"] as const;

/**
 * @param rules - The `rules:` of a file, YAML in one line; none unless given.
 * @param settings - Of the proxy; made with the runtime where they need its CA.
 */
export async function runProxy(
  rules = "[]",
  settings: ProxySettings | ((runtime: Runtime) => Promise<ProxySettings>) = {},
): Promise<ProxyUnderTest> {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const folder = mkdtempSync(join(tmpdir(), "faultwire-proxy-"));
  const file = join(folder, "faults.yaml");
  writeFileSync(file, `version: 1\ntargets: [${targets.join(", ")}]\nrules: ${rules}\n`);
  const events: EngineEvent[] = [];
  const runtime = await openRuntime({
    rules: { file, watch: false },
    authority: { directory: join(folder, "home") },
    upstream: { ownCa: true },
    logger,
    onEvent: (event) => events.push(event),
  });
  const proxy = await startProxy({
    runtime,
    port: 0,
    ...(typeof settings === "function" ? await settings(runtime) : settings),
  });
  onTestFinished(async () => {
    await proxy.close(0);
    await runtime.close();
    rmSync(folder, { recursive: true });
  });
  return {
    proxy,
    runtime,
    caPem: runtime.authority.certificatePem,
    caPath: runtime.authority.certificatePath ?? "",
    logged: (event) => lines.filter((line) => line["event"] === event),
    told: <T extends EngineEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type),
  };
}
