import { Http1Error } from "./http1-error.ts";

/** How much of a message the readers hold at most. Bodies are never held and have no limit here. */
export interface HttpLimits {
  /**
   * Bytes of a start line and its header fields, line ends included. Default 65 536: four times what Node's server
   * takes. A peer that never ends its head would otherwise be stored without end.
   */
  readonly maxHeadBytes: number;
  /** Header lines in a head, and in a trailer section. Default 256. Each costs two strings and a pair. */
  readonly maxHeaderCount: number;
  /** Bytes of a chunk-size line with its extensions. Default 1 024: extensions are the place to hide a flood in. */
  readonly maxChunkLineBytes: number;
  /** Bytes of a trailer section. Default 16 384. */
  readonly maxTrailerBytes: number;
  /** Requests without an answer that a response reader remembers. Default 256: a pipelining client could grow it. */
  readonly maxOutstandingRequests: number;
}

/** The limits that hold where none are given. */
export const httpLimits: HttpLimits = {
  maxHeadBytes: 65_536,
  maxHeaderCount: 256,
  maxChunkLineBytes: 1_024,
  maxTrailerBytes: 16_384,
  maxOutstandingRequests: 256,
};

/** The defaults with `changes` laid over them; throws `invalid-argument` for anything but positive safe integers. */
export function httpLimitsWith(changes: Partial<HttpLimits>): HttpLimits {
  const limits = { ...httpLimits, ...changes };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Http1Error("invalid-argument", `${name} is ${value}; a positive integer expected`);
  return limits;
}
