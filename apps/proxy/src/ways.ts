/** What the proxy can carry out, by how traffic reaches it. */
import { socketWays } from "@faultwire/fault-session";

type Ways = typeof socketWays;

/** Columns of the table of faults: HTTPS that stays closed, HTTPS that is opened, HTTP in clear. */
export const proxyWays: readonly Ways[keyof Ways][] = [
  { ...socketWays.opaque, name: "proxy, closed HTTPS" },
  { ...socketWays.decrypted, name: "proxy, opened HTTPS" },
  { ...socketWays.plain, name: "proxy, HTTP in clear" },
];
