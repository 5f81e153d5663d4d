/** Requests in absolute form (RFC 9112 section 3.2.2): whom they are for, and how they go on. */
import { encodeHead, type Header, type RequestHead } from "@faultwire/http1";
import { type Authority, parseAuthority, type Scheme } from "../upstream/authority.ts";
import type { Alias } from "./alias.ts";

/** A request that goes on to an upstream. */
export interface ForwardedRequest {
  readonly scheme: Scheme;
  readonly authority: Authority;
  /** In origin form. */
  readonly target: string;
  /** The `Host` that the upstream gets. */
  readonly host: string;
  /** How what the upstream says of itself becomes what the client knows it by; left out where that is the same. */
  readonly alias?: Alias;
  /** The head as the upstream gets it. */
  readonly head: Uint8Array;
}

/** What is between the client and a proxy, and nobody else's (RFC 9110 section 7.6.1 and 11.7.2). */
const hopFields: ReadonlySet<string> = new Set(["proxy-authorization", "proxy-connection"]);

/**
 * Reads a request in absolute form.
 *
 * @returns undefined where its target is no URL of a scheme that we carry, or has user information in it.
 */
export function readAbsoluteForm(head: RequestHead): ForwardedRequest | undefined {
  const [, scheme, named = "", path = ""] =
    /^(https?):\/\/([^/?#]*)((?:[/?][^#]*)?)$/i.exec(head.target) ?? [];
  if (scheme === undefined) return undefined;
  const isPlain = scheme.toLowerCase() === "http";
  const authority = parseAuthority(named, isPlain ? 80 : 443);
  if (!authority) return undefined;
  const target = path.startsWith("/") ? path : head.method === "OPTIONS" && path === "" ? "*" : `/${path}`;
  return {
    scheme: isPlain ? "http" : "https",
    authority,
    target,
    host: named,
    head: forwardedHead(head, target, named),
  };
}

/** The head of a request as an upstream gets it: another target, another Host, nothing that is for a proxy. */
export function forwardedHead(
  { method, version, headers }: RequestHead,
  target: string,
  host: string,
): Uint8Array {
  return encodeHead(`${method} ${target} HTTP/${version}`, headersFor(headers, host));
}

/** The URL says whom the request is for, whatever the Host header says (RFC 9112 section 3.2.2). */
function headersFor(headers: readonly Header[], host: string): Header[] {
  const kept = headers.filter(([name]) => !hopFields.has(name.toLowerCase()));
  const at = kept.findIndex(([name]) => name.toLowerCase() === "host");
  if (at === -1) return [["Host", host], ...kept];
  return kept.flatMap((header, index): Header[] => {
    if (header[0].toLowerCase() !== "host") return [header];
    return index === at ? [[header[0], host]] : [];
  });
}
