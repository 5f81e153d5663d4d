/** What to do about a program that goes past the proxy, by what the program is. */

const hints: readonly (readonly [program: RegExp, hint: string])[] = [
  [
    /^(?:node|nodejs|bun|deno|electron)/i,
    "it may give its client an agent or a dispatcher of its own, or start without NODE_OPTIONS; --base-url leads an SDK that reads a base URL",
  ],
  [
    /^python/i,
    "it may have switched variables off (trust_env=False), or speak HTTP by a library that knows none; --base-url leads an SDK that reads a base URL",
  ],
  [
    /^java/i,
    "it may give its client a proxy selector of its own, or start without JAVA_TOOL_OPTIONS; set its client's proxy by https.proxyHost",
  ],
];

const general =
  "it may not read HTTPS_PROXY (in Go: a Transport without ProxyFromEnvironment), or have been started with an emptied environment, as sudo, env -i and containers do";

/** A sentence without its full stop. */
export function hintFor(program: string): string {
  return hints.find(([pattern]) => pattern.test(program))?.[1] ?? general;
}
