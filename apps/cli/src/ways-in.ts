/** How a program is led to a proxy of ours, in the words of a banner. */
import { type BaseUrlApi, baseUrlApis } from "@faultwire/proxy/internal";

/** What leads a program to a proxy. */
export interface WaysIn {
  readonly proxyUrl: string;
  /** Targets that are exact names, in their order. */
  readonly hosts: readonly string[];
  /** The upstream that the whole port stands for. */
  readonly reverse?: string | undefined;
  /** The proxy asks for a user and a password. */
  readonly hasAuth?: boolean;
}

/** How this command is called here: `npm start` and `npx` put nothing on the PATH. */
export function commandName(environment: NodeJS.ProcessEnv = process.env): string {
  return environment["npm_command"] === undefined ? "faultwire" : "npx faultwire";
}

/** Three ways, one a row: the proxy, a base URL, and `run`. */
export function waysIn(options: WaysIn): readonly (readonly [string, string])[] {
  const { proxyUrl, reverse, hasAuth = false } = options;
  const name = commandName();
  const proxy = hasAuth ? proxyUrl.replace("://", "://USER:PASSWORD@") : proxyUrl;
  if (reverse !== undefined) return [[proxyUrl, `in place of ${reverse}: no proxy and no CA needed`]];
  return [
    [
      `eval "$(${name} ca env --proxy ${proxy})"`,
      "in its shell: sets HTTPS_PROXY and what makes it trust the CA",
    ],
    ...(hasAuth ? [] : [[baseUrlOf(options), "no proxy and no CA needed"] as const]),
    [`${name} run -- COMMAND`, "or have one command set up, run and judged"],
  ];
}

/** A base URL for the first target: under the variable of its SDK, where it is the API of one. */
function baseUrlOf({ proxyUrl, hosts }: WaysIn): string {
  for (const host of hosts) {
    const api = apiOf(host);
    if (api) return `${api.variable}=${proxyUrl}${api.path}`;
  }
  return `${proxyUrl}/upstream/https/${hosts[0] ?? "HOST"}`;
}

/** The base URL at which a host of the upstreams is reached. */
export function baseUrlFor(proxyUrl: string, host: string): string {
  return `${proxyUrl}${apiOf(host)?.prefix ?? `/upstream/https/${host}`}`;
}

function apiOf(host: string): BaseUrlApi | undefined {
  return baseUrlApis.find(({ standard }) => new URL(standard).host === host);
}
