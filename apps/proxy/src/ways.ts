/** What the proxy can carry out, by how traffic reaches it. */
import { http2Way, socketWays } from "@faultwire/fault-session";

type Ways = typeof socketWays;
type Way = Ways[keyof Ways];

/** A session can't refuse the connection that it is on; the proxy is asked before. */
const asProxy = (way: Way, name: string): Way => ({
  name,
  abilities: { ...way.abilities, "connect.refuse": { kind: "yes" } },
});

/** Columns of the table of faults: HTTPS that stays closed, HTTPS that is opened, HTTP in clear, HTTP/2. */
export const proxyWays: readonly Way[] = [
  asProxy(socketWays.opaque, "proxy, closed HTTPS"),
  asProxy(socketWays.decrypted, "proxy, opened HTTPS"),
  asProxy(socketWays.plain, "proxy, HTTP in clear"),
  asProxy(http2Way, "proxy, HTTP/2"),
];
