/** A port that stands for one upstream: its own address is the upstream's, for clients that can be told nothing else. */
import type { Header, RequestHead } from "@faultwire/http1";
import { ProxyError } from "../proxy-error.ts";
import { type Authority, parseAuthority, type Scheme } from "../upstream/authority.ts";
import { type ForwardedRequest, forwardedHead } from "./absolute-form.ts";

/** The upstream that a port stands for. */
export interface Reverse {
  /** How the upstream is spoken to. */
  readonly scheme: Scheme;
  /** Host and port of the upstream. */
  readonly authority: Authority;
  /** The `Host` that it gets. */
  readonly host: string;
  /** The path that stands in front of every client's, without a slash at its end; may be empty. */
  readonly base: string;
}

/**
 * Reads `http://HOST[:PORT][/path]` or the same with `https`.
 *
 * @throws ProxyError `bad-option`
 */
export function readReverse(text: string): Reverse {
  const [, scheme, host = "", path = ""] = /^(https?):\/\/([^/?#\s]*)(\/[^?#\s]*)?$/i.exec(text) ?? [];
  const isPlain = scheme?.toLowerCase() === "http";
  const authority = scheme === undefined ? undefined : parseAuthority(host, isPlain ? 80 : 443);
  if (!authority)
    throw new ProxyError(
      "bad-option",
      // What stands before an @ may be a password.
      `"${text.replace(/\/\/[^/?#]*@/, "//…@")}" is no upstream that the port could stand for; http:// or https://, HOST[:PORT], and perhaps a path, expected`,
    );
  return { scheme: isPlain ? "http" : "https", authority, host, base: path.replace(/(?<!\/)\/+$/, "") };
}

/** A request to a port that stands for an upstream. */
export interface ReversedRequest {
  readonly head: RequestHead;
  /** In origin form. */
  readonly target: string;
  /** By what the client knows the port. */
  readonly origin: string;
  /** Stands in `Via` of what goes on, where it may come back here (RFC 9110 section 7.6.3). */
  readonly via: string | undefined;
}

/** A request as the upstream gets it: below its path, with its `Host`, and with its own origin for the client's. */
export function reversed(
  { scheme, authority, host, base }: Reverse,
  { head, target, origin, via }: ReversedRequest,
): ForwardedRequest {
  const said = target === "*" ? target : `${base}${target}`;
  const alias = { origin, prefix: "", base, scheme, authority };
  // A server that compares Origin with its Host would refuse its own pages; another's origin stays what it is.
  const headers = head.headers.map(
    ([name, value]): Header =>
      name.toLowerCase() === "origin" && value === origin ? [name, `${scheme}://${host}`] : [name, value],
  );
  return {
    scheme,
    authority,
    target: said,
    host,
    alias,
    head: forwardedHead(
      { ...head, headers: via === undefined ? headers : [...headers, ["Via", via]] },
      said,
      host,
    ),
  };
}
