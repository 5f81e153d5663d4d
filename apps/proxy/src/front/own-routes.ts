/** What the proxy answers by itself: a table of routes, for requests whose target is the proxy. */
import type { Header, HttpResponse } from "@faultwire/http1";
import { ProxyError } from "../proxy-error.ts";

/** A request for the proxy itself, with its whole body. */
export interface OwnRequest {
  /** As the request line had it. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Behind the first `?`; empty where there is none. */
  readonly query: string;
  /** In the order sent, names as sent. */
  readonly headers: readonly Header[];
  /** At most {@link OwnRoute.maxBodyBytes}; not chunked any more. */
  readonly body: Uint8Array;
  /** The number of the client's connection, as the log names it. */
  readonly connection: number;
}

/** One thing that the proxy answers by itself. */
export interface OwnRoute {
  /** Upper case. A route for `GET` answers `HEAD` as well. */
  readonly method: string;
  /** The whole path, such as `/outcome`; it begins with a slash and has no query. */
  readonly path: string;
  /** A longer body is answered with 413, and the connection ends. Default {@link defaultMaxBodyBytes}. */
  readonly maxBodyBytes?: number;
  /**
   * Answers. `content-length` and `connection` are added. What it throws is logged, and the client gets a 500.
   * Requests that come behind it on the same connection wait for its answer.
   */
  handle(request: OwnRequest): HttpResponse | Promise<HttpResponse>;
}

/** How long a body of a request for the proxy itself may be, in bytes, where its route says nothing: 64 KiB. */
export const defaultMaxBodyBytes = 65_536;

/** The host that leads to the proxy's own routes from a client that uses it as a proxy: `http://faultwire.local/`. */
export const ownHost = "faultwire.local";

/** What the table says of a method and a path. */
export type FoundRoute =
  | { readonly kind: "route"; readonly route: OwnRoute }
  /** There is such a path, for other methods. */
  | { readonly kind: "other-method"; readonly allowed: readonly string[] }
  | { readonly kind: "none" };

export class OwnRoutes {
  readonly #routes: readonly OwnRoute[];

  /** @throws ProxyError `bad-option` for a path that is none, or two routes that are the same. */
  constructor(routes: readonly OwnRoute[]) {
    this.#routes = routes;
    const seen = new Set<string>();
    for (const { method, path } of routes) {
      const name = `${method} ${path}`;
      if (!/^\/[^?#\s]*$/.test(path) || !/^[A-Z]+$/.test(method))
        throw new ProxyError(
          "bad-option",
          `"${name}" is no route; a method and a path without query expected`,
        );
      if (seen.has(name)) throw new ProxyError("bad-option", `there are two routes "${name}"; one expected`);
      seen.add(name);
    }
  }

  /** The paths that there are, each once. */
  get paths(): readonly string[] {
    return [...new Set(this.#routes.map(({ path }) => path))];
  }

  find(method: string, path: string): FoundRoute {
    const here = this.#routes.filter((route) => route.path === path);
    const asked = method === "HEAD" ? "GET" : method;
    const route = here.find((each) => each.method === asked);
    if (route) return { kind: "route", route };
    return here.length === 0
      ? { kind: "none" }
      : { kind: "other-method", allowed: here.map((each) => each.method) };
  }
}
