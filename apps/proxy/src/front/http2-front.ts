/**
 * A client that speaks HTTP/2 to the port with prior knowledge (RFC 9113 section 3.3). Its connection is for the upstream that
 * its first request is for; a request for another one is misdirected there.
 */
import {
  type ConnectRefused,
  endedFirst,
  type Http2Alias,
  meetConnect,
} from "@faultwire/fault-session/internal";
import { type HttpResponse, headerValue } from "@faultwire/http1";
import {
  CONNECTION_PREFACE,
  ErrorCode,
  type HeaderSection,
  writeGoaway,
  writeSettings,
} from "@faultwire/http2";
import type { Line } from "@faultwire/lines";
import { authorityText } from "../upstream/authority.ts";
import { unreachable } from "../upstream/dialler.ts";
import type { ForwardedRequest } from "./absolute-form.ts";
import type { Door } from "./addressed.ts";
import type { ConnectionCarrier, FrontConnection, Whom } from "./front-connection.ts";
import { aliasSection, routeKey, routeOf, turned } from "./http2-route.ts";
import { jsonResponse, unreachableResponse } from "./own-answers.ts";
import { secureUpstream } from "./secure-upstream.ts";

/** Before so many bytes it may be a method of HTTP/1.1 that begins with P. */
export const tellingBytes = 3;

/** Whether a client begins as one of HTTP/2 does, as far as it has said anything. */
export function beginsHttp2(said: Uint8Array): boolean {
  if (said.length === 0) return false;
  return said.subarray(0, CONNECTION_PREFACE.length).every((byte, at) => byte === CONNECTION_PREFACE[at]);
}

/** Why a refusal is carried out in another way. */
const isNow = "the answer to a request of HTTP/2 to the port itself comes at once";

export class Http2Front implements Http2Alias {
  readonly #connection: FrontConnection;
  readonly #door: Door;
  #first: (Whom & { readonly request: ForwardedRequest }) | undefined;
  #carrier: ConnectionCarrier | undefined;

  constructor(connection: FrontConnection, door: Door) {
    this.#connection = connection;
    this.#door = door;
  }

  /** Takes what the client has said so far. */
  begin(said: Uint8Array): void {
    const connection = this.#connection;
    const { http2Mode, plugin } = connection.context;
    connection.moved();
    connection.greeted();
    if (http2Mode === "off" || plugin) {
      const why = plugin ? "a plugin decides, which takes none" : "it is turned off";
      connection.refused(`a client speaks HTTP/2 to the port, where ${why}`);
      const goaway = writeGoaway(0, ErrorCode.HTTP_1_1_REQUIRED);
      connection.sayAndEnd(Buffer.concat([writeSettings([]), goaway]));
      return;
    }
    this.#carrier = connection.carryRouted(() => this.#whom(), {
      http2Alias: this,
      upstream: (raw) => this.#upstream(raw),
    });
    this.#carrier.receive(said);
  }

  request(section: HeaderSection, endStream: boolean): HeaderSection | HttpResponse {
    const connection = this.#connection;
    const routed = routeOf(section, endStream, connection.context, this.#door);
    if (routed.kind === "answer") {
      connection.refused(routed.why, { status: routed.response.status });
      return routed.response;
    }
    const { request } = routed;
    if (!this.#first) {
      const refused = this.#meet(request, section);
      if (refused) return this.#refuse(refused, request);
    } else if (routeKey(request) !== routeKey(this.#first.request)) {
      // The client asks again on a connection of its own (RFC 9110 section 15.5.20).
      const whose = authorityText(this.#first.authority);
      const reason = `this connection is for ${whose}: one connection of HTTP/2 is for one upstream`;
      return jsonResponse(421, "misdirected_request", reason);
    }
    return turned(section, request);
  }

  response(section: HeaderSection, target: string): HeaderSection {
    const alias = this.#first?.request.alias;
    return alias ? aliasSection(section, alias, target) : section;
  }

  #whom(): Whom {
    if (!this.#first) throw new Error("nothing was asked for, and so nobody is meant");
    return this.#first;
  }

  /** Asks the rules about the connection, which is for this upstream from now on unless they refuse it. */
  #meet(request: ForwardedRequest, { fields }: HeaderSection): ConnectRefused | undefined {
    const { policy, runtime } = this.#connection.context;
    const { authority, scheme } = request;
    const met = policy.isTarget(authority.host)
      ? meetConnect(
          { policy, now: runtime.clock.now, openedAtMs: this.#connection.askedAtMs },
          { ...authority, userAgent: headerValue(fields, "user-agent") },
        )
      : undefined;
    if (met?.refused) return met.refused;
    const chainKind = scheme === "http" ? "absolute-form" : "tunnel";
    this.#first = { request, authority, verdict: met?.verdict, chainKind };
    return undefined;
  }

  #refuse({ plan, outcome }: ConnectRefused, { authority }: ForwardedRequest): HttpResponse {
    const { client } = this.#connection;
    switch (plan.kind) {
      case "answer":
        outcome(plan.afterMs === 0 ? null : isNow);
        return plan.response;
      case "unresolved": {
        outcome(null);
        const error = Object.assign(new Error("a rule"), { code: "ENOTFOUND" });
        return unreachableResponse(unreachable(authority, error), plan.marker);
      }
      case "reset":
        this.#leave();
        this.#connection.sayAndEnd(new Uint8Array(0), () => outcome(endedFirst), "reset");
        client.whenGone("ended", () => outcome(null));
        break;
      case "silence": {
        this.#leave();
        outcome(null);
        const close = (): void => this.#connection.sayAndEnd(new Uint8Array(0));
        this.#connection.holdClient(plan.forMs, close, () => {});
        break;
      }
      default:
        plan satisfies never;
    }
    return jsonResponse(503, "refused", "a rule refuses the connection");
  }

  /** The client's connection is ours again: the session says nothing more to it. */
  #leave(): void {
    this.#carrier?.leaveClient();
  }

  #upstream(raw: Line): Line {
    const { request, authority } = this.#first ?? {};
    if (!request || !authority || request.scheme !== "https") return raw;
    const open = (): Line => this.#connection.dial(authority);
    const isOwed = (): boolean => this.#carrier?.isQuiet === false;
    return secureUpstream(this.#connection, authority, raw, isOwed, { spoken: "h2", open });
  }
}
