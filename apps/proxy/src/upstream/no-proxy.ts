/** Hosts that are reached without an upstream proxy, as `NO_PROXY` lists them. */
import { BlockList, isIP } from "node:net";
import { type Authority, parseAuthority } from "./authority.ts";
import { isLoopback, plainAddress } from "./forbidden-addresses.ts";

/** An entry that names hosts. */
interface NamePattern {
  readonly host: string;
  /** A leading dot or `*.`: hosts below the name alone. */
  readonly isBelowAlone: boolean;
  readonly port: number | undefined;
}

const anyPort = 65_535;

/**
 * Entries stand between commas or spaces: `*` for every host; a name for itself and every host below it; `.NAME` or `*.NAME`
 * for hosts below it alone; an address; `ADDRESS/BITS`; each but the last with `:PORT` for that port alone. Loopback is never
 * reached through another proxy. What is none of these is {@link NoProxy.ignored}.
 */
export class NoProxy {
  readonly #isAll: boolean;
  readonly #names: NamePattern[] = [];
  readonly #ranges = new BlockList();
  /** Entries that mean nothing. */
  readonly ignored: readonly string[];

  constructor(list: string) {
    const entries = list
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((entry) => entry !== "");
    this.#isAll = entries.includes("*");
    this.ignored = entries.filter((entry) => entry !== "*" && !this.#add(entry));
  }

  /** Whether a host is reached directly. */
  has({ host, port }: Authority): boolean {
    if (this.#isAll || host === "localhost" || host.endsWith(".localhost")) return true;
    const isAddress = isIP(host) !== 0;
    if (isAddress && isLoopback(host)) return true;
    if (isAddress) {
      const plain = plainAddress(host);
      if (this.#ranges.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4")) return true;
    }
    const address = isAddress ? plainAddress(host) : host;
    return this.#names.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) &&
        ((!entry.isBelowAlone && entry.host === address) ||
          (!isAddress && address.endsWith(`.${entry.host}`))),
    );
  }

  /** @returns false for what means nothing. */
  #add(entry: string): boolean {
    const [, range = "", bits] = /^\[?([0-9a-f:.]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
    if (bits !== undefined) {
      const family = isIP(range);
      if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return false;
      this.#ranges.addSubnet(range, Number(bits), family === 6 ? "ipv6" : "ipv4");
      return true;
    }
    const isBelowAlone = /^\*?\./.test(entry);
    const name = entry.replace(/^\*?\./, "");
    const bare = isIP(name) === 6 ? `[${name}]` : name;
    const read = parseAuthority(bare, anyPort);
    if (!read) return false;
    const host = isIP(read.host) ? plainAddress(read.host) : read.host;
    this.#names.push({
      host,
      isBelowAlone,
      port: /\]?:\d+$/.test(bare) && !bare.endsWith("]") ? read.port : undefined,
    });
    return true;
  }
}
