/** Turns what tunnels tell into log lines: one event, one line; names stay stable, bodies never appear. */

import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import type { TunnelEvent } from "@faultwire/tunnel";
import type { Logger } from "pino";

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
    case "fault": {
      const what =
        event.fault === "close"
          ? `close ${event.host} at ${event.at}`
          : `answer ${event.method} to ${event.host} with ${event.status}`;
      if (event.stage === "decided") logger.debug(entry, `decided: ${what}`);
      else logger.info(entry, `fault: ${what}`);
      return;
    }
    case "fault-skipped":
      logger.warn(entry, `fault not carried out: ${event.why}`);
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
