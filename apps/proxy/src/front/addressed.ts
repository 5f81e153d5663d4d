/** Whom a request is for: a tunnel, an upstream, or the proxy itself. */
import { headerValue, type RequestHead } from "@faultwire/http1";
import type { ProxyContext } from "../proxy-context.ts";
import { type Authority, parseAuthority, type Scheme } from "../upstream/authority.ts";
import { type ForwardedRequest, forwardedHead, readAbsoluteForm } from "./absolute-form.ts";
import { type BaseUrlTarget, baseUrlPrefixes, readBaseUrl } from "./base-url.ts";
import type { Refusal } from "./own-guard.ts";
import { type FoundRoute, type OwnRoute, type OwnRoutes, ownHost } from "./own-routes.ts";
import { reversed } from "./reverse.ts";

/** What is to be done with a request. */
export type Addressed =
  | { readonly kind: "connect"; readonly authority: Authority }
  | { readonly kind: "forward"; readonly request: ForwardedRequest }
  /** For the proxy itself; `target` in origin form. */
  | { readonly kind: "own"; readonly route: OwnRoute; readonly target: string }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const refused = (status: number, type: string, reason: string): Addressed => ({
  kind: "refused",
  refusal: { status, type, reason },
});

/**
 * How it is known that the proxy itself is meant: by its address, so that `Host` need not say it; by {@link ownHost}; or not at
 * all, so that `Host` has to.
 */
export type Known = "no" | "address" | "own-host";

/** How a client has come. */
export interface Door {
  readonly known: Known;
  readonly scheme: Scheme;
}

/** Reads whom a request is for. What is refused has a reason. */
export function readAddressed(head: RequestHead, context: ProxyContext, { known, scheme }: Door): Addressed {
  if (head.method === "CONNECT") {
    const authority = parseAuthority(head.target);
    if (authority) return { kind: "connect", authority };
    return refused(
      400,
      "bad_request",
      "CONNECT wants HOST:PORT, a name or an address and a port from 1 to 65535",
    );
  }
  if (head.target.startsWith("/") || head.target === "*") {
    const origin = `${scheme}://${headerValue(head.headers, "host") ?? ownHost}`;
    return readOrigin({ head, target: head.target, origin, known }, context);
  }
  const request = readAbsoluteForm(head);
  if (!request)
    return refused(
      400,
      "bad_request",
      "that is no URL of http or https whose host can be reached, or it holds a user or a password",
    );
  const meant = knownBy(request.authority, context);
  if (meant === "no") return { kind: "forward", request };
  const origin = `${request.scheme}://${request.host}`;
  return readOrigin({ head, target: request.target, origin, known: meant }, context);
}

/** Whether an authority is the proxy's own: by the name that it has for its clients, or where it listens. */
export function knownBy({ host, port }: Authority, { guard, own }: ProxyContext): Known {
  if (host === ownHost) return "own-host";
  return port === own()?.port && guard.names.has(host) ? "address" : "no";
}

/** A request whose target names no host. */
interface OwnTarget {
  readonly head: RequestHead;
  /** In origin form. */
  readonly target: string;
  /** By what the client knows the proxy: `http://127.0.0.1:3180`. */
  readonly origin: string;
  readonly known: Known;
}

function readOrigin(
  asked: OwnTarget,
  { guard, ownRoutes, reverse, via, mayComeBack }: ProxyContext,
): Addressed {
  const { head, target, origin, known } = asked;
  const isReversed = reverse !== undefined && known !== "own-host";
  const [path = ""] = target.split("?", 1);
  const found = ownRoutes.find(head.method, path);
  // The page that says what this is does no harm by whatever name it is found.
  if (!isReversed && found.kind === "route" && path === "/")
    return { kind: "own", route: found.route, target };
  const strange = known === "no" ? guard.strange(head.headers) : undefined;
  if (strange) return { kind: "refused", refusal: strange };
  if (isReversed)
    return {
      kind: "forward",
      request: reversed(reverse, { ...asked, via: mayComeBack() ? `1.1 ${via}` : undefined }),
    };
  const base = found.kind === "none" ? readBaseUrl(target) : undefined;
  const page = guard.page(head.headers, base === undefined);
  if (page) return { kind: "refused", refusal: page };
  if (base?.kind === "refused") return { kind: "refused", refusal: base };
  if (base) return { kind: "forward", request: forwardedTo(base, head, origin) };
  return ofOwn(found, target, ownRoutes);
}

function forwardedTo(
  { scheme, authority, host, prefix, target }: BaseUrlTarget,
  head: RequestHead,
  origin: string,
): ForwardedRequest {
  const alias = { origin, prefix, base: "", scheme, authority };
  return { scheme, authority, target, host, alias, head: forwardedHead(head, target, host) };
}

function ofOwn(found: FoundRoute, target: string, { paths }: OwnRoutes): Addressed {
  switch (found.kind) {
    case "route":
      return { kind: "own", route: found.route, target };
    case "other-method":
      return {
        kind: "refused",
        refusal: {
          status: 405,
          type: "method_not_allowed",
          reason: `this path is for ${found.allowed.join(" and ")}`,
          // RFC 9110 section 15.5.6 asks for it.
          headers: [["allow", found.allowed.join(", ")]],
        },
      };
    case "none": {
      const known = [...paths, ...baseUrlPrefixes].join(", ");
      return refused(
        404,
        "not_found",
        `the proxy has no such path; its paths, and those that stand for an upstream, are ${known}`,
      );
    }
    default:
      return found satisfies never;
  }
}
