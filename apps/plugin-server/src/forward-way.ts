/** Which faults forward mode can carry out, and why not the others (docs/fault-host.md, "Forward mode"). */
import type { Fault, Way } from "@faultwire/fault-engine";
import { abilitiesOf, ofLayers } from "@faultwire/fault-engine/internal";
import { grpcNeedsHttp2 } from "@faultwire/fault-session/internal";

/** Limits of forward mode. */
export const forwardLimits = {
  /**
   * How long a call is held, in ms. While a request is held, the host can't run its health check, which is due every ten
   * seconds. Once a check is due, every new request waits for it.
   */
  maxHoldMs: 9_000,
  /** Rules can look into a body of so many bytes. A longer body passes unread. */
  maxReadBodyBytes: 10_485_760,
  /** Requests that wait for their responses. Beyond it the oldest is given up. Against upstreams that never answer. */
  maxOutstanding: 10_000,
  /** A request is given up when no response has come for so long, in ms. The host does not tell when a client has gone. */
  maxOutstandingMs: 600_000,
} as const;

/** Why connections are left alone. */
export const hostsConnection = "the connection is the host's; only in a tunnel can it be touched";
const hostsTls = "the client's connection is plain, and TLS to the upstream is the host's";
const onePiece = "the host sends a body in one piece";
const held = "instead: the call is held for that time, 9 s at the most";
const noBreak = "instead: the body ends early, but properly, as if it were whole";

/** Requests in absolute form, and those of the host's HTTP mappings: whole messages, in clear. */
export const forwardWay: Way = {
  name: "forward mode",
  abilities: abilitiesOf({
    ...ofLayers(["websocket"], "the host carries no WebSocket in this mode"),
    ...ofLayers(["grpc"], grpcNeedsHttp2),
    ...ofLayers(["http2"], hostsConnection),
    "connect.refuse": hostsConnection,
    "connection.close": hostsConnection,
    "connection.reset": hostsConnection,
    "connection.stall": held,
    "connection.latency": held,
    "connection.throttle": held,
    "connection.slice": onePiece,
    "connection.corrupt": "instead: bytes of bodies alone are changed",
    "tls.alert": hostsTls,
    "tls.certificate": hostsTls,
    "tls.version": hostsTls,
    "tls.cipher": hostsTls,
    "tls.alpn": hostsTls,
    "tls.handshake-stall": hostsTls,
    "tls.handshake-slow": hostsTls,
    "tls.bad-mac": hostsTls,
    "tls.oversized-record": hostsTls,
    "tls.garbage": hostsTls,
    "tls.truncate": hostsTls,
    "http.empty": "the host answers every request",
    "http.malformed":
      "instead: invalid-json, wrong-content-type and html as asked for; the host frames its responses itself, so nothing else",
    "http.delay": held,
    "http.truncate": noBreak,
    "stream.error-event": "instead: all events come at once, and the body ends properly",
    "stream.cut": noBreak,
    "stream.stall": held,
    "stream.pace": held,
    "stream.split": onePiece,
  }),
};

/** What forward mode does in place of a fault that it carries out, in words; `undefined` where it does what is asked for. */
export function insteadInForward({ kind }: Fault): string | undefined {
  const ability = forwardWay.abilities[kind];
  // What the host can't send is undone; what it can is as asked for.
  return ability.kind === "instead" && kind !== "http.malformed" ? ability.does : undefined;
}
