/** A variable by which an SDK learns where its API is. */
export interface BaseUrlVariable {
  /** Its name: `OPENAI_BASE_URL`. */
  readonly variable: string;
  /** Where the SDK goes without the variable. */
  readonly standard: string;
  /** The proxy's own prefix for that API; what follows is the path of {@link standard}. */
  readonly prefix: string;
}

const withoutSlash = (path: string): string => path.replace(/(?<!\/)\/+$/, "");

/**
 * A base URL of the proxy that stands for an SDK's own base URL.
 *
 * @param before what the user's variable says; `undefined` where there is none
 * @returns `undefined` where the user's value is no HTTP URL
 */
export function proxiedBaseUrl(
  proxyUrl: string,
  { standard, prefix }: Pick<BaseUrlVariable, "standard" | "prefix">,
  before: string | undefined,
): string | undefined {
  const origin = withoutSlash(proxyUrl);
  const usual = new URL(standard);
  const url = URL.canParse(before ?? standard) ? new URL(before ?? standard) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  // A program in a program: the variable leads to the proxy already.
  if (url.origin === new URL(proxyUrl).origin) return before;
  const path = withoutSlash(url.pathname);
  if (url.origin === usual.origin) return `${origin}${prefix}${path}`;
  return `${origin}/upstream/${url.protocol.slice(0, -1)}/${url.host}${path}`;
}
