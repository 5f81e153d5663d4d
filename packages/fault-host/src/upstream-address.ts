import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Where a request wants to go. */
export interface Upstream {
  /** The whole URL, as plugins and the upstream are shown it. */
  readonly url: URL;
  readonly hostname: string;
  readonly port: number;
  /** `host:port`, what `--upstream` is compared with. */
  readonly authority: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "ws:": 80,
  "wss:": 443,
};

/** The port of a URL, its scheme's own when it names none. */
export function portOf(url: URL): number | undefined {
  return url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port);
}

/**
 * Reads an upstream as the command line takes it: `*`, `host:port`, or a URL.
 *
 * @returns `*` or `host:port`; undefined when there is no port to be found, which the binary does not survive.
 */
export function parseUpstream(text: string): string | undefined {
  if (text === "*") return text;
  const target = text.includes("://") ? text : `none://${text}`;
  if (!URL.canParse(target)) return undefined;
  const url = new URL(target);
  const port = portOf(url);
  return url.hostname === "" || port === undefined ? undefined : `${url.hostname}:${port}`;
}

/** Splits `host:port`; undefined when it is not that. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

/**
 * Where a request to the proxy wants to go: its authority, or the Host header when it has none. Port 443 means
 * https and any other port http, whatever the scheme says.
 *
 * @returns undefined when neither names a host or they make no URL.
 */
export function upstreamOf(target: string, hostHeader: string | undefined): Upstream | undefined {
  const [, scheme, authority, path] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/is.exec(target) ?? [];
  const named = authority || hostHeader;
  if (!named) return undefined;
  const port = named.split(":")[1];
  const inferred = port === undefined ? (scheme ?? "http") : port === "443" ? "https" : "http";
  const text = `${inferred}://${named}${path || "/"}`;
  return URL.canParse(text) ? upstreamAt(new URL(text)) : undefined;
}

/** The upstream that a URL names; undefined when its scheme has no port of its own and it names none. */
export function upstreamAt(url: URL): Upstream | undefined {
  const port = portOf(url);
  if (port === undefined || url.hostname === "") return undefined;
  return { url, hostname: url.hostname, port, authority: `${url.hostname}:${port}` };
}

/**
 * The address and port to connect to.
 *
 * @throws Error when the name can't be resolved.
 */
export async function resolveAddress(
  { hostname, port, authority }: Pick<Upstream, "hostname" | "port" | "authority">,
  resolve: Readonly<Record<string, string>>,
): Promise<{ readonly host: string; readonly port: number }> {
  const override = Object.hasOwn(resolve, authority)
    ? resolve[authority]
    : Object.hasOwn(resolve, hostname)
      ? resolve[hostname]
      : undefined;
  const target = (override === undefined ? undefined : parseHostPort(override)) ?? {
    host: override ?? hostname,
    port,
  };
  const host = target.host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host)) return { host, port: target.port };
  return { host: (await lookup(host)).address, port: target.port };
}
