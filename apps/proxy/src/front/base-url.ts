/**
 * Base URLs: paths at the proxy's own address that stand for an upstream. A program that can be told a base URL needs no CA
 * and no proxy variable then.
 */
import { PROVIDER_NAMES, PROVIDERS } from "@faultwire/fault-engine";
import { type Authority, parseAuthority, type Scheme } from "../upstream/authority.ts";
import type { Refusal } from "./own-guard.ts";

/** An upstream that a path stands for. */
export interface BaseUrlTarget {
  readonly kind: "upstream";
  /** What stands before the upstream's own path, without a slash at its end: `/anthropic`. */
  readonly prefix: string;
  readonly scheme: Scheme;
  readonly authority: Authority;
  /** The `Host` that the upstream gets. */
  readonly host: string;
  /** The upstream's own path and query. */
  readonly target: string;
}

/** The prefix of paths that name their upstream themselves. */
const anyUpstream = "upstream";

/** An API that has a prefix of its own here. */
export interface BaseUrlApi {
  /** The variable by which its SDKs learn of a base URL: `OPENAI_BASE_URL`. */
  readonly variable: string;
  /** Where its SDKs go without the variable: `https://api.openai.com/v1`. */
  readonly standard: string;
  /** `/openai`. */
  readonly prefix: string;
  /** What the variable has behind the proxy's address: `/openai/v1`. */
  readonly path: string;
}

/** The APIs that have a prefix. */
export const baseUrlApis: readonly BaseUrlApi[] = PROVIDER_NAMES.flatMap((name) => {
  const { baseUrl } = PROVIDERS[name];
  if (baseUrl === null) return [];
  const { standard, variable } = baseUrl;
  const path = new URL(standard).pathname.replace(/\/$/, "");
  return [{ variable, standard, prefix: `/${name}`, path: `/${name}${path}` }];
});

/** Origins of APIs by the first segment of a path. */
const apis: ReadonlyMap<string, URL> = new Map(
  baseUrlApis.map(({ prefix, standard }) => [prefix.slice(1), new URL(standard)]),
);

/** The prefixes, as people read them. */
export const baseUrlPrefixes: readonly string[] = [
  ...baseUrlApis.map(({ prefix }) => prefix),
  `/${anyUpstream}/https/HOST[:PORT]`,
  `/${anyUpstream}/http/HOST[:PORT]`,
];

/**
 * Reads whom a path stands for. Nothing in it is decoded or made shorter: what is behind the prefix goes on as it came.
 *
 * @param target - In origin form.
 * @returns `undefined` where its first segment is no prefix.
 */
export function readBaseUrl(
  target: string,
): BaseUrlTarget | ({ readonly kind: "refused" } & Refusal) | undefined {
  const [, first = "", rest = ""] = /^\/([^/?]*)(.*)$/s.exec(target) ?? [];
  const api = apis.get(first);
  if (api) {
    const authority = parseAuthority(api.host, 443);
    return (
      authority && {
        kind: "upstream",
        prefix: `/${first}`,
        scheme: "https",
        authority,
        host: api.host,
        target: rooted(rest),
      }
    );
  }
  if (first !== anyUpstream) return undefined;
  const [, scheme, host = "", path = ""] = /^\/(https?)\/([^/?]*)(.*)$/s.exec(rest) ?? [];
  const authority = scheme && parseAuthority(host, scheme === "https" ? 443 : 80);
  if (!authority)
    return {
      kind: "refused",
      status: 400,
      type: "bad_request",
      reason: `/${anyUpstream}/ wants https or http and HOST[:PORT] behind it, an IPv6 address in brackets`,
    };
  return {
    kind: "upstream",
    prefix: `/${first}/${scheme}/${host}`,
    scheme: scheme === "https" ? "https" : "http",
    authority,
    host,
    target: rooted(path),
  };
}

const rooted = (path: string): string => (path.startsWith("/") ? path : `/${path}`);
