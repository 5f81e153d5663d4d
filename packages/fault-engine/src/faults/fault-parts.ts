/** What faults of several layers are made of. */

/** Who sent the bytes that a fault works on. `both`: each direction on its own. */
export type Sender = "client" | "server" | "both";

/** The points of a connection at which it can be closed, reset or stalled. */
export type Moment = "client-hello" | "server-hello" | "established" | "request" | "response-head";

/** A point of a connection: a moment, or after so many bytes from one side (TLS bytes where it is opaque). */
export type Place =
  | {
      readonly kind: "moment";
      /** Moment of the connection at which it is. */
      readonly moment: Moment;
    }
  | {
      readonly kind: "bytes";
      /** The side whose bytes count. */
      readonly from: "client" | "server";
      /** Bytes that have passed from that side. */
      readonly bytes: number;
    };

/**
 * A random time in milliseconds, never negative. `normal` is cut off at 0; `lognormal` is given by its median and the
 * standard deviation of its logarithm.
 */
export type Duration =
  | {
      readonly kind: "fixed";
      /** Milliseconds, the same each time. */
      readonly ms: number;
    }
  | {
      readonly kind: "uniform";
      /** The least, in milliseconds. */
      readonly minMs: number;
      /** The most, in milliseconds. */
      readonly maxMs: number;
    }
  | {
      readonly kind: "normal";
      /** Mean, in milliseconds. */
      readonly meanMs: number;
      /** Standard deviation, in milliseconds. */
      readonly sdMs: number;
    }
  | {
      readonly kind: "lognormal";
      /** Median, in milliseconds. */
      readonly medianMs: number;
      /** Standard deviation of the natural logarithm. */
      readonly sigma: number;
    };
