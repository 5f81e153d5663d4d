/** What a proxy is started with, and what it is then. */
import type { LookupFunction } from "node:net";
import type { Http2Mode, TapUpstream } from "@faultwire/fault-session";
import type { LlmMock } from "@faultwire/llm-mock";
import type { Runtime, RuntimeOptions } from "@faultwire/runtime";
import type { OwnRoute } from "./front/own-routes.ts";
import type { ProxyLimits } from "./proxy-limits.ts";
import type { RunningReplay } from "./stand-in/replay.ts";
import type { StandInSettings } from "./stand-in/stand-in-settings.ts";
import type { ResolveEntries } from "./upstream/resolve-table.ts";
import type { UpstreamProxySettings } from "./upstream/upstream-proxies.ts";

/** Where a proxy listens, and what it may reach. */
export interface ProxySettings extends StandInSettings {
  /**
   * Default 127.0.0.1. Another address than loopback can be reached by others: then {@link proxyAuth} is needed, and
   * private addresses are not dialled.
   */
  readonly host?: string;
  /** Default 3180; 0 takes a free port. */
  readonly port?: number;
  /**
   * Where names lead in place of what DNS says: `HOST`, `HOST:PORT`, `*.HOST:PORT` or `*` to `ADDRESS` or
   * `ADDRESS:PORT`. What it names may be a private address. A function is asked at every dial; it gives the same object as
   * long as nothing has changed.
   */
  readonly resolve?: ResolveEntries | (() => ResolveEntries);
  /** Looks names up, in place of the system: called as Node's `dns.lookup` with `all`. */
  readonly lookup?: LookupFunction;
  /** `user:password` that clients have to give (RFC 7617). */
  readonly proxyAuth?: string;
  /** Whether private, link-local and loopback addresses are dialled. Default: only where the proxy listens on loopback. */
  readonly allowPrivate?: boolean;
  /**
   * When a target's upstream is dialled. `eager` (default): at the client's ClientHello, so that the client gets the version
   * and the protocol that the upstream chooses. `lazy`: only for a request that needs the upstream; the client then gets our
   * own choice among what it offers.
   */
  readonly upstream?: "eager" | "lazy";
  /**
   * When HTTP/2 is spoken with targets. `alone` (default): with clients that offer nothing else, as those of gRPC, and with prior
   * knowledge in clear inside of a tunnel; clients that offer HTTP/1.1 as well get that. `on`: wherever the client and the upstream
   * both offer it. `off`: never; clients of HTTP/2 alone stay closed.
   */
  readonly http2?: Http2Mode;
  /**
   * A proxy on the way to upstreams: `http://USER:PASSWORD@HOST:PORT`, `https://…` or `socks5://…`, or one for each kind.
   * None unless given; the environment is not read, see `upstreamProxyFromEnvironment`. Loopback, and names that
   * {@link resolve} leads elsewhere, are reached directly. Names are then resolved by that proxy.
   */
  readonly upstreamProxy?: string | UpstreamProxySettings;
  /**
   * `http://HOST:PORT` of a plugin that speaks `faultwire.connection.v1`, such as Faultwire's plugin server. It decides about every
   * connection in the place of this proxy, whose own rules are not asked. While it is away, connections pass untouched. Not
   * together with {@link upstream} `lazy`: the plugin says when upstreams are dialled.
   */
  readonly connectionPlugin?: string;
  /** In place of single ones of `proxyLimits`. */
  readonly limits?: Partial<ProxyLimits>;
  /**
   * Names by which clients reach the proxy itself, besides those of loopback, without a port: `host.docker.internal`. A
   * request in origin form with another `Host` is refused, because a page in a browser could have made it come here.
   */
  readonly ownNames?: readonly string[];
  /**
   * Origins of pages in a browser that may use the proxy without being configured to: `http://localhost:5173`. Other
   * pages are refused.
   */
  readonly allowOrigins?: readonly string[];
  /**
   * `https://HOST[:PORT][/path]`, or the same with `http`: the port stands for that upstream. What is said to it in clear or by
   * TLS, and names no other host, goes there with the upstream's `Host`; redirects and cookies are turned back.
   */
  readonly reverse?: string;
  /** Whom clients want that speak TLS straight to the port and name no host (SNI); left out, those are closed. */
  readonly sniDefault?: string;
  /**
   * Who hears what is said to targets' upstreams and what those say, decrypted and before a fault changes it: a recorder. Beside a
   * {@link replay} it hears what that passes on to the real APIs, and nothing else.
   */
  readonly tap?: TapUpstream;
  /** What the proxy answers by itself, besides `GET /` and `GET /ca.pem`: in origin form, and at `http://faultwire.local`. */
  readonly routes?: readonly OwnRoute[];
}

/** A runtime that is there already and stays the caller's to close, or what one is opened with. */
export type ProxyOptions = ProxySettings &
  (
    | {
        /** Rules, desk, CA, clock and log. Other carriers of the process may share it, and the caller closes it. */
        readonly runtime: Runtime;
      }
    | RuntimeOptions
  );

/** A proxy that listens. */
export interface RunningProxy {
  /** What goes into `HTTPS_PROXY`. Holds no password. */
  readonly url: string;
  /** The TCP port that it listens on. */
  readonly port: number;
  /** Rules, CA and log. */
  readonly runtime: Runtime;
  /** As `setRules` of the runtime. */
  setRules: Runtime["setRules"];
  /** What answers for the targets where that is a mock: its `requests` are what it was asked. */
  readonly mock: LlmMock | undefined;
  /** What answers for the targets where that are recordings. */
  readonly replay: RunningReplay | undefined;
  /** Clients' connections that are open now. */
  readonly connections: () => number;
  /**
   * Takes leave: no new connections, nothing new fails, what faults hold is let go. What is under way goes on for `graceMs`
   * (default 1000) at the most; then everything ends. Closes the runtime where it was opened here.
   *
   * @returns what the runtime's `close` does; `undefined` where the runtime is the caller's.
   */
  close(graceMs?: number): ReturnType<Runtime["close"]>;
}
