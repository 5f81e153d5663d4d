/** TLS with an upstream for a client that speaks to us in clear, or whose TLS ends here. */
import { type Line, SecureLine } from "@faultwire/lines";
import { tellTranslated } from "../translate/tell-translated.ts";
import { type Protocol, VersionLine } from "../translate/version-line.ts";
import type { Authority } from "../upstream/authority.ts";
import type { FrontConnection } from "./front-connection.ts";

/** What is said inside of TLS, whatever version of HTTP the upstream has. */
export interface SpokenInside {
  readonly spoken: Protocol;
  /** Opens another connection to the same upstream. */
  readonly open: () => Line;
}

/**
 * Wraps a connection to an upstream in TLS. The upstream is verified as every upstream is: one that does not verify hears
 * nothing of what the client says.
 *
 * @param isOwed - Whether the upstream still owes an answer.
 * @param inside - Left out, HTTP/1.1 alone is offered.
 */
export function secureUpstream(
  connection: FrontConnection,
  authority: Authority,
  line: Line,
  isOwed: () => boolean,
  inside?: SpokenInside,
): Line {
  if (!inside) return secured(connection, authority, line, isOwed, ["http/1.1"]);
  const { runtime, limits } = connection.context;
  const { spoken, open } = inside;
  const offered: readonly Protocol[] = spoken === "h2" ? ["h2", "http/1.1"] : ["http/1.1"];
  return new VersionLine(secured(connection, authority, line, isOwed, offered), {
    spoken,
    again: () => secured(connection, authority, open(), isOwed, [spoken === "h2" ? "http/1.1" : "h2"]),
    open: (isOwedThere) => secured(connection, authority, open(), isOwedThere, ["http/1.1"]),
    maxConnections: limits.translatedConnections,
    now: runtime.clock.now,
    translated: (upstream) => tellTranslated(connection, authority, { client: spoken, upstream }),
  });
}

function secured(
  connection: FrontConnection,
  authority: Authority,
  line: Line,
  isOwed: () => boolean,
  protocols: readonly Protocol[],
): SecureLine {
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
