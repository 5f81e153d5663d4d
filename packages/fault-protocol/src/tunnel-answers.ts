/**
 * Answers to `ProcessTunnelData`.
 *
 * The same answer means different things on the two kinds of call, so each function says both:
 * - a **read call** (`INGRESS`) carries bytes that the host read from the stream that it wrapped;
 * - a **write call** (`EGRESS`) carries bytes that the host is about to write to it.
 *
 * A gRPC error, or an answer with no action, is an I/O error for that direction on either kind of call: nothing more
 * comes, no FIN either, while the other direction runs on.
 */
import { FaultProtocolError } from "./fault-protocol-error.ts";
import type { ProcessTunnelDataResponse } from "./gen/plugin/plugin_pb.ts";
import { hostLimits } from "./host-limits.ts";

const noBytes = new Uint8Array(0);

/**
 * `PassThrough` without a chunk: for write calls only.
 *
 * - **Write call**: the host sends on all that its buffer holds by the time the answer is there, bytes that it read
 *   during the call included. The only answer to a write call that loses nothing; give it at once.
 * - **Read call**: the chunk is **lost**. Answer {@link passThroughChunk} with the call's own chunk instead.
 *
 * @example
 * ```ts
 * if (request.direction === ProcessTunnelDataRequest_Direction.EGRESS) return passThrough();
 * ```
 */
export function passThrough(): ProcessTunnelDataResponse {
  return answer({ case: "passThrough", value: { $typeName: "plugin.PassThrough", chunk: noBytes } });
}

/**
 * `PassThrough` with a chunk: for read calls.
 *
 * - **Read call**: `bytes` go on.
 * - **Write call**: `bytes` go on, but what the host had read into the same buffer during the call is **lost**
 *   without a word. Answer {@link passThrough} instead.
 *
 * The bytes are not copied: don't change them until the answer has been encoded.
 *
 * @param bytes - The chunk of the call, 1 to {@link hostLimits.maxAnswerChunkBytes} bytes.
 * @throws {@link FaultProtocolError} `empty-chunk`, `message-too-large`.
 * @example
 * ```ts
 * return passThroughChunk(request.chunk);
 * ```
 */
export function passThroughChunk(bytes: Uint8Array): ProcessTunnelDataResponse {
  checkChunk(bytes, "passThroughChunk", "passThrough() is the answer without one");
  return answer({ case: "passThrough", value: { $typeName: "plugin.PassThrough", chunk: bytes } });
}

/**
 * `Replace`: other bytes, of any length, in place of the chunk. For read calls.
 *
 * - **Read call**: `bytes` go on. The host writes them to the other stream in chunks of at most
 *   {@link hostLimits.maxWriteChunkBytes}; where the plugin wraps that stream too, each comes back as a write call.
 * - **Write call**: `bytes` go on, but what the host had read into the same buffer during the call is **lost**, as
 *   with {@link passThroughChunk}. Only a call that shows {@link hostLimits.maxWriteChunkBytes} bytes loses nothing: its
 *   buffer has no room for more.
 *
 * The bytes are not copied: don't change them until the answer has been encoded.
 *
 * @param bytes - 1 to {@link hostLimits.maxAnswerChunkBytes} bytes.
 * @throws {@link FaultProtocolError} `empty-chunk`, `message-too-large`.
 * @example
 * ```ts
 * return replace(sealedRecords);
 * ```
 */
export function replace(bytes: Uint8Array): ProcessTunnelDataResponse {
  checkChunk(bytes, "replace", "swallow() is the answer that sends nothing");
  return answer({ case: "replace", value: { $typeName: "plugin.Replace", modifiedChunk: bytes } });
}

/**
 * An empty `Replace`: nothing goes on for this chunk. For read calls only.
 *
 * - **Read call**: the chunk is gone from the stream and the host reads the next one. What the plugin wants to keep
 *   of it, it has to have kept.
 * - **Write call**: the host offers the **same chunk again at once, for ever**, as fast as gRPC goes.
 *
 * @example
 * ```ts
 * if (output.length === 0) return swallow();
 * ```
 */
export function swallow(): ProcessTunnelDataResponse {
  return answer({ case: "replace", value: { $typeName: "plugin.Replace", modifiedChunk: noBytes } });
}

/**
 * `Close`: ends one direction of the tunnel. For read calls.
 *
 * - **Read call**: end of stream for this direction; the other end gets a FIN. Server → client, the client sees it at
 *   once; client → server, it sees it when the upstream closes in its turn.
 * - **Write call**: a write error for this direction alone. In a CONNECT tunnel the other direction runs on and the
 *   **client hangs** until the upstream gives up; a `--proxy` mapping is torn down at both ends.
 *
 * Never an RST: the host has no answer that makes one.
 *
 * @param reason - For the host's log. No secrets, no payload.
 * @example
 * ```ts
 * return close("fault: connection closed at server-hello");
 * ```
 */
export function close(reason: string): ProcessTunnelDataResponse {
  return answer({ case: "close", value: { $typeName: "plugin.Close", reason } });
}

/**
 * `Buffer`: the protocol has it; **a plugin should never answer it**. It is here for those who test hosts.
 *
 * The name promises that the host keeps the chunk and asks again after `estimatedTimeToReleaseMs`. It does neither:
 * - **Read call**: the direction stalls until something unrelated wakes the tunnel, which may be never; then the host
 *   reads on. The chunk is gone unless the plugin kept it.
 * - **Write call**: the same chunk is offered again when something unrelated wakes the tunnel.
 *
 * To delay a chunk, hold the call open and answer later: the host sets no deadline.
 *
 * @param estimatedTimeToReleaseMs - Milliseconds, a whole number from 0 to 2³¹ − 1. The host ignores it.
 * @throws {@link FaultProtocolError} `invalid-delay`.
 * @example
 * ```ts
 * plugin.answerNext(buffer(100)); // in the test of a host
 * ```
 */
export function buffer(estimatedTimeToReleaseMs: number): ProcessTunnelDataResponse {
  const ms = estimatedTimeToReleaseMs;
  if (!Number.isInteger(ms) || ms < 0 || ms > 0x7fffffff)
    throw new FaultProtocolError(
      "invalid-delay",
      `buffer: ${ms} is no whole number of milliseconds between 0 and 2147483647; give one that is`,
    );
  return answer({ case: "buffer", value: { $typeName: "plugin.Buffer", estimatedTimeToReleaseMs: ms } });
}

/** A message is a plain object: made by hand it needs no descriptors, which are twenty times its code in a page. */
function answer(action: ProcessTunnelDataResponse["action"]): ProcessTunnelDataResponse {
  return { $typeName: "plugin.ProcessTunnelDataResponse", action };
}

function checkChunk(bytes: Uint8Array, what: string, instead: string): void {
  if (bytes.length === 0)
    throw new FaultProtocolError("empty-chunk", `${what}: got no bytes, needs at least one; ${instead}`);
  if (bytes.length > hostLimits.maxAnswerChunkBytes)
    throw new FaultProtocolError(
      "message-too-large",
      `${what}: got ${bytes.length} bytes, the host takes at most ${hostLimits.maxAnswerChunkBytes} in one answer; ` +
        "give the rest with the next call",
    );
}
