import { BlockList, isIP } from "node:net";

/** Hosts that are added to `NO_PROXY`, because programs talk to services of their own machine directly. */
const localHosts: readonly string[] = ["localhost", "127.0.0.1"];

/** Splits a `NO_PROXY` into its entries. Commas and blanks stand between entries. */
const noProxyEntries = (text: string): string[] => text.split(/[\s,]+/).filter((entry) => entry !== "");

/** An entry's host in lower case, without a port, brackets, and the `*.` or `.` in front of a domain. */
function hostOfEntry(entry: string): string {
  const bare = entry.toLowerCase().replace(/^\*?\./, "");
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(bare);
  if (bracketed) return bracketed[1] ?? "";
  return isIP(bare) === 6 ? bare : bare.replace(/:\d+$/, "");
}

/** Whether an address stands in the network of an entry such as `10.0.0.0/8`. */
function isInNetwork(address: string, entry: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), kind);
  return list.check(address, kind);
}

/**
 * Whether an entry of `NO_PROXY` covers a host that a target names. A target may have `*` anywhere. Of a target with `*` the
 * end behind its last `*` is compared alone, so the answer may be yes for an entry that covers no such host.
 */
function coversTarget(entry: string, target: string): boolean {
  if (entry === "*" || target === "*") return true;
  const host = hostOfEntry(entry);
  const name = target.toLowerCase();
  if (host.includes("/")) return isInNetwork(name, host);
  if (!name.includes("*")) return name === host || name.endsWith(`.${host}`);
  const end = name.slice(name.lastIndexOf("*") + 1);
  return `.${end}`.endsWith(`.${host}`) || `.${host}`.endsWith(end);
}

/** `NO_PROXY` without what covers targets. */
export interface SplitNoProxy {
  /** Entries for hosts that are to be reached directly. The names of this machine are among them. */
  readonly kept: readonly string[];
  /** The user's entries that cover a target. */
  readonly removed: readonly string[];
}

/** Takes the entries out of a user's `NO_PROXY` that would lead a request for a target past the proxy. */
export function splitNoProxy(noProxy: string, targets: readonly string[]): SplitNoProxy {
  const kept: string[] = [];
  const removed: string[] = [];
  const isCovering = (entry: string): boolean => targets.some((target) => coversTarget(entry, target));
  for (const entry of noProxyEntries(noProxy)) (isCovering(entry) ? removed : kept).push(entry);
  for (const host of localHosts) if (!kept.includes(host) && !isCovering(host)) kept.push(host);
  return { kept, removed };
}

/**
 * The same entries as Java's `http.nonProxyHosts` wants them: `|` between patterns, `*` at an end of each. Entries with a
 * network or a port have no counterpart there, so requests to them go through the proxy, which passes them on.
 *
 * Java adds the names of this machine to every list that is not empty. Where one of them is a target, the list is empty.
 */
export function nonProxyHosts(kept: readonly string[]): string {
  if (localHosts.some((host) => !kept.includes(host))) return "";
  const patterns = kept.flatMap((entry) => {
    if (entry.includes("/") || /[|\s"]/.test(entry)) return [];
    const host = hostOfEntry(entry);
    if (isIP(host) === 6) return [`[${host}]`];
    return isIP(host) === 4 || host === "localhost" ? [host] : [host, `*.${host}`];
  });
  return [...new Set(patterns)].join("|");
}
