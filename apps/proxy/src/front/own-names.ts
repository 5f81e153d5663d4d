/**
 * The names and addresses by which the proxy itself is meant. A page in a browser can give a name of its own an address of
 * this machine ("DNS rebinding") and then speak to us as if we were its own server: `Host` tells.
 */
import { isIP } from "node:net";
import { ProxyError } from "../proxy-error.ts";
import { parseAuthority } from "../upstream/authority.ts";
import { isLoopback } from "../upstream/forbidden-addresses.ts";

export class OwnNames {
  readonly #given: ReadonlySet<string>;
  readonly #takesAddresses: boolean;

  /**
   * @param given - Names besides those of loopback, without a port.
   * @param takesAddresses - Whether any address is ours: where others reach the proxy it can't know all of its own, and an
   * address is no name that could be led elsewhere.
   * @throws ProxyError `bad-option`
   */
  constructor(given: readonly string[], takesAddresses: boolean) {
    for (const name of given)
      if (parseAuthority(name, 80)?.host !== name.toLowerCase())
        throw new ProxyError("bad-option", `"${name}" is no name of a host; one without a port expected`);
    this.#given = new Set(given.map((name) => name.toLowerCase()));
    this.#takesAddresses = takesAddresses;
  }

  /** @param host - Lower case, without a port and brackets. */
  has(host: string): boolean {
    if (isIP(host)) return this.#takesAddresses || isLoopback(host) || this.#given.has(host);
    const name = host.replace(/\.$/, "");
    return name === "localhost" || name.endsWith(".localhost") || this.#given.has(name);
  }
}
