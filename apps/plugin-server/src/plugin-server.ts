/** The plugin: an endpoint for each side that a host can register, one table of tunnels for both, and forward mode. */
import { MessageMemory } from "@faultwire/connect-unary";
import { writeCount } from "@faultwire/fault-engine/internal";
import type { FaultPolicy, Side } from "@faultwire/fault-session";
import type { CarrierRuntime } from "@faultwire/runtime";
import { every } from "@faultwire/timers";
import { type TunnelEvent, Tunnels } from "@faultwire/tunnel";
import { Connections } from "./connections/connections.ts";
import { type DrainLimits, type DrainStep, drain, drainLimits } from "./drain.ts";
import { type Endpoint, endpointLimits, openEndpoint } from "./endpoint.ts";
import { ForwardMode } from "./forward.ts";
import { logTunnelEvent } from "./log-tunnel-event.ts";
import { Registration } from "./registration.ts";
import { version } from "./version.ts";

/** What a plugin server is made from. */
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

/** A running plugin server. */
export interface PluginServer {
  /** The values of `fault run --grpc-plugin`, the server's side first. */
  readonly endpoints: readonly { readonly side: Side; readonly url: string; readonly port: number }[];
  /** The sides that a host polls now. */
  readonly registeredSides: () => readonly Side[];
  /** How many tunnels are known, and the bytes that they hold (`tunnelLimits.maxHeldBytes` at the most). */
  readonly tunnels: () => { readonly count: number; readonly heldBytes: number };
  /** What hosts make the endpoints hold now. */
  readonly usage: () => Usage;
  /**
   * Ends the server. From now on its health is bad, calls that are held get their answers, and no new fault is decided.
   * Traffic goes on until the host knows and what is under way is over, within `drainLimits`; what is left is closed, so that
   * clients see it. Then the endpoints close. Where no host is connected that is at once.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** What hosts make a server hold. */
export interface Usage {
  /** Connections on which a call has come. */
  readonly hosts: number;
  /** Memory of messages that are still coming, of `endpointLimits.maxUnfinishedBytes` at the most. */
  readonly unfinishedBytes: number;
  /** How many messages were not kept because there were too many. */
  readonly messagesGaveWay: number;
}

/** How a server ends. */
export interface CloseOptions {
  /** Ends the wait: what is left is closed as far as it speaks, within a second, and the endpoints close. */
  readonly hurry?: AbortSignal;
  /** In place of `drainLimits`. */
  readonly limits?: Partial<DrainLimits>;
}

/** How long the last answers may take to go out once the endpoints close, in ms. */
const closeGraceMs = 1000;
const seconds = (ms: number): string => `${ms / 1000} s`;
/** What is waited for, for the user. */
const stepText: Readonly<Record<DrainStep, string>> = {
  draining: `waiting until the host asks for our health, which it does every 10 s, and gives us no new connections; what is under way goes on`,
  "host-knows": `the host gives us no new connections; what is under way has ${seconds(drainLimits.maxUnderWayMs)}, and connections that rest are waited for ${seconds(drainLimits.maxRestMs)}`,
  closing: "the time is over: what is left is closed when it speaks",
};
const leftOpen = (count: number): string =>
  `${writeCount(count, "connection")} may still be open in the host, which does not tell when one ends: a client that uses one again waits until its upstream gives up; end the host to end them`;
/** A warning for users whose host wraps one side only. */
const oneSideOnly =
  "with one side only, the host can lose bytes of uploads or downloads (docs/fault-host.md)";
/** How often the table looks for tunnels that are over, in ms. */
const sweepIntervalMs = 2000;

/**
 * Starts the plugin.
 *
 * @throws {@link PluginServerError} when it can't listen.
 *
 * @example
 * ```ts
 * const plugin = await startPluginServer({ runtime });
 * for (const { url } of plugin.endpoints) console.log(`--grpc-plugin ${url}`);
 * ```
 */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  const { runtime } = options;
  const { logger, desk, interception, clock: timers } = runtime;
  const host = options.host ?? "127.0.0.1";
  const sides = options.sides ?? ["server", "client"];
  const registration = new Registration(sides, timers.now, options.secondSideGraceMs);
  const endpoints: (Endpoint & { readonly side: Side })[] = [];
  let draining = false;
  let warned = false;
  const told = new Set<string>();
  let messagesGaveWay = 0;
  let chunks = 0;
  /** Tells the first time what happens again and again then. */
  const tellOnce = (event: string, text: string): void => {
    if (told.has(event)) return;
    told.add(event);
    logger.warn({ event }, text);
  };
  const memory = new MessageMemory({
    maxBytes: endpointLimits.maxUnfinishedBytes,
    onGivesWay: () => {
      messagesGaveWay++;
      tellOnce(
        "messages-full",
        `more than ${endpointLimits.maxUnfinishedBytes} bytes of unfinished messages: those that grow no more give way`,
      );
    },
  });
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
    onUnread: (what, reason) =>
      tellOnce(
        `${what}-unread`,
        reason === "too-long"
          ? `a ${what} of more than ${endpointLimits.maxMessageBytes} bytes passes unread; so do others`
          : `a ${what} passes unread: too many long messages are under way; so do others`,
      ),
    onNoStatus: (status) =>
      tellOnce(
        "no-status",
        `a response passes with the status ${status}, which is none; no event tells of it`,
      ),
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

  const connections = new Connections({ runtime, policy, mayDial: isLoopback(host), memory });

  const hint = (): string | undefined => {
    const side = registration.missing();
    const missing = endpoints.find((endpoint) => endpoint.side === side);
    return missing && `not registered on the ${missing.side} side; add --grpc-plugin ${missing.url}`;
  };
  const onPoll = (side: Side, what: "health" | "info"): void => {
    if (registration.polled(side, what))
      logger.info({ event: "host-back" }, "the host polls again; until now it let everything pass");
    const text = hint();
    if (text === undefined || warned) return;
    warned = true;
    logger.warn({ event: "half-registered", registered: registration.sides() }, `${text}: ${oneSideOnly}`);
  };

  const open = async (side: Side, port: number): Promise<void> => {
    const endpoint = await openEndpoint(
      host,
      port,
      {
        side,
        // One of the two takes forward mode, or each request would be decided twice.
        httpForward: side === "server" || !sides.includes("server"),
        version,
        tunnels,
        forward,
        ailment: () => (draining ? "shutting down" : undefined),
        hint,
        fastPath: options.fastPath ?? true,
        connections,
        onPoll,
        onChunk: () => {
          chunks++;
        },
        onAbandoned: (tunnel) =>
          logger.debug({ event: "call-abandoned", tunnel }, "the host cancelled a call before it was whole"),
        onFull: () => {
          const { maxConnections } = endpointLimits;
          tellOnce(
            "connections-full",
            `more than ${maxConnections} connections: those that make no calls give way; a host needs one`,
          );
        },
      },
      memory,
    );
    endpoints.push({ ...endpoint, side });
  };

  const endSweeps = every(sweepIntervalMs, () => tunnels.sweep(), { keepsAlive: false });
  const hosts = (): number => endpoints.reduce((sum, endpoint) => sum + endpoint.hosts(), 0);
  const close = async ({ hurry, limits }: CloseOptions = {}): Promise<void> => {
    draining = true;
    const beganAtMs = timers.now();
    endSweeps();
    tunnels.drain();
    forward.drain();
    connections.drain();
    const bounds = { ...drainLimits, ...limits };
    const hurried = hurry ?? new AbortController().signal;
    const drained = drain(
      {
        now: timers.now,
        hosts,
        isKnown: () => registration.isHealthKnownSince(beganAtMs),
        calls: () => chunks,
        awaited: (waiting) => tunnels.awaited(waiting),
        farewell: (what) => tunnels.farewell(what),
        onStep: (event) => logger.info({ event, tunnels: tunnels.size }, stepText[event]),
      },
      bounds,
      hurried,
    );
    await Promise.all([drained, connections.ended(bounds.maxUnderWayMs, hurried)]);
    connections.close();
    const left = hosts() > 0 ? tunnels.unended : 0;
    if (left > 0) logger.info({ event: "left-open", tunnels: left }, leftOpen(left));
    tunnels.release();
    await Promise.all(endpoints.map((endpoint) => endpoint.close(closeGraceMs)));
    tunnels.close();
    forward.finish();
  };

  const port = options.port ?? 50_051;
  const clientPort = options.clientPort ?? (port === 0 ? 0 : port + 1);
  try {
    if (sides.includes("server")) await open("server", port);
    if (sides.includes("client")) await open("client", clientPort);
  } catch (error) {
    await close();
    throw error;
  }
  if (sides.length === 1)
    logger.warn(
      { event: "half-registered", open: sides },
      `open for the ${sides[0]} side alone: ${oneSideOnly}`,
    );
  return {
    endpoints,
    registeredSides: () => registration.sides(),
    tunnels: () => ({ count: tunnels.size, heldBytes: tunnels.heldBytes }),
    usage: () => ({ hosts: hosts(), unfinishedBytes: memory.heldBytes, messagesGaveWay }),
    close,
  };
}

/** Whether only programs of this machine reach an address. */
const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);
