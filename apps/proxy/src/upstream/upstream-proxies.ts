/** Which proxy an upstream is reached through, if any. */
import type { Authority } from "./authority.ts";
import { NoProxy } from "./no-proxy.ts";
import { parseUpstreamProxy, type UpstreamProxy } from "./upstream-proxy.ts";

/** Proxies on the way to upstreams, as the usual variables name them. */
export interface UpstreamProxySettings {
  /** For tunnels: HTTPS, and whatever else clients ask for by CONNECT or SOCKS. `http://USER:PASSWORD@HOST:PORT`, `https://…`, `socks5://…`. */
  readonly https?: string | undefined;
  /** For requests in clear, in absolute form. */
  readonly http?: string | undefined;
  /** Hosts that are reached directly: `NAME`, `.NAME`, `*`, `ADDRESS`, `ADDRESS/BITS`, with `:PORT`, between commas. */
  readonly noProxy?: string | undefined;
}

/**
 * What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in small letters first; undefined where they name no
 * proxy.
 *
 * @example
 * ```ts
 * const proxy = upstreamProxyFromEnvironment(process.env);
 * ```
 */
export function upstreamProxyFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): UpstreamProxySettings | undefined {
  const read = (name: string): string | undefined =>
    [environment[name], environment[name.toUpperCase()]].find((value) => value !== undefined && value !== "");
  const all = read("all_proxy");
  const [https = all, http = all] = [read("https_proxy"), read("http_proxy")];
  if (https === undefined && http === undefined) return undefined;
  return { https, http, noProxy: read("no_proxy") };
}

/** How an upstream is spoken to through a proxy. */
export type ChainKind = "absolute-form" | "tunnel";

export class UpstreamProxies {
  readonly #https: UpstreamProxy | undefined;
  readonly #http: UpstreamProxy | undefined;
  readonly #direct: NoProxy;
  /** Proxies that are left out, because they are this one. */
  #left: readonly UpstreamProxy[] = [];

  /**
   * @param given - One URL for everything, or one for each kind; none where there is no proxy.
   * @throws ProxyError `bad-option`
   */
  constructor(given: string | UpstreamProxySettings | undefined) {
    const settings = typeof given === "string" ? { https: given, http: given } : (given ?? {});
    const { https, http, noProxy = "" } = settings;
    this.#https = https === undefined ? undefined : parseUpstreamProxy(https);
    this.#http = http === undefined ? undefined : parseUpstreamProxy(http);
    this.#direct = new NoProxy(noProxy);
  }

  /** What the list of hosts that are reached directly has, and what names none: variables hold much. */
  get ignored(): readonly string[] {
    return this.#direct.ignored;
  }

  /** Every proxy that is named, each once. */
  get all(): readonly UpstreamProxy[] {
    const found = [this.#https, this.#http].filter((proxy) => proxy !== undefined);
    return found.filter(
      ({ scheme, authority: { host, port } }, at) =>
        found.findIndex(
          (one) => one.scheme === scheme && one.authority.host === host && one.authority.port === port,
        ) === at,
    );
  }

  /** Leaves these out from now on. */
  leaveOut(proxies: readonly UpstreamProxy[]): void {
    this.#left = proxies;
  }

  /** The proxy on the way to an upstream; undefined where it is reached directly. */
  find(authority: Authority, kind: ChainKind): UpstreamProxy | undefined {
    const proxy = kind === "tunnel" ? this.#https : this.#http;
    if (!proxy || this.#direct.has(authority)) return undefined;
    const isSame = ({ authority: { host, port } }: UpstreamProxy): boolean =>
      host === proxy.authority.host && port === proxy.authority.port;
    return this.#left.some(isSame) ? undefined : proxy;
  }
}
