/** One run of a command under one seed: from the start of the proxy to the judgement. */
import { randomUUID } from "node:crypto";
import { type EngineEvent, type Expectation, type Judgement, judge } from "@faultwire/fault-engine";
import { exitEvent } from "@faultwire/fault-engine/internal";
import { baseUrlApis } from "@faultwire/proxy/internal";
import { runEnvironment } from "@faultwire/run-environment";
import { exactHosts } from "@faultwire/runtime/internal";
import { after } from "@faultwire/timers";
import { outcomePath, outcomeVariable } from "../stack/outcome-route.ts";
import type { Tally } from "../traffic/tally.ts";
import { startChild } from "./child.ts";
import { writeMs } from "./duration-flag.ts";
import type { ChildEnd } from "./exit-status.ts";
import { hookFiles } from "./hook-files.ts";
import { namesByAddress } from "./name-addresses.ts";
import { openWorld, type World, type WorldOptions } from "./open-world.ts";
import type { SignalPasser } from "./pass-signals.ts";
import type { ProcessRow } from "./process-table.ts";
import { processesOfRun, runVariable, TreeEnder } from "./process-tree.ts";
import type { Refusal } from "./refusals.ts";
import { underWay } from "./under-way.ts";
import { canLook, RoundWatcher, type Watched, type WentRound } from "./went-round.ts";

/** Limits of a run. */
export const runLimits = {
  /** Events that are kept for the judgement; later ones are in the report's log alone. Against a run of days. */
  maxEvents: 500_000,
  /** How long a program that was told to end by SIGTERM has until SIGKILL, in ms. */
  killAfterMs: 5000,
} as const;

/** What is run. */
export interface RunOnceOptions {
  readonly world: WorldOptions;
  readonly command: readonly [program: string, ...args: string[]];
  readonly timeoutMs: number | undefined;
  /** The signal that has asked us to end, and the command with us; `undefined` without one. */
  readonly askedBy: () => NodeJS.Signals | undefined;
  /** Whether SDKs are led to the proxy by their base URLs as well. */
  readonly baseUrls: boolean;
  /** Upstreams that the command should reach through the proxy alone, and who is told where it doesn't. */
  readonly watched: Omit<Watched, "ports">;
  /** In place of the one of {@link runLimits}. */
  readonly maxEvents?: number;
  /** Called when all listens, before the command starts; `notes` are sentences about the command's environment. */
  readonly onReady: (world: World, notes: readonly string[]) => void;
  /** Called with what signals are to act upon; `undefined` when the command has ended. */
  readonly onRunning: (target: SignalTarget | undefined) => void;
}

/** What signals act upon while a command runs. */
export type SignalTarget = Pick<ConstructorParameters<typeof SignalPasser>[0], "pass" | "hurry">;

/** What came of a run. */
export interface RunOutcome {
  readonly end: ChildEnd;
  /** It was ended because it ran longer than this; undefined where it ended by itself. */
  readonly timedOutMs: number | undefined;
  /** What it was waiting for then, in words. */
  readonly underWay: string | undefined;
  /** undefined where the command could not be started. */
  readonly judgement: Judgement | undefined;
  readonly expectations: readonly Expectation[];
  readonly title: string;
  readonly targets: readonly string[];
  readonly seed: number | string;
  readonly tally: Tally;
  /** What each rule met and did. */
  readonly counts: ReturnType<World["runtime"]["counts"]>;
  /** Clients that did not trust the CA. */
  readonly refusals: readonly Refusal[];
  /** Why exchanges were not recorded to the end, in words. */
  readonly recordingStopped?: string | undefined;
  /** Processes that the command has started and that go on without it. */
  readonly leftovers: readonly ProcessRow[];
  /** Connections past the proxy; undefined where that can't be looked at. */
  readonly wentRound: readonly WentRound[] | undefined;
  /** Hosts of the addresses that they went to, as far as they are known. */
  readonly names: ReadonlyMap<string, string>;
}

/** Runs a command once. @throws what {@link openWorld} does, and RuntimeError where a report can't be written. */
export async function runOnce(options: RunOnceOptions): Promise<RunOutcome> {
  const events: EngineEvent[] = [];
  const { maxEvents = runLimits.maxEvents } = options;
  const { runtime } = options.world;
  const world = await openWorld({
    ...options.world,
    runtime: {
      ...runtime,
      onEvent(event) {
        if (events.length < maxEvents) events.push(event);
      },
    },
  });
  const run = randomUUID();
  const { rules } = world.runtime;
  const { expectations, title, sources } = rules;
  let written: Judgement | undefined;
  let counts: RunOutcome["counts"] = [];
  let ended: Awaited<ReturnType<typeof runChild>>;
  let leftovers: readonly ProcessRow[];
  try {
    ended = await runChild(options, world, { run, events });
    leftovers = await processesOfRun(run);
  } finally {
    counts = world.runtime.counts();
    written = await world.close();
  }
  return {
    ...ended,
    judgement:
      ended.end.kind === "not-started" ? undefined : (written ?? judge(expectations, events, rules.judging)),
    expectations,
    title,
    targets: sources.targets,
    seed: sources.file?.seed ?? sources.flags?.seed ?? 0,
    tally: world.traffic.tally,
    counts,
    refusals: world.refusals.all,
    recordingStopped: world.recordingStopped(),
    leftovers,
    names: ended.wentRound?.length ? await namesByAddress(exactHosts(sources.targets)) : new Map(),
  };
}

async function runChild(
  { command, timeoutMs, askedBy, baseUrls, watched, onReady, onRunning }: RunOnceOptions,
  world: World,
  { run, events }: { readonly run: string; readonly events: readonly EngineEvent[] },
): Promise<Pick<RunOutcome, "end" | "timedOutMs" | "underWay" | "wentRound">> {
  const { proxy, trust, runtime } = world;
  const { environment, notes } = runEnvironment({
    proxyUrl: proxy.url,
    trust,
    targets: runtime.rules.sources.targets,
    environment: process.env,
    ...(baseUrls && { baseUrls: baseUrlApis }),
    program: command[0],
    ...hookFiles(),
  });
  onReady(world, notes);
  const child = startChild(command, {
    ...environment,
    [runVariable]: run,
    [outcomeVariable]: `${proxy.url}${outcomePath}`,
  });
  const tree = child.pid === undefined ? undefined : new TreeEnder(child.pid, run);
  onRunning({
    pass: (signal) => child.kill(signal),
    hurry: (signal) => void tree?.send(signal),
  });
  let ending: Promise<void> | undefined;
  let hungOn: string | undefined;
  const takeBack =
    timeoutMs !== undefined && tree
      ? after(timeoutMs, () => {
          hungOn = underWay(events, runtime.clock.now());
          ending = tree.end(runLimits.killAfterMs);
        })
      : undefined;
  const watcher =
    child.pid === undefined || !canLook()
      ? undefined
      : new RoundWatcher(child.pid, run, { ...watched, ports: portsOf(runtime) });
  watcher?.start();
  const end = await child.ended;
  const wentRound = watcher?.stop();
  takeBack?.();
  await ending;
  onRunning(undefined);
  const timedOutMs = ending === undefined ? undefined : timeoutMs;
  if (end.kind !== "not-started")
    runtime.policy.record(exitEvent(exitOf(end, timedOutMs, askedBy()), runtime.clock.now()));
  return { end, timedOutMs, underWay: hungOn, wentRound };
}

/** Ports that requests to targets go to: those of HTTP, and those that rules name. */
function portsOf({ rules }: World["runtime"]): ReadonlySet<number> {
  return new Set([443, 80, ...(rules.sources.file?.rules ?? []).flatMap(({ match }) => match.port ?? [])]);
}

function exitOf(
  end: Exclude<ChildEnd, { kind: "not-started" }>,
  timedOutMs: number | undefined,
  askedBy: NodeJS.Signals | undefined,
): Parameters<typeof exitEvent>[0] {
  // Whatever status a program gives that is told to end: it did not end by itself.
  if (timedOutMs !== undefined)
    return { status: null, signal: "SIGTERM", text: `ended after ${writeMs(timedOutMs)} (--timeout)` };
  if (askedBy !== undefined && end.kind === "exited")
    return { status: null, signal: askedBy, text: `exit status ${end.status}, when it was asked to end` };
  return end.kind === "exited" ? { status: end.status } : { status: null, signal: end.signal };
}
