import { LlmMockError } from "./llm-mock-error.ts";

/** What the mock keeps and allows at most. Each can be set when it starts. */
export interface LlmMockLimits {
  /**
   * The longest request body, in bytes; a longer one is answered with 413 `request_too_large`. Default 32 MiB, as the
   * API has it. Held against a client that sends without end.
   */
  readonly maxBodyBytes: number;
  /**
   * How much of a body that is too long is read on and thrown away, in bytes, so that the client gets to read the
   * 413; past it the connection is cut. Default 64 MiB.
   */
  readonly maxDiscardedBytes: number;
  /** Open connections; one more is closed at once. Default 1,024. Held against a client that leaks them. */
  readonly maxConnections: number;
  /** Requests kept in the log; the oldest go first. Default 10,000. Held against a load test that runs all night. */
  readonly maxLoggedRequests: number;
  /** Files, batches and responses that clients have left, of each kind; the oldest go first. Default 1,000. */
  readonly maxStoredObjects: number;
  /** What those may have together in bytes, of each kind; the oldest go first. Default 256 MiB. */
  readonly maxStoredBytes: number;
  /** How long a whole request may take to arrive, in milliseconds. Default 60,000. Held against slow senders. */
  readonly requestTimeoutMs: number;
  /**
   * How long a connection may stay open without a request, in milliseconds. Default 600,000: a client that finds its
   * kept connection closed fails its request for a reason that nobody asked for. Held against clients that leak them.
   */
  readonly idleTimeoutMs: number;
}

/** The limits of a mock that is given none. */
export const llmMockLimits: LlmMockLimits = {
  maxBodyBytes: 33_554_432,
  maxDiscardedBytes: 67_108_864,
  maxConnections: 1024,
  maxLoggedRequests: 10_000,
  maxStoredObjects: 1000,
  maxStoredBytes: 268_435_456,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 600_000,
};

/** The defaults with what was given over them; `invalid-option` for anything but whole numbers above 0. */
export function limitsWith(given: Partial<LlmMockLimits>): LlmMockLimits {
  const limits = { ...llmMockLimits, ...given };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new LlmMockError("invalid-option", `limits.${name} is ${value}; give a whole number above 0`);
  return limits;
}
