import type { IncomingMessage } from "node:http";
import type { LlmMockLimits } from "./limits.ts";

/** A request's body, or why there is none. */
export type BodyResult =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  /** Over the limit; `drained` tells whether the rest has been read, so that the connection can go on. */
  | { readonly kind: "too-large"; readonly drained: boolean }
  /** The client went away before the end. */
  | { readonly kind: "aborted" };

/**
 * Reads a whole body and keeps at most `maxBodyBytes` of it. A body that is too long is read on and thrown away up to
 * `maxDiscardedBytes`: a client that is still sending does not look at a response, and closing on it makes a reset.
 *
 * @param arrived - Told how many bytes have come so far.
 */
export async function readBody(
  request: IncomingMessage,
  limits: Pick<LlmMockLimits, "maxBodyBytes" | "maxDiscardedBytes">,
  arrived: (bytes: number) => void,
): Promise<BodyResult> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limits.maxDiscardedBytes) return { kind: "too-large", drained: false };
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Leaving the loop must not destroy the connection: the response is still to be written to it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      arrived(length);
      if (length > limits.maxDiscardedBytes) return { kind: "too-large", drained: false };
      if (length > limits.maxBodyBytes) chunks.length = 0;
      else if (declared <= limits.maxBodyBytes) chunks.push(chunk);
    }
  } catch {
    return { kind: "aborted" };
  }
  if (length > limits.maxBodyBytes) return { kind: "too-large", drained: true };
  return { kind: "body", bytes: Buffer.concat(chunks, length) };
}
