/** TLS with an upstream for a client that speaks to us in clear. */
import { type Line, SecureLine } from "@faultwire/lines";
import type { Authority } from "../upstream/authority.ts";
import type { FrontConnection } from "./front-connection.ts";

/**
 * Wraps a connection to an upstream in TLS. The upstream is verified as every upstream is: one that does not verify hears
 * nothing of what the client says.
 *
 * @param isOwed - Whether the upstream still owes an answer.
 * @param protocols - Application protocols to offer.
 */
export function secureUpstream(
  connection: FrontConnection,
  authority: Authority,
  line: Line,
  isOwed: () => boolean,
  protocols: readonly string[] = ["http/1.1"],
): Line {
  const { runtime, contexts, limits } = connection.context;
  return new SecureLine(line, {
    host: authority.host,
    trust: runtime.upstreamTrust,
    protocols,
    contexts,
    clock: runtime.clock,
    guard: (act) => connection.guard(act),
    handshakeMs: limits.connectMs,
    isOwed,
    onFailed: (failure) => connection.tlsFailed(authority, failure),
  });
}
