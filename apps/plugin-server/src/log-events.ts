/** Turns what tunnels tell into log lines: one event, one line; names stay stable, bodies never appear. */

import type { EngineEvent } from "@faultwire/fault-engine";
import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import type { ClosedReason, TunnelEvent } from "@faultwire/tunnel";
import type { Logger } from "pino";

/** Why HTTPS stays closed, for people. */
const closedBecause: Readonly<Record<ClosedReason, string>> = {
  "h2-only": "the client offers HTTP/2 only",
  "unsupported-offer": "the client offers no TLS version or cipher suite that can be opened",
  "not-permitted": "the CA may not stand for this host",
  "asks-for-certificate": "the upstream asks for a client certificate",
  "upstream-refuses": "the upstream has refused a handshake of ours",
  "one-side": "one side only is registered",
};

/** What became of faults, one line each. */
export function logEngineEvent(logger: Logger, event: EngineEvent): void {
  switch (event.type) {
    case "decision":
      logger.debug({ ...event, event: "decided" }, `decided: ${event.rule}, ${event.fault}`);
      return;
    case "done":
      logger.info({ ...event, event: "fault" }, `fault: ${event.rule}, ${event.fault}`);
      return;
    case "undone":
      logger.warn(
        { ...event, event: "fault-skipped" },
        `fault not carried out: ${event.rule}, ${event.fault}: ${event.reason}`,
      );
      return;
    case "connection":
    case "request":
    case "response":
    case "end":
      return;
    default:
      event satisfies never;
  }
}

export function logTunnelEvent(logger: Logger, event: TunnelEvent): void {
  const { type, ...fields } = event;
  const entry = { event: type, ...fields };
  switch (event.type) {
    case "connection":
      logger.debug(
        entry,
        `${event.protocol} ${event.host ?? "without a name"}${event.target ? ", a target" : ""}`,
      );
      return;
    case "handshake":
      logHandshake(logger, event);
      return;
    case "not-opened":
      logger.info(entry, `HTTPS to ${event.host} stays closed: ${closedBecause[event.why]}`);
      return;
    case "opened":
      logger.debug(entry, `HTTPS to ${event.host} is open (${event.version})`);
      return;
    case "untrusted":
      logger.warn(
        entry,
        `a client does not trust the CA (${event.message}); "faultwire ca env" tells how it can`,
      );
      return;
    case "session-failed":
      logger.warn(entry, `HTTPS to ${event.host} failed: ${event.message}`);
      return;
    case "unpaired":
      logger.debug(entry, "the host wrapped one side of this tunnel");
      return;
    case "recovered":
      logger.debug(entry, `the host had dropped ${event.bytes} bytes; given again`);
      return;
    case "mismatch":
      logger.error(entry, "bytes were lost or changed on the way through the host; tunnel closed");
      return;
    case "closed":
      logger.debug(entry, `tunnel over (${event.why})`);
      return;
    default:
      event satisfies never;
  }
}

/** One line per TLS connection: what was negotiated with whom, how long it took, and whose library spoke. */
function logHandshake(logger: Logger, event: Extract<TunnelEvent, { type: "handshake" }>): void {
  if (!logger.isLevelEnabled("debug")) return;
  const { tunnel, clientHello, handshake } = event;
  logger.debug(
    {
      event: "handshake",
      tunnel,
      state: handshake.state,
      established: handshake.established,
      version: handshake.versionName,
      cipherSuite: handshake.cipherSuiteName,
      serverName: handshake.serverName,
      alpnOffered: handshake.alpnOffered,
      alpn: handshake.alpn,
      resumedBy: handshake.resumedBy,
      retried: handshake.retried,
      ja3: clientHello && ja3(clientHello),
      ja4: clientHello && ja4(clientHello),
      alerts: handshake.alerts,
      violations: handshake.violations,
      history: handshake.history,
      phases: handshake.phases,
    },
    `${handshake.versionName ?? "TLS"} ${handshake.cipherSuiteName ?? ""} ${handshake.established ?? handshake.state}`,
  );
}
