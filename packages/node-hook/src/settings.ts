/** What the hook reads of the environment, once, at the start of the program. */
export interface Settings {
  /** The proxy's address, without brackets. */
  readonly proxyHost: string;
  readonly proxyPort: number;
  /** Hosts that requests fail for. They always go to the proxy. */
  readonly isTarget: (host: string) => boolean;
  /** Hosts of `NO_PROXY`. They never go to the proxy, unless they are targets. */
  readonly isExempt: (host: string, port: number) => boolean;
  /** A file with the CA's certificate. */
  readonly caFile: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const listed = (text = ""): string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");

/** A pattern in which `*` stands for any characters. */
const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replaceAll(/[^*]+/g, (text) => text.replaceAll(/\W/g, "\\$&")).replaceAll("*", ".*")}$`,
  );

/** A test for hosts of `NO_PROXY`: names with those below them, addresses, either with a port, and `*`. */
function exemption(entries: readonly string[]): Settings["isExempt"] {
  const tests = entries.map((entry) => {
    // What has more colons than that of a port is an IPv6 address.
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
    const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, "");
    return (host: string, port: number) =>
      (digits === undefined || Number(digits) === port) &&
      (name === "*" || host === name || host.endsWith(`.${name}`));
  });
  return (host, port) => tests.some((test) => test(host, port));
}

/**
 * Reads `FAULTWIRE_PROXY`, `FAULTWIRE_TARGETS`, `FAULTWIRE_CA` and `NO_PROXY`.
 *
 * @returns undefined without `FAULTWIRE_PROXY`: then there is nothing to do
 * @throws Error for a `FAULTWIRE_PROXY` that is no URL of HTTP
 */
export function readSettings(environment: Environment): Settings | undefined {
  const {
    FAULTWIRE_PROXY: proxy,
    FAULTWIRE_TARGETS: targets,
    FAULTWIRE_CA: ca,
  } = environment as Record<string, string | undefined>;
  if (!proxy) return undefined;
  if (!URL.canParse(proxy) || new URL(proxy).protocol !== "http:")
    throw new Error("FAULTWIRE_PROXY is not of the form http://HOST:PORT");
  const { hostname, port } = new URL(proxy);
  const patterns = listed(targets).map(glob);
  return {
    proxyHost: hostname.replaceAll(/[[\]]/g, ""),
    proxyPort: Number(port || 80),
    isTarget: (host) => patterns.some((pattern) => pattern.test(host)),
    isExempt: exemption(listed(environment["NO_PROXY"] || environment["no_proxy"])),
    caFile: ca || undefined,
  };
}
