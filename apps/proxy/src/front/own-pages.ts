/** The routes that every proxy has: a page for people, and the CA's certificate. */

import { baseUrlApis } from "./base-url.ts";
import { textResponse } from "./own-answers.ts";
import type { OwnRoute } from "./own-routes.ts";
import { ownHost } from "./own-routes.ts";

/** What the pages tell. */
export interface OwnPagesOptions {
  /** The proxy's own URL, without a path. */
  readonly url: () => string;
  /** The CA's certificate, PEM; `undefined` where there is no CA. It is public: each client of the CA gets it. */
  readonly caPem: string | undefined;
}

/** The routes `GET /` and, where there is a CA, `GET /ca.pem`. */
export function ownPages({ url, caPem }: OwnPagesOptions): readonly OwnRoute[] {
  const page: OwnRoute = {
    method: "GET",
    path: "/",
    handle: () => textResponse(200, pageText(url(), caPem !== undefined)),
  };
  if (caPem === undefined) return [page];
  const ca: OwnRoute = {
    method: "GET",
    path: "/ca.pem",
    handle: () => ({
      status: 200,
      headers: [
        ["content-type", "application/x-pem-file"],
        ["content-disposition", 'attachment; filename="faultwire-ca.pem"'],
      ],
      body: new TextEncoder().encode(caPem),
    }),
  };
  return [page, ca];
}

function pageText(url: string, hasCa: boolean): string {
  const trust = hasCa
    ? ['  eval "$(faultwire ca env)"   # trusts the CA, whose certificate is at /ca.pem']
    : [];
  return [
    "This is Faultwire: a proxy that makes calls to model APIs fail on purpose, by rule.",
    "",
    "Point a program at it as its proxy:",
    `  export HTTPS_PROXY=${url}`,
    ...trust,
    "or, without a CA, as the base URL of its SDK:",
    ...baseUrlApis.map(({ variable, path }) => `  export ${variable}=${url}${path}`),
    "or of any other upstream, which stands in the path:",
    `  ${url}/upstream/https/HOST[:PORT]/...`,
    "",
    `A program that uses the proxy finds this page at http://${ownHost}/ as well.`,
  ].join("\n");
}
