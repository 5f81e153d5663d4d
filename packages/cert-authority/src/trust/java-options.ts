/** `JAVA_TOOL_OPTIONS`: options for every JVM, as words with blanks between them. The JVM takes quotes of both kinds. */

const word = /(?:[^\s'"]|'[^']*(?:'|$)|"[^"]*(?:"|$))+/g;

/** The name of the system property that a word sets; undefined where it sets none. */
const propertyOf = (text: string): string | undefined => /^-D([^=]+)/.exec(text.replaceAll(/['"]/g, ""))?.[1];

/**
 * Options of the JVM with these system properties behind them. Words that set one of them before are taken out: the JVM takes
 * the last of two equal ones, so they meant nothing any more.
 *
 * @param before - The variable's value; undefined or empty where there is none.
 * @param properties - Values by names. A value may hold blanks, and no double quote.
 * @example withJavaProperties("-Xmx1g", { "http.proxyHost": "127.0.0.1" }) // -Xmx1g -Dhttp.proxyHost=127.0.0.1
 */
export function withJavaProperties(
  before: string | undefined,
  properties: Readonly<Record<string, string>>,
): string {
  const words = before?.match(word) ?? [];
  const kept = words.filter((text) => !Object.hasOwn(properties, propertyOf(text) ?? ""));
  const ours = Object.entries(properties).map(([name, value]) =>
    /\s/.test(value) ? `"-D${name}=${value}"` : `-D${name}=${value}`,
  );
  return [...kept, ...ours].join(" ");
}
