/** Which of some hosts an address belongs to. */
import { lookup } from "node:dns/promises";
import { after } from "@faultwire/timers";

/** How long names are looked up for, in ms: a report does not wait for a name server that is silent. */
const lookupMs = 1000;

/** Hosts that are looked up at the most. */
const maxHosts = 20;

/**
 * Addresses of hosts, with the host of each. A name that can't be looked up in time is left out.
 *
 * @param hosts - Exact names.
 */
export async function namesByAddress(
  hosts: readonly string[],
  find: (host: string) => Promise<readonly { readonly address: string }[]> = (host) =>
    lookup(host, { all: true }),
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const lookups = hosts.slice(0, maxHosts).map(async (host) => {
    for (const { address } of await find(host).catch(() => []))
      if (!names.has(address)) names.set(address, host);
  });
  let takeBack: (() => void) | undefined;
  const timeUp = new Promise<void>((resolve) => {
    takeBack = after(lookupMs, resolve);
  });
  await Promise.race([Promise.all(lookups), timeUp]);
  takeBack?.();
  return names;
}
