/** What a part gives to its exchanges, of either version of HTTP. */
import { isHttp2Fault } from "@faultwire/fault-engine/internal";
import { headerValue, type RequestHead } from "@faultwire/http1";
import { connectedAlready } from "./connected-already.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import type { HttpExchangesOptions, HttpPort } from "./http/http-port.ts";
import { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { ConnectionFault, Http2ExchangesOptions, Http2Port } from "./http2/http2-port.ts";
import { type Acquaintance, hostOfHead, meetHttp } from "./introduction.ts";
import { notHttp2 } from "./not-http2.ts";
import type { PartContext } from "./part.ts";
import type { SessionAtRest } from "./session-rest.ts";
import { TappedExchanges, TappedHttp2Exchanges } from "./tap.ts";
import { isOfBytes } from "./wire-fault.ts";

/** What comes from the session as it is. */
function exchangeOptions({
  policy,
  desk,
  now,
  unsentReason,
  insteadOf,
}: PartContext): Pick<HttpExchangesOptions, "policy" | "desk" | "now" | "unsentReason" | "insteadOf"> {
  return { policy, desk, now, unsentReason, ...(insteadOf ? { insteadOf } : {}) };
}

/** Why faults of TLS are none of HTTP in clear. */
export const noTls = "there is no TLS in clear";

/** A connection's own fault, where it is one of HTTP/2. */
function http2FaultOf(met: Acquaintance | undefined): ConnectionFault | undefined {
  const fault = met?.decision?.fault;
  if (!met || !fault || !isHttp2Fault(fault)) return undefined;
  return { fault, outcome: (undoneReason) => met.outcome(undoneReason) };
}

/** What exchanges in clear are connected to, and whom they have met. */
export interface ClearExchanges {
  readonly options: HttpExchangesOptions & Http2ExchangesOptions & { readonly port: HttpPort & Http2Port };
  /** Whom the connection is to; `undefined` before its first request. */
  readonly met: () => Acquaintance | undefined;
}

/**
 * The same for HTTP in clear, where the first request tells whom the connection is to.
 *
 * @param isHttp2 - Whether HTTP/2 is spoken.
 * @param resting - Whom it was to before it rested; told where bytes are not read before the first request.
 */
export function exchangesInClear(
  context: PartContext,
  resting?: Pick<Acquaintance, "host" | "facts">,
  isHttp2 = false,
): ClearExchanges {
  let met: Acquaintance | undefined;
  const introduce = (head: RequestHead): Acquaintance["facts"] | null => {
    met = meetHttp(context, hostOfHead(head), headerValue(head.headers, "user-agent"));
    const decision = met?.decision;
    if (met && decision) {
      if (decision.fault.kind === "connect.refuse") met.outcome(connectedAlready);
      else if (isHttp2Fault(decision.fault)) {
        if (!isHttp2) met.outcome(notHttp2);
      } else if (decision.fault.kind.startsWith("tls.") || !isOfBytes(decision)) met.outcome(noTls);
      else context.faultBytes(decision, met);
    }
    return met?.facts ?? null;
  };
  return {
    met: () => met,
    options: {
      ...exchangeOptions(context),
      unread: (reason, from) => context.unread(reason, from, met ?? resting),
      introduce,
      connectionFault: () => http2FaultOf(met),
      port: {
        toClient: (bytes) => context.send("client", bytes),
        toServer: (bytes) => context.send("server", bytes),
        endClient: (how) => context.endClient(how),
        whenGone: (what, told) => context.whenGone("client", what, told),
        hold: (to, ms) => context.hold(to, ms),
        hasRoom: (to) => context.hasRoom(to),
        endServer: () => context.end("server", "fin"),
      },
    },
  };
}

/**
 * The exchanges inside of TLS, whose handshake told whom the connection is to.
 *
 * @param protocol - What was negotiated by ALPN; `undefined` is HTTP/1.1.
 * @param rest - What goes on here of a connection that rested.
 */
export function exchangesInTls(
  protocol: string | undefined,
  context: PartContext,
  met: Acquaintance,
  port: HttpPort & Http2Port,
  rest?: SessionAtRest,
): HttpExchanges | Http2Exchanges {
  const options: HttpExchangesOptions & Http2ExchangesOptions = {
    ...exchangeOptions(context),
    unread: (reason, from) => context.unread(reason, from, met),
    introduce: () => met.facts,
    connectionFault: () => http2FaultOf(met),
    port,
  };
  if (protocol !== "h2") {
    if (met.decision && isHttp2Fault(met.decision.fault)) met.outcome(notHttp2);
    return httpExchanges(options, "https", context, rest);
  }
  return http2Exchanges(options, "https", context);
}

/** Exchanges in HTTP/2, and who hears them. */
export function http2Exchanges(
  options: Http2ExchangesOptions,
  scheme: "http" | "https",
  { hooks, tap }: PartContext,
): Http2Exchanges {
  return tap
    ? new TappedHttp2Exchanges({ ...options, hooks }, tap, scheme)
    : new Http2Exchanges({ ...options, hooks });
}

/** Exchanges in HTTP/1.1, and who hears them. */
export function httpExchanges(
  given: HttpExchangesOptions,
  scheme: "http" | "https",
  { hooks, needsNoUpstream, tap }: PartContext,
  rest?: SessionAtRest,
): HttpExchanges {
  const options = { ...given, hooks, keepsLastHead: !needsNoUpstream };
  return tap ? new TappedExchanges(options, tap, scheme, rest) : new HttpExchanges(options, rest);
}
