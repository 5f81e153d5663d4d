import type { SendBuffer } from "./poll/send-buffer.ts";

/** `--proxy PORT=HOST:PORT`: a local port whose connections are copied to one remote, in clear. */
export interface TcpMapping {
  /** The local port; 0 takes a free one. */
  readonly port: number;
  /** `host:port`; a scheme before it changes nothing, `https://` included. `resolve` applies to it. */
  readonly remote: string;
}

/** `--proxy http:PORT=HOST:PORT` or `https:…`, and what `fault run llm` sets up: a local HTTP server for one API. */
export interface ReverseMapping {
  /** The local port; 0 takes a free one. The host's own default for `fault run llm` is 45580. */
  readonly port: number;
  /** `http://host:port` or `https://host:port`; `resolve` applies to it. */
  readonly remote: string;
}

/** How the reference host is to run. */
export interface FaultHostOptions {
  /** Addresses of plugins, `http://host:port`, in order of registration. */
  readonly plugins: readonly string[];
  /** The address that everything is bound to; default `127.0.0.1`. */
  readonly host?: string;
  /** The HTTP proxy's port; default 3180, 0 takes a free one. */
  readonly proxyPort?: number;
  /**
   * Whose traffic meets plugins: `host:port`, a URL, or `*` for everything. Default `["*"]`; the binary's own
   * default is none.
   */
  readonly upstreams?: readonly string[];
  /**
   * Where connections really go, so that tests need no DNS: `"api.anthropic.com:443"` → `"127.0.0.1:8443"`, or a
   * host alone → an address (with or without a port). What plugins see and which upstreams match is untouched.
   */
  readonly resolve?: Readonly<Record<string, string>>;
  /** TCP mappings. */
  readonly mappings?: readonly TcpMapping[];
  /** HTTP mappings. */
  readonly reverse?: readonly ReverseMapping[];
  /** PEM certificates that HTTPS upstreams of forward mode may be signed by, besides Node's own. */
  readonly upstreamCa?: string | readonly string[];
  /** The time between two rounds of health checks, in ms; default 10 000, as the binary's. */
  readonly healthCheckIntervalMs?: number;
  /**
   * What happens where the binary's process would abort. `stop-host` (default): every connection and port of this
   * host goes, as they go with a process; tests of a plugin want that. `drop-connection`: only the connection that
   * caused it, for people who work through the host. Both are a `crashed` event. With `drop-connection`, a CONNECT
   * tunnel also ends when one of its sockets is broken, where the binary lets the client hang.
   */
  readonly onCrash?: "stop-host" | "drop-connection";
  /**
   * Whether CONNECT tunnels go without Nagle's algorithm. Default `false`, as in the binary: a small write then waits
   * for the acknowledgement of the one before, up to 40 ms on Linux. TCP mappings never have it, as in the binary.
   */
  readonly noDelay?: boolean;
  /**
   * For tests: how much a tunnel's sockets take, in place of the kernel's buffers. Asked once for each socket.
   *
   * @param end Whose socket it is.
   * @param target `host:port` that the tunnel goes to.
   * @returns `undefined` where the kernel decides.
   */
  readonly sendBuffer?: (end: "client" | "upstream", target: string) => SendBuffer | undefined;
  /** Told of everything that the host does, in order. What it throws is not caught. */
  readonly onEvent?: (event: FaultHostEvent) => void;
}

/** A plugin as the host sees it at the moment. */
export interface PluginStatus {
  /** Where the plugin listens. */
  readonly url: string;
  /** The name that it announced last; empty as long as it has not. */
  readonly name: string;
  /** The side that its tunnels are wrapped on. */
  readonly side: "client" | "server";
  /** Whether it is asked about forward-mode traffic. */
  readonly forward: boolean;
  /**
   * - `enabled`: new tunnels are wrapped for it
   * - `disabled`: it was offline, unhealthy or failed a check; asked again at the next round
   * - `dropped`: its capabilities could not be read at the start; never asked again
   */
  readonly state: "enabled" | "disabled" | "dropped";
}

/** What a host did or met. No event holds bytes of the traffic. */
export type FaultHostEvent =
  | {
      readonly type: "plugin";
      /** The plugin: as it is now, or by its URL. */
      readonly plugin: PluginStatus;
    }
  | {
      readonly type: "call";
      /** The plugin: as it is now, or by its URL. */
      readonly plugin: string;
      /** The gRPC method that was called. */
      readonly method: string;
      /** Absent when the call was answered. */
      readonly failure?: { readonly code: number; readonly message: string };
    }
  | {
      readonly type: "tunnel-opened";
      /** Tells the tunnels of a host apart. */
      readonly id: string;
      /** `host:port` as asked for. */
      readonly target: string;
      /** Whether it meets plugins. */
      readonly intercepted: boolean;
    }
  | {
      readonly type: "tunnel-closed";
      /** Tells the tunnels of a host apart. */
      readonly id: string;
      readonly target: string;
      /** Absent when both directions ended with a FIN. */
      readonly error?: string;
    }
  | {
      readonly type: "request";
      /** The URL that was asked for. */
      readonly url: string;
      /** Status code that the client got. */
      readonly status: number;
      readonly intercepted: boolean;
    }
  /** A connection or request that came to nothing; `where` is `host:port`, or what there was in its place. */
  | {
      readonly type: "error";
      /** `host:port` that was asked for. */
      readonly where: string;
      /** What went wrong, in words. */
      readonly message: string;
    }
  /** The binary's process would be gone because of a connection to `where`; see `onCrash`. */
  | {
      readonly type: "crashed";
      /** `host:port` that was asked for. */
      readonly where: string;
      /** What would have ended the process. */
      readonly reason: string;
    };

/** A running reference host. */
export interface FaultHost {
  /** `http://host:port`, for `HTTPS_PROXY` or `curl -x`. */
  readonly proxyUrl: string;
  /** The port of {@link proxyUrl}. */
  readonly proxyPort: number;
  /** The local ports of the TCP mappings, in their order. */
  readonly mappingPorts: readonly number[];
  /** The local ports of the HTTP mappings, in their order. */
  readonly reversePorts: readonly number[];
  /** The plugins as they are now, in order of registration. */
  readonly plugins: readonly PluginStatus[];
  /** Why the binary's process would be gone by now, the first reason; undefined as long as it would live. */
  readonly crashed: string | undefined;
  /** Ends every connection and call and frees the ports. May be called more than once. */
  close(): Promise<void>;
}
