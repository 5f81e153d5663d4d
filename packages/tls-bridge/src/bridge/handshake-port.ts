import type { TlsRecord } from "@faultwire/tls-parser";
import { failureFrom } from "./bridge-failure.ts";
import type { BridgeSide } from "./bridge-peers.ts";
import type { TlsBridgeLimit } from "./tls-bridge-limits.ts";

/** What handshakes are connected to. */
export interface HandshakePort {
  /** A peer's next record, as soon as it is there; rejects when the bridge has come to its end. */
  next(from: BridgeSide): Promise<TlsRecord>;
  send(to: BridgeSide, bytes: Uint8Array): void;
  /** The handshake goes on with the client alone: nothing more is wanted of the upstream. */
  leaveUpstream(): void;
}

/**
 * A peer's next record, and what comes of it; what is wrong with it is the peer's fault.
 *
 * @param limit - the one that is in force on a handshake message
 * @throws {@link BridgeFailed} where `take` throws what the record has caused, else what it throws
 */
export async function takeFrom<Result>(
  port: Pick<HandshakePort, "next">,
  from: BridgeSide,
  take: (record: TlsRecord) => Promise<Result> | Result,
  limit: TlsBridgeLimit = "handshakeBytes",
): Promise<Result> {
  const record = await port.next(from);
  try {
    return await take(record);
  } catch (error) {
    throw failureFrom(from, error, limit);
  }
}
