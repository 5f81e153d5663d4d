/** A host and a port, as requests name them. */
import { isIP } from "node:net";

/** Whom a client wants to reach. */
export interface Authority {
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A name of DNS or of a hosts file; underscores are in use. */
const namePattern = /^[\p{L}\p{N}]([\p{L}\p{N}._-]{0,252})$/u;

/**
 * Reads `host:port`, `[v6]:port`, or a host alone where there is a port to be taken.
 *
 * @returns undefined for what is none: no port, user information, a character that no host has.
 */
export function parseAuthority(text: string, defaultPort?: number): Authority | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]@/?#\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = (bracketed ?? plain)?.toLowerCase();
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  if (bracketed === undefined ? !namePattern.test(host) : isIP(host) !== 6) return undefined;
  return { host, port };
}

/** As it stands in a `Host` header or a log: brackets where they are needed, the port always. */
export function authorityText({ host, port }: Authority): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
