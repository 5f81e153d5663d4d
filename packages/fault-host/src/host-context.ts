import type { Socket } from "node:net";
import type { FaultHostEvent, FaultHostOptions } from "./options.ts";
import type { PluginRegistry } from "./plugins/plugin-registry.ts";
import type { RunningCopy } from "./poll/copy-both-ways.ts";

/** What the host's servers share. */
export interface HostContext {
  readonly plugins: PluginRegistry;
  /** What the ports are bound to. */
  readonly address: string;
  readonly resolve: Readonly<Record<string, string>>;
  /** `*` or `host:port`s. */
  readonly upstreams: ReadonlySet<string>;
  readonly upstreamCa: readonly string[];
  /** Whether a failure costs its own connection and nothing else; see `onCrash`. */
  readonly dropsConnections: boolean;
  /** Whether CONNECT tunnels go without Nagle's algorithm. */
  readonly noDelay: boolean;
  readonly sendBuffer: FaultHostOptions["sendBuffer"];
  /** Copies that run, to be stopped with the host. */
  readonly copies: Set<RunningCopy>;
  /** Remembers a socket, so that it ends with the host. */
  track(socket: Socket): void;
  emit(event: FaultHostEvent): void;
  /**
   * The binary's process would be gone: acts as `onCrash` says.
   *
   * @param where - `host:port` that the connection was for
   */
  crash(where: string, reason: string, connection: Socket | undefined): void;
}

/** Whether traffic to `key` meets plugins. */
export function isIntercepted(context: HostContext, key: string): boolean {
  return context.upstreams.has("*") || context.upstreams.has(key);
}
