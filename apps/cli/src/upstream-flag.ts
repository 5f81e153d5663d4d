/** `--upstream` of the Fault proxy: the hosts whose connections meet plugins, in the form that it takes. */

/** The port of the APIs: HTTPS. */
const httpsPort = 443;

/**
 * The flag for targets. The Fault proxy compares `host:port`, small letters, exactly: it takes no pattern but `*`, which stands
 * for every host. So one pattern among the targets makes it `*`.
 *
 * @param targets - Names and patterns, as rules have them; not empty.
 * @returns Such as `--upstream api.one.test:443,api.two.test:443`.
 */
export function upstreamFlag(targets: readonly string[]): string {
  if (targets.some((target) => target.includes("*"))) return "--upstream '*'";
  return `--upstream ${targets.map((target) => `${target.toLowerCase()}:${httpsPort}`).join(",")}`;
}
