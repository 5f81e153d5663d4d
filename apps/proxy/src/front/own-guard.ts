/** Who may send the proxy requests that name no host of their own: programs, and only such pages as were allowed. */
import { type Header, headerValue, headerValues } from "@faultwire/http1";
import { ProxyError } from "../proxy-error.ts";
import { parseAuthority } from "../upstream/authority.ts";
import { OwnNames } from "./own-names.ts";

/** Why a request is not taken. */
export interface Refusal {
  readonly status: number;
  /** For programs. */
  readonly type: string;
  /** For people: what was found, and what to do. */
  readonly reason: string;
  readonly headers?: readonly Header[];
}

/** What an {@link OwnGuard} is made from. */
export interface OwnGuardOptions {
  readonly names: readonly string[];
  /** Origins of pages that may, such as `http://localhost:5173`. */
  readonly origins: readonly string[];
  readonly isOpenToOthers: boolean;
}

export class OwnGuard {
  readonly names: OwnNames;
  readonly #origins: ReadonlySet<string>;

  /** @throws ProxyError `bad-option` */
  constructor({ names, origins, isOpenToOthers }: OwnGuardOptions) {
    this.names = new OwnNames(names, isOpenToOthers);
    for (const origin of origins)
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new ProxyError(
          "bad-option",
          `"${origin}" is no origin of a page; SCHEME://HOST[:PORT] expected`,
        );
    this.#origins = new Set(origins);
  }

  /** Why a request in origin form is not for us by its `Host`; undefined where it is. */
  strange(headers: readonly Header[]): Refusal | undefined {
    const hosts = headerValues(headers, "host");
    const [host = ""] = hosts;
    const named = hosts.length === 1 ? parseAuthority(host, 80) : undefined;
    if (named && this.names.has(named.host)) return undefined;
    const found = named ? `Host is ${named.host}` : "there is not one Host that names a host";
    return {
      status: 421,
      type: "misdirected_request",
      reason: `${found}, which is no name of this proxy; use localhost or 127.0.0.1, or tell the proxy at its start that it has that name`,
    };
  }

  /**
   * Why a page in a browser may not send this; undefined where it may, or where it is no page's. Browsers add
   * `Sec-Fetch-Site` (and `Origin`) to requests to this machine, and a page can neither change nor leave out either of them.
   *
   * @param isForUs - The request is answered by ourselves: then a person may open it, and our own pages may ask for it.
   */
  page(headers: readonly Header[], isForUs: boolean): Refusal | undefined {
    const origin = headerValue(headers, "origin");
    const site = headerValue(headers, "sec-fetch-site");
    if (origin === undefined && site === undefined) return undefined;
    if (origin !== undefined && this.#origins.has(origin)) return undefined;
    if (isForUs && (site === "same-origin" || (site === "none" && origin === undefined))) return undefined;
    return {
      status: 403,
      type: "page_refused",
      reason:
        origin === undefined
          ? "a browser sent this, and pages in a browser may not use this address"
          : "a page in a browser may not use this address; if it should, tell the proxy its origin at the start",
    };
  }
}
