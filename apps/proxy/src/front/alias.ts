/** An upstream that the client knows by another URL: what a response says of the upstream's own is turned back. */
import { fromLatin1 } from "@faultwire/http1/internal";
import { type Authority, authorityText, parseAuthority, type Scheme } from "../upstream/authority.ts";

/** Two URLs for one thing. */
export interface Alias {
  /** The client's, without a path: `http://127.0.0.1:3180`. */
  readonly origin: string;
  /** The client's path that stands for the upstream's `/`, without a slash at its end; may be empty. */
  readonly prefix: string;
  /** The upstream's path that the client's prefix leads to, without a slash at its end; may be empty. */
  readonly base: string;
  readonly scheme: Scheme;
  readonly authority: Authority;
}

/** Tells two aliases from each other. */
export const aliasKey = ({ origin, prefix, base }: Alias): string => `${origin}${prefix} ${base}`;

/**
 * A head of a response with `Location` and `Set-Cookie` as the client has to read them. Every other byte stays.
 *
 * @param target - What the upstream was asked for, in origin form.
 * @returns the same array where there is nothing to change.
 */
export function aliasHead(head: Uint8Array, alias: Alias, target: string): Uint8Array {
  const text = fromLatin1(head, 0, head.length);
  let isChanged = false;
  const lines = text.split("\r\n").map((line, at) => {
    const colon = at > 0 ? line.indexOf(":") : -1;
    const field = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (field !== "location" && field !== "set-cookie") return line;
    const value = line.slice(colon + 1).trim();
    const name = line.slice(0, line.indexOf(value, colon + 1));
    const other = field === "location" ? aliasLocation(value, alias, target) : aliasCookie(value, alias);
    if (other === value) return line;
    isChanged = true;
    return `${name}${other}`;
  });
  return isChanged ? Buffer.from(lines.join("\r\n"), "latin1") : head;
}

/**
 * Where a redirect leads: to the upstream itself, to another place, which stays as it is, or nowhere that we can read. A
 * redirect to another host is the client's to follow: if we led it through us, it would take the other host for the same one
 * and give it its credentials. For that same reason no redirect leads out of the prefix that stands for the upstream.
 *
 * @param target - What the upstream was asked for, in origin form: a relative redirect begins there.
 */
export function aliasLocation(value: string, alias: Alias, target = "/"): string {
  const found = readReference(value, alias);
  if (!found) return value;
  const { host, scheme, path, rest } = found;
  if (host === undefined) return aliasPath(found, target, alias) ?? value;
  const authority = parseAuthority(host, (scheme ?? alias.scheme) === "https" ? 443 : 80);
  if (!authority) return value;
  const isUpstream =
    (scheme ?? alias.scheme) === alias.scheme && authorityText(authority) === authorityText(alias.authority);
  if (!isUpstream && !isClients(authority, scheme, alias)) return value;
  const whole = path === "" ? "/" : path;
  const said = clientPath(`${inside(whole) ?? whole}${rest}`, alias);
  return said === undefined ? value : `${alias.origin}${said}`;
}

/** A reference as browsers and `fetch` read it. */
interface Reference {
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly path: string;
  /** The query and the fragment. */
  readonly rest: string;
}

/**
 * Reads a reference as the WHATWG's URL standard does, for that is where clients may be led: without tabs, `\` as `/`, any
 * number of slashes before a host, and `http:x` for `x` where the page's scheme is the same.
 *
 * @returns undefined for another scheme than `http` and `https`.
 */
function readReference(value: string, { origin }: Alias): Reference | undefined {
  const [, named, said = "", rest = ""] =
    /^(?:([a-z][a-z0-9+.-]*):)?([^?#]*)(.*)$/is.exec(value.replaceAll(/[\t\r\n]/g, "")) ?? [];
  const scheme = named?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") return undefined;
  const whole = said.replaceAll("\\", "/");
  const [, host, path = ""] = /^\/{2,}([^/]*)(.*)$/s.exec(whole) ?? [];
  if (host !== undefined) return { scheme, host, path, rest };
  if (scheme !== undefined && !origin.startsWith(`${scheme}://`)) return undefined;
  return { scheme, host, path: whole, rest };
}

/** A reference without a host; undefined where it may stay as it is. */
function aliasPath({ path, rest }: Reference, target: string, alias: Alias): string | undefined {
  if (path.startsWith("/")) return clientPath(`${inside(path) ?? path}${rest}`, alias);
  const [asked = "/"] = target.split(/[?#]/, 1);
  const climbed = inside(`${asked.slice(0, asked.lastIndexOf("/") + 1)}${path}`);
  return climbed === undefined ? undefined : clientPath(`${climbed}${rest}`, alias);
}

/** Whether it is the client's own name for us, below which other upstreams are as well. */
function isClients(authority: Authority, scheme: string | undefined, { origin, prefix }: Alias): boolean {
  if (prefix === "") return false;
  const [, own, host = ""] = /^(https?):\/\/(.*)$/.exec(origin) ?? [];
  const named = parseAuthority(host, own === "https" ? 443 : 80);
  return (scheme ?? own) === own && named !== undefined && authorityText(named) === authorityText(authority);
}

/** One dot, or two, by which paths climb (RFC 3986 section 5.2.4), as clients take them. */
const dots = /^(?:\.|%2e)(\.|%2e)?$/i;

/** A path that climbs above its root, kept below it; undefined where it does not. */
function inside(path: string): string | undefined {
  const kept: string[] = [];
  let climbs = false;
  const segments = path.split("/").slice(1);
  for (const [at, segment] of segments.entries()) {
    const [dot, second] = dots.exec(segment) ?? [];
    if (dot === undefined) kept.push(segment);
    else {
      if (second !== undefined && kept.pop() === undefined) climbs = true;
      if (at === segments.length - 1) kept.push("");
    }
  }
  return climbs ? `/${kept.join("/")}` : undefined;
}

/** The client's path for one of the upstream's; `undefined` where the client has none. */
function clientPath(path: string, { prefix, base }: Alias): string | undefined {
  if (base === "") return `${prefix}${path}`;
  const isInside = path.startsWith(base) && /^[/?#]?$/.test(path.charAt(base.length));
  if (!isInside) return undefined;
  const rest = path.slice(base.length);
  return `${prefix}${rest.startsWith("/") ? rest : `/${rest}`}`;
}

/**
 * A cookie for the client's host: without a `Domain`, which names the upstream's, and with the client's `Path`. `Secure` stays:
 * browsers take it from loopback.
 */
export function aliasCookie(value: string, alias: Alias): string {
  const [pair = "", ...attributes] = value.split(";");
  const kept = attributes.flatMap((attribute) => {
    const at = attribute.indexOf("=");
    const name = attribute.slice(0, at === -1 ? undefined : at).trim();
    const given = at === -1 ? "" : attribute.slice(at + 1).trim();
    if (name.toLowerCase() === "domain") return [];
    if (name.toLowerCase() !== "path" || !given.startsWith("/")) return [attribute];
    return [` ${name}=${clientPath(given, alias) ?? given}`];
  });
  return [pair, ...kept].join(";");
}
