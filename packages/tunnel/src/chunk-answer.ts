/** What becomes of one chunk. */
export type ChunkAnswer =
  /** It goes on as it is. */
  | { readonly kind: "pass" }
  /** These bytes go on in its place. An empty array on a read call: nothing goes on. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The direction ends here. On a read call the receiver gets a FIN; on a write call the host gives the tunnel up. */
  | { readonly kind: "close"; readonly reason: string };

/** Why a fault is not carried out that needs both sides. */
export const needsBothSides = "one side only is registered, and that side can't do it";
export const pass: ChunkAnswer = { kind: "pass" };
/** The reason of every close that a fault asks for. The host logs it. */
export const closeReason = "faultwire: injected connection fault";
export const closed: ChunkAnswer = { kind: "close", reason: closeReason };
