/** Calls of the host, and their answers. */
import type { ProcessTunnelDataResponse } from "@faultwire/fault-protocol";
import type { Side } from "@faultwire/fault-session";

/** One call of the host. */
export interface TunnelCall {
  /** The host's id of the tunnel: the same on both sides. */
  readonly id: string;
  /** The side that the host wrapped. */
  readonly side: Side;
  /** `read`: bytes that came from that side (INGRESS). `write`: bytes about to go to it (EGRESS). */
  readonly kind: "read" | "write";
  /** The bytes. The tunnel keeps them until its answer, and on a read call longer: the memory must not be used again. */
  readonly chunk: Uint8Array;
}

/** Takes the one answer of a call. */
export type Reply = (answer: ProcessTunnelDataResponse) => void;

/** The peer that said a call's bytes. A read call holds bytes of its own side, a write call those of the other side. */
export function sourceOf(call: TunnelCall): Side {
  return call.kind === "read" ? call.side : call.side === "client" ? "server" : "client";
}
