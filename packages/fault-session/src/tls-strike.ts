/** Faults of a TLS connection that stays closed: what happens at which moment of it. */
import { ALERT_NUMBERS, type Fault, type Moment } from "@faultwire/fault-engine";
import { AlertLevel, ContentType } from "@faultwire/tls-parser";
import type { EndKind } from "./carrier.ts";
import { connectedAlready } from "./connected-already.ts";

/** Why a connection that stays closed can't carry out a fault of what is inside. */
export const notOpened = "the connection is not opened";

/** What happens to a closed connection, and when. */
export interface Strike {
  readonly at: Moment;
  readonly act:
    | { readonly kind: "end"; readonly how: EndKind }
    /** `null` is for ever. */
    | { readonly kind: "hold"; readonly ms: number | null }
    /** This record goes to the client in place of the next flight; then its connection ends. */
    | { readonly kind: "alert"; readonly bytes: Uint8Array };
}

/**
 * What a fault means for a connection that stays closed.
 *
 * @returns the strike; or why there is none; or `null` where the fault is one of the connection's bytes.
 */
export function strikeOf(fault: Fault): Strike | string | null {
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset": {
      const how: EndKind = fault.kind === "connection.close" ? "fin" : "reset";
      return fault.at.kind === "moment" ? { at: fault.at.moment, act: { kind: "end", how } } : null;
    }
    case "connection.stall":
      if (fault.at.kind === "bytes") return null;
      return { at: fault.at.moment, act: { kind: "hold", ms: fault.forMs } };
    case "tls.handshake-stall":
      return { at: fault.at, act: { kind: "hold", ms: fault.forMs } };
    case "tls.alert": {
      if (fault.at === "established") return "the connection is not opened, so nothing can be encrypted";
      const level = fault.level === "fatal" ? AlertLevel.fatal : AlertLevel.warning;
      const bytes = Uint8Array.of(ContentType.alert, 3, 3, 0, 2, level, ALERT_NUMBERS[fault.description]);
      return { at: fault.at, act: { kind: "alert", bytes } };
    }
    case "connection.latency":
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
    case "tls.handshake-slow":
      return null;
    case "connect.refuse":
      return connectedAlready;
    default:
      return notOpened;
  }
}
