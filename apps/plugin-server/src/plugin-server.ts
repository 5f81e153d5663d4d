/** The plugin: an endpoint for each side that a host can register, one table of tunnels for both, and forward mode. */
import { setImmediate as turn } from "node:timers/promises";
import type { FaultPolicy, Side } from "@faultwire/fault-session";
import type { CarrierRuntime } from "@faultwire/runtime";
import { every, pause } from "@faultwire/timers";
import { type TunnelEvent, Tunnels } from "@faultwire/tunnel";
import { type Endpoint, openEndpoint } from "./endpoint.ts";
import { ForwardMode } from "./forward.ts";
import { logTunnelEvent } from "./log-tunnel-event.ts";
import { Registration } from "./registration.ts";
import { version } from "./version.ts";

export interface PluginServerOptions {
  /** Rules, desk, CA, clock and log. Other carriers of the process may share it, and the caller closes it. */
  readonly runtime: CarrierRuntime;
  /** The endpoints to open. Default both: only with both no byte is lost (docs/fault-host.md). */
  readonly sides?: readonly Side[];
  /** Default 127.0.0.1: a program that reaches the port can read and change the traffic of the host. */
  readonly host?: string;
  /** The server-side endpoint. Default 50051; 0 takes a free port. */
  readonly port?: number;
  /** The client-side endpoint. Default `port` + 1, or a free one when `port` is 0. */
  readonly clientPort?: number;
  /** How long after the first poll of one side the other may take before the user is warned, in ms. Default 3000. */
  readonly secondSideGraceMs?: number;
  /**
   * Whether chunks are answered straight on HTTP/2 streams instead of by connect's pipeline. The answers are the same and
   * several times as fast. Default true; false helps to find out whether this path causes a problem.
   */
  readonly fastPath?: boolean;
  /** Takes the events of tunnels, which are also logged. */
  readonly onEvent?: (event: TunnelEvent) => void;
}

export interface PluginServer {
  /** The values of `fault run --grpc-plugin`, the server's side first. */
  readonly endpoints: readonly { readonly side: Side; readonly url: string; readonly port: number }[];
  /** The sides that a host polls now. */
  readonly registeredSides: () => readonly Side[];
  /**
   * Ends the server. From now on its health is bad, calls that are held get their answers, and no new fault is decided.
   * Traffic goes on until it is quiet for a moment, for `graceMs` (default 1000) at the most. Then the endpoints close.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * When no call has come between so many looks in a row, `lookMs` apart, the host has nothing under way. Time alone does not
 * show that: while this process is busy, calls may wait unread.
 */
const quietLooks = 4;
const lookMs = 25;
/** After so many turns of the event loop, calls that waited unread have been handled, also those in connect's pipeline. */
const turnsForUnread = 20;
/** A warning for users whose host wraps one side only. */
const oneSideOnly =
  "with one side only, the host can lose bytes of uploads or downloads (docs/fault-host.md)";
/** How often the table looks for tunnels that were quiet for too long, in ms. */
const sweepIntervalMs = 60_000;

/** Starts the plugin. @throws {@link PluginServerError} when it can't listen. */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  const { runtime } = options;
  const { logger, desk, interception, clock: timers } = runtime;
  const host = options.host ?? "127.0.0.1";
  const sides = options.sides ?? ["server", "client"];
  const registration = new Registration(sides, timers.now, options.secondSideGraceMs);
  const endpoints: (Endpoint & { readonly side: Side })[] = [];
  let draining = false;
  let warned = false;
  let chunks = 0;
  let lastChunkAt = Number.NEGATIVE_INFINITY;
  /** The runtime's policy. Once the server closes there are no targets: no new fault in tunnels and in forward mode. */
  const policy: FaultPolicy = {
    ...runtime.policy,
    isTarget: (name) => !draining && runtime.policy.isTarget(name),
  };
  const forward = new ForwardMode({
    policy,
    desk,
    timers,
    tell: (event) => runtime.tell(event, { mode: "forward" }),
    onError: (error) =>
      logger.error({ event: "bug", error: String(error) }, "forward mode: passed on unchanged"),
  });

  const tunnels = new Tunnels({
    policy,
    desk,
    ...(interception && { intercept: interception }),
    timers,
    userAgent: `faultwire/${version}`,
    registeredSides: () => registration.sides(),
    onEvent: (event) => {
      logTunnelEvent(runtime, event);
      options.onEvent?.(event);
    },
  });

  const hint = (): string | undefined => {
    const side = registration.missing();
    const missing = endpoints.find((endpoint) => endpoint.side === side);
    return missing && `not registered on the ${missing.side} side; add --grpc-plugin ${missing.url}`;
  };
  const onPoll = (side: Side): void => {
    registration.polled(side);
    const text = hint();
    if (text === undefined || warned) return;
    warned = true;
    logger.warn({ event: "half-registered", registered: registration.sides() }, `${text}: ${oneSideOnly}`);
  };

  const open = async (side: Side, port: number): Promise<void> => {
    const endpoint = await openEndpoint(host, port, {
      side,
      // One of the two takes forward mode, or each request would be decided twice.
      httpForward: side === "server" || !sides.includes("server"),
      version,
      tunnels,
      forward,
      ailment: () => (draining ? "shutting down" : undefined),
      hint,
      fastPath: options.fastPath ?? true,
      onPoll,
      onChunk: () => {
        chunks++;
        lastChunkAt = timers.now();
      },
    });
    endpoints.push({ ...endpoint, side });
  };

  const endSweeps = every(sweepIntervalMs, () => tunnels.sweep(), { keepsAlive: false });
  /** Resolves when the host has no call under way, or at the deadline. */
  const quiet = async (deadline: number): Promise<void> => {
    // First the calls that have arrived meanwhile are handled, and those that follow from them.
    for (let turns = 0; turns < turnsForUnread; turns++) await turn();
    let looks = timers.now() - lastChunkAt < quietLooks * lookMs ? 0 : quietLooks;
    while (looks < quietLooks && timers.now() < deadline) {
      const before = chunks;
      await pause(lookMs);
      looks = chunks === before ? looks + 1 : 0;
    }
  };
  const close = async (graceMs = 1000): Promise<void> => {
    draining = true;
    endSweeps();
    tunnels.drain();
    forward.drain();
    // Traffic may come to its end, untouched. A host that asks for our health meanwhile hears that we are shutting down.
    await quiet(timers.now() + graceMs);
    tunnels.release();
    await Promise.all(endpoints.map((endpoint) => endpoint.close(graceMs)));
    tunnels.close();
    forward.finish();
  };

  const port = options.port ?? 50_051;
  const clientPort = options.clientPort ?? (port === 0 ? 0 : port + 1);
  try {
    if (sides.includes("server")) await open("server", port);
    if (sides.includes("client")) await open("client", clientPort);
  } catch (error) {
    await close(0);
    throw error;
  }
  if (sides.length === 1)
    logger.warn(
      { event: "half-registered", open: sides },
      `open for the ${sides[0]} side alone: ${oneSideOnly}`,
    );
  return { endpoints, registeredSides: () => registration.sides(), close };
}
