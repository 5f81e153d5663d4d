import type { MalformedCode } from "@faultwire/http1";
import type { EngineEvent } from "./event.ts";

/**
 * Why a part of a connection was not read, so that no rule could see it.
 *
 * - a {@link MalformedCode}: a message is not HTTP/1 as RFC 9112 has it, or two readers could take it differently
 * - `awaits-continue`: the client sends a request's body only after a 100, and a rule asks for that body
 * - `body-too-large`: a rule asks for a request's body, and the body is over the limit
 * - `body-on-one-side`: a rule asks for a request's body, and a tunnel that is heard on one side can't wait for it
 * - `body-not-replayable`: a rule asks for a request's body, which can be read once: a stream, or a form
 * - `malformed-hello`: the ClientHello can't be read
 * - `no-server-name`: the ClientHello names no host, as with an IP address in the URL (RFC 6066 section 3)
 * - `no-host`: the first request names no host
 * - `other-host`: a request on a connection to a target is for another host, which is no target
 * - `other-protocol`: the first bytes are neither a TLS record nor an HTTP request, or the server speaks first
 * - `expression-too-costly`: a rule's regular expression was not tried, and the rule did not match; see `effortLimits`
 * - `upgraded`: client and upstream have agreed on another protocol (101, or a CONNECT)
 * - `bad-frame`: a frame of a WebSocket is not as RFC 6455 has it
 */
export type UnreadReason =
  | MalformedCode
  | "awaits-continue"
  | "body-too-large"
  | "body-on-one-side"
  | "body-not-replayable"
  | "malformed-hello"
  | "no-server-name"
  | "no-host"
  | "other-host"
  | "other-protocol"
  | "expression-too-costly"
  | "upgraded"
  | "bad-frame";

/** Each reason in words, as logs and reports have it. */
export const UNREAD_REASONS: Readonly<Record<UnreadReason, string>> = {
  "bad-request-line": "a request line that is not HTTP/1",
  "bad-status-line": "a status line that is not HTTP/1",
  "unsupported-version": "a version of HTTP that is neither 1.0 nor 1.1",
  "bare-lf": "a line that ends in LF without CR",
  "bare-cr": "a CR in the middle of a line",
  "obs-fold": "a header that is folded over two lines",
  "bad-header-name": "a header whose name is no token",
  "bad-header-value": "a control character in a header's value",
  "head-too-large": "a head over the limit",
  "too-many-headers": "more header lines than the limit",
  "chunk-line-too-large": "a chunk-size line over the limit",
  "trailers-too-large": "trailers over the limit",
  "several-content-lengths": "more than one Content-Length",
  "bad-content-length": "a Content-Length that is no number",
  "length-and-encoding": "Content-Length and Transfer-Encoding in one message",
  "bad-transfer-encoding": "a Transfer-Encoding that leaves the length unknown",
  "bad-chunk-size": "a chunk size that can't be read",
  "bad-chunk-end": "a chunk that does not end in CRLF",
  "bytes-after-close": "bytes after the message that was to be the last",
  "unsolicited-response": "a response to no request",
  "too-many-outstanding": "more requests without an answer than the limit",
  truncated: "the connection ended in the middle of a message",
  "awaits-continue": "a rule asks for a body that the client sends only after a 100",
  "body-too-large": "a rule asks for a body that is over the limit",
  "body-on-one-side": "a rule asks for a body, which a tunnel heard on one side can't wait for",
  "body-not-replayable": "a rule asks for a body that can be read once, to send it",
  "malformed-hello": "a ClientHello that can't be read",
  "no-server-name": "a ClientHello that names no host",
  "no-host": "a request that names no host",
  "other-host": "a request, on a connection to a target, for a host that is none",
  "other-protocol": "a connection that speaks neither TLS nor HTTP/1",
  "expression-too-costly":
    "a text that is too long for a rule's regular expression, which was not tried on it",
  upgraded: "the connection went over to another protocol",
  "bad-frame": "a frame of a WebSocket that RFC 6455 does not allow",
};

/** A reason in words; one that this version does not know stays as it is. */
export function describeUnread(reason: string): string {
  return Object.hasOwn(UNREAD_REASONS, reason) ? UNREAD_REASONS[reason as UnreadReason] : reason;
}

/** How often something was not read, and where. */
export interface Unread {
  /** Why it was not read, in words. */
  readonly reason: string;
  /** Connections on which that happened. */
  readonly connections: number;
  /** Their hosts, as far as they are known, at most 10. */
  readonly hosts: readonly string[];
}

/** Hosts that are named for one reason; there may be thousands. */
const MAX_HOSTS = 10;

/** Counts what was not read: a row for each reason, the most frequent first. */
export function unreadOf(events: readonly EngineEvent[]): Unread[] {
  const rows = new Map<string, { connections: number; readonly hosts: Set<string> }>();
  for (const event of events) {
    if (event.type !== "unread") continue;
    const row = rows.get(event.reason) ?? { connections: 0, hosts: new Set<string>() };
    rows.set(event.reason, row);
    row.connections++;
    if (event.host !== null && row.hosts.size < MAX_HOSTS) row.hosts.add(event.host);
  }
  return Array.from(rows, ([reason, { connections, hosts }]) => ({
    reason,
    connections,
    hosts: [...hosts],
  })).sort((a, b) => b.connections - a.connections || (a.reason < b.reason ? -1 : 1));
}
