/** The curl line of a banner. */
import { baseUrlFor } from "./ways-in.ts";

/** What the line is for. */
export interface CurlOptions {
  readonly proxyUrl: string;
  readonly caCertPath: string;
  /** The target that is asked. */
  readonly host: string;
  /** Whether the mock answers, which takes any key. */
  readonly isMocked: boolean;
  /** Whether HTTPS stays closed: then only a client that speaks HTTPS itself meets what fails. */
  readonly isClosed?: boolean;
  readonly hasAuth?: boolean;
  /** The upstream that the whole port stands for. */
  readonly reverse?: string | undefined;
}

/** A request for a message, which needs nothing installed but curl; in parts, which are one line. */
export function curlLine(options: CurlOptions): readonly string[] {
  const { host, isMocked } = options;
  const body = { model: "claude-sonnet-5-5", max_tokens: 64, messages: [{ role: "user", content: "hi" }] };
  const isAnthropic = /(?:^|\.)anthropic\.com$/i.test(host);
  if (!isMocked && !isAnthropic) return [`curl ${place(options, "/")}`];
  return [
    `curl ${place(options, "/v1/messages")}`,
    `-H x-api-key:${isMocked ? "any" : "YOUR-KEY"} -H anthropic-version:2023-06-01 -H content-type:application/json`,
    `-d '${JSON.stringify(body)}'`,
  ];
}

/** Where it goes: a base URL needs no CA. */
function place(options: CurlOptions, path: string): string {
  const { proxyUrl, caCertPath, host, isClosed, isMocked, hasAuth, reverse } = options;
  if (reverse !== undefined) return `${proxyUrl}${path}`;
  const proxy = `--proxy ${proxyUrl}${hasAuth ? " --proxy-user USER:PASSWORD" : ""}`;
  if (isClosed) return `${proxy}${isMocked ? ` --cacert '${caCertPath}'` : ""} https://${host}${path}`;
  if (hasAuth) return `${proxy} --cacert '${caCertPath}' https://${host}${path}`;
  return `${baseUrlFor(proxyUrl, host)}${path}`;
}
