/** A host and a port, as requests name them. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";

/** Whom a client wants to reach. */
export interface Authority {
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** How an upstream is spoken to. */
export type Scheme = "http" | "https";

/** A name of DNS or of a hosts file; underscores are in use. Some letters of Hangul can't be seen. */
const namePattern = /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]([\p{L}\p{N}._-]{0,252})$/u;

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

/** A host as protocols have it: names of DNS in ASCII (RFC 3490). */
export function asciiHost(host: string): string {
  return /^[\x20-\x7e]*$/.test(host) ? host : domainToASCII(host);
}

/** As it stands in a `Host` header or a log: brackets where they are needed, the port always. */
export function authorityText({ host, port }: Authority): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
