import type { ConnectionFacts, Fault, Http2Fault, UnreadReason } from "@faultwire/fault-engine";
import type { HttpResponse, RequestHead } from "@faultwire/http1";
import type { HeaderSection } from "@faultwire/http2";
import type { CarrierHooks } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { FaultDesk } from "../http/fault-desk.ts";
import type { HttpPort } from "../http/http-port.ts";
import type { FaultPolicy } from "../policy.ts";

/** What the exchanges of HTTP/2 are connected to. */
export interface Http2Port extends Omit<HttpPort, "hold"> {
  /** Whether that peer takes more data now: where it does not, what keeps its connection alive goes all the same. */
  hasRoom(to: Side): boolean;
  /** The upstream's connection ends behind what was sent. */
  endServer(): void;
}

/** A fault of HTTP/2 that was decided for the connection. */
export interface ConnectionFault {
  readonly fault: Http2Fault;
  /** Says once what became of it: done, or why not. */
  readonly outcome: (undoneReason: string | null) => void;
}

/** Messages whose upstream the client knows by another URL: requests are turned to it, responses back. */
export interface Http2Alias {
  /** @returns the request as the upstream gets it, or the answer to the client where it is not for this upstream */
  request(section: HeaderSection, endStream: boolean): HeaderSection | HttpResponse;
  /** @param target - What the upstream was asked for, in origin form */
  response(section: HeaderSection, target: string): HeaderSection;
}

export interface Http2ExchangesOptions {
  readonly alias?: Http2Alias;
  readonly port: Http2Port;
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  /** Asked with the first request's head; `null` where nothing on this connection is a target. */
  readonly introduce: (head: RequestHead) => (ConnectionFacts & { readonly client: string }) | null;
  /** The connection's own fault of HTTP/2; `undefined` where it has none, or is not introduced yet. */
  readonly connectionFault?: () => ConnectionFault | undefined;
  /** Told why bytes of a peer are not read, so that no rule sees them. */
  readonly unread: (reason: UnreadReason, from: Side) => void;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** Why `whenGone` tells false; "the connection ended first" unless given. */
  readonly unsentReason?: string;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
  readonly hooks?: Pick<CarrierHooks, "markFor" | "standsIn">;
}
