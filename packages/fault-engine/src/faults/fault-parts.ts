/** What faults of several layers are made of. */

/** Who sent the bytes that a fault works on. `both`: each direction on its own. */
export type Sender = "client" | "server" | "both";

/** The points of a connection at which it can be closed, reset or stalled. */
export type Moment = "client-hello" | "server-hello" | "established" | "request" | "response-head";

/** A point of a connection: a moment, or after so many bytes from one side (TLS bytes where it is opaque). */
export type Place =
  | { readonly kind: "moment"; readonly moment: Moment }
  | { readonly kind: "bytes"; readonly from: "client" | "server"; readonly bytes: number };

/**
 * A random time in milliseconds, never negative. `normal` is cut off at 0; `lognormal` is given by its median and the
 * standard deviation of its logarithm.
 */
export type Duration =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "normal"; readonly meanMs: number; readonly sdMs: number }
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly sigma: number };
