/** What a part of a message has to be, whichever end says it. */
import { connectionLimits } from "./connection-limits.ts";
import { ConnectionProtocolError } from "./connection-protocol-error.ts";
import { EndKind } from "./gen/faultwire/connection/v1/connection_pb.ts";

/**
 * Holds the length of a `bytes` message against the limit.
 *
 * @returns the same bytes.
 * @throws ConnectionProtocolError `bad-message` where there are none, or more than `connectionLimits.maxBytes`.
 * @example
 * ```ts
 * const data = checkBytes(message.data);
 * ```
 */
export function checkBytes(data: Uint8Array): Uint8Array {
  if (data.length > 0 && data.length <= connectionLimits.maxBytes) return data;
  throw new ConnectionProtocolError(
    "bad-message",
    `bytes of ${data.length}; 1 to ${connectionLimits.maxBytes} expected`,
  );
}

/**
 * How an `end` message says that a direction ends.
 *
 * @throws ConnectionProtocolError `bad-message` where the kind is neither FIN nor RESET.
 * @example
 * ```ts
 * const how = checkEnd(message.kind);
 * ```
 */
export function checkEnd(kind: EndKind): "fin" | "reset" {
  if (kind === EndKind.FIN) return "fin";
  if (kind === EndKind.RESET) return "reset";
  throw new ConnectionProtocolError("bad-message", `an end of kind ${kind}; FIN or RESET expected`);
}
