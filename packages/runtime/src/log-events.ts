/** Turns what sessions and rules tell into log lines: one event, one line; names stay stable, bodies never appear. */

import type { EngineEvent, OutcomeEvent } from "@faultwire/fault-engine";
import { describeUnread } from "@faultwire/fault-engine/internal";
import type { ClosedReason, SessionEvent } from "@faultwire/fault-session";
import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import type { Logger } from "pino";

/** Which connection an event is about, in its carrier's own terms, such as `{ tunnel: "…" }`. Goes into the log. */
export type ConnectionLabel = Readonly<Record<string, string | number>>;

/** Logs what a session tells of itself. */
export function logSessionEvent(logger: Logger, event: SessionEvent, label: ConnectionLabel): void {
  const { type, ...fields } = event;
  const entry = { event: type, ...label, ...fields };
  switch (event.type) {
    case "detected":
      logger.debug(
        entry,
        `${event.protocol} ${event.host ?? "without a name"}${event.target ? `, a target, ${event.way}` : ""}`,
      );
      return;
    case "handshake":
      logHandshake(logger, event, label);
      return;
    case "opened":
      logger.debug(entry, `HTTPS to ${event.host} is open (${event.version})`);
      return;
    case "not-opened":
      logger.info(entry, `HTTPS to ${event.host} stays closed: ${event.detail ?? closedBecause[event.why]}`);
      return;
    case "untrusted":
      // Told to the user by whoever knows the remedy, once a client.
      logger.debug(entry, `${event.client} does not trust our CA: ${event.message}`);
      return;
    case "silent":
      logger.debug(entry, `a client of ${event.host} has got our certificate and sends nothing`);
      return;
    case "session-failed":
      logger.warn(entry, `HTTPS to ${event.host} failed: ${event.message}`);
      return;
    case "unread":
      logger.warn(
        entry,
        `${event.host ?? "a connection"}: not read, no rule sees it: ${describeUnread(event.reason)}`,
      );
      return;
    case "policy-bug":
      logger.error(
        entry,
        `an error of ours in the rules (${event.question}); what they were asked about passes`,
      );
      return;
    case "bug":
      logger.error(
        entry,
        "an error of ours; the connection goes on unread, or ends where bytes were changed",
      );
      return;
    default:
      event satisfies never;
  }
}

const closedBecause: Readonly<Record<ClosedReason, string>> = {
  "h2-only": "the client offers no HTTP/1.1",
  "unsupported-offer": "the client offers nothing from TLS 1.2 on that can be opened",
  "not-permitted": "our CA may not stand for this host",
  "asks-for-certificate": "the upstream asks for a client certificate",
  "upstream-refuses": "the upstream refuses the handshake that we offer",
  "one-side": "one side only is registered",
};

/** Logs what a rule did, and what became of it. */
export function logEngineEvent(logger: Logger, event: EngineEvent): void {
  switch (event.type) {
    case "done":
      logger.info(
        {
          event: "fault",
          ...ofRule(event),
          ...(event.instead === undefined ? {} : { instead: event.instead }),
        },
        `${event.rule}: ${event.fault} on ${event.connection}${event.instead === undefined ? "" : `, instead: ${event.instead}`}`,
      );
      return;
    case "undone":
      logger.warn(
        { event: "fault-skipped", ...ofRule(event), why: event.reason },
        `${event.rule}: ${event.fault} not carried out: ${event.reason}`,
      );
      return;
    case "decision":
      logger.debug({ event: "decided", ...ofRule(event) }, `decided: ${event.rule}, ${event.fault}`);
      return;
    case "connection":
    case "request":
    case "response":
    case "end":
    // Told by the session's own event.
    case "unread":
      return;
    case "outcome":
      logger.info({ ...event, event: "outcome" }, outcomeLine(event));
      return;
    default:
      event satisfies never;
  }
}

function outcomeLine({
  from,
  outcome,
  operation,
  requestId,
  exitStatus,
  signal,
  text,
}: OutcomeEvent): string {
  if (from === "exit") return `the program ended with ${signal ?? `exit status ${exitStatus ?? "unknown"}`}`;
  const of = operation ?? requestId;
  return `the program says: ${outcome}${of === undefined ? "" : ` of ${of}`}${text === undefined ? "" : `: ${text}`}`;
}

const ofRule = ({
  rule,
  fault,
  request,
  connection,
}: Extract<EngineEvent, { type: "decision" | "done" | "undone" }>): object => ({
  rule,
  fault,
  request,
  connection,
});

/** One line per TLS connection: what was negotiated with whom, how long it took, and whose library spoke. */
function logHandshake(
  logger: Logger,
  { clientHello, handshake }: Extract<SessionEvent, { type: "handshake" }>,
  label: ConnectionLabel,
): void {
  if (!logger.isLevelEnabled("debug")) return;
  logger.debug(
    {
      event: "handshake",
      ...label,
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
