/** What goes into variables that hold options: `NODE_OPTIONS` and `JAVA_TOOL_OPTIONS`. */

/**
 * A word for `NODE_OPTIONS`. Node splits at blanks, and takes quotes and, between quotes, a backslash for the next
 * character.
 */
function nodeWord(word: string): string {
  return /[\s"]/.test(word) ? `"${word.replaceAll(/[\\"]/g, "\\$&")}"` : word;
}

/**
 * `NODE_OPTIONS` that load a hook before the modules that a user's own options load: a dispatcher or agent that one of
 * those sets then stays.
 *
 * @param hook absolute path of a CommonJS file
 */
export function nodeOptionsWith(hook: string, before: string): string {
  const ours = `--require ${nodeWord(hook)}`;
  return before.includes(ours) ? before : `${ours} ${before.trim()}`.trim();
}

/** System properties that lead `HttpURLConnection`, `HttpClient` and OkHttp of Java to a proxy. */
export function javaProxyProperties(proxyUrl: string, nonProxy: string): Readonly<Record<string, string>> {
  const { hostname, port: given } = new URL(proxyUrl);
  const host = hostname.replaceAll(/[[\]]/g, "");
  const port = given || "80";
  return {
    "http.proxyHost": host,
    "http.proxyPort": port,
    "https.proxyHost": host,
    "https.proxyPort": port,
    // The same list counts for HTTPS. An empty value means that no host is reached directly, in place of Java's default.
    "http.nonProxyHosts": nonProxy,
  };
}
