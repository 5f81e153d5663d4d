/** A proxy that upstreams are reached through, as a URL names it. */
import { ProxyError } from "../proxy-error.ts";
import { type Authority, authorityText, parseAuthority } from "./authority.ts";

/** A proxy on the way to upstreams. */
export interface UpstreamProxy {
  /** `http` and `https`: CONNECT, in clear or over TLS. `socks5`: RFC 1928; names are resolved there. */
  readonly scheme: "http" | "https" | "socks5";
  readonly authority: Authority;
  /** A secret: in no log and no error. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

const schemes: Readonly<Record<string, UpstreamProxy["scheme"]>> = {
  "http:": "http",
  "https:": "https",
  "socks5:": "socks5",
  "socks5h:": "socks5",
};
const defaultPorts = { http: 80, https: 443, socks5: 1080 } as const;

/** Bytes of a user and of a password that SOCKS can say (RFC 1929). */
const maxSocksField = 255;

/**
 * Reads `http://USER:PASSWORD@HOST:PORT`, `https://…` or `socks5://…`; `HOST:PORT` alone is `http://`.
 *
 * @param from - Where the text stands, for the error.
 * @throws ProxyError `bad-option`; its message holds nothing of the text, which may be a secret.
 */
export function parseUpstreamProxy(text: string, from = "the upstream proxy"): UpstreamProxy {
  const refused = (found: string): ProxyError =>
    new ProxyError(
      "bad-option",
      `${from}: ${found}; expected http://USER:PASSWORD@HOST:PORT, https://… or socks5://…, with % for what a URL can't hold`,
    );
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw refused("found what is no URL");
  }
  const scheme = schemes[url.protocol];
  if (scheme === undefined) throw refused(`found the scheme ${url.protocol.slice(0, 20)}`);
  if (url.pathname.length > 1 || url.search !== "" || url.hash !== "")
    throw refused("found a path behind the port");
  const authority = parseAuthority(url.host, defaultPorts[scheme]);
  if (!authority) throw refused("found no host");
  return { scheme, authority, credentials: readCredentials(url, scheme, refused) };
}

function readCredentials(
  { username, password }: URL,
  scheme: UpstreamProxy["scheme"],
  refused: (found: string) => ProxyError,
): UpstreamProxy["credentials"] {
  if (username === "" && password === "") return undefined;
  let found: { readonly user: string; readonly password: string };
  try {
    found = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw refused("found a % in the user or the password that begins no character");
  }
  // RFC 7617 section 2: a colon ends the user, and control characters are none of either.
  if (found.user.includes(":") || /\p{Cc}/u.test(found.user + found.password))
    throw refused("found a character in the user or the password that can't be sent");
  const isTooLong = (part: string): boolean => Buffer.byteLength(part) > maxSocksField;
  if (scheme === "socks5" && (isTooLong(found.user) || isTooLong(found.password)))
    throw refused(
      `found a user or a password of more than ${maxSocksField} bytes, the most that SOCKS has room for`,
    );
  return found;
}

/** How it is called in logs: no user and no password. */
export function proxyText({ scheme, authority }: UpstreamProxy): string {
  return `${scheme}://${authorityText(authority)}`;
}

/** The value of `Proxy-Authorization` (RFC 7617); undefined where no credentials are known. */
export function basicCredentials({ credentials }: UpstreamProxy): string | undefined {
  if (!credentials) return undefined;
  const text = `${credentials.user}:${credentials.password}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}
