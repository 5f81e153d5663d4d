/** What becomes of one chunk. */
export type ChunkAnswer =
  /** It goes on as it is. */
  | { readonly kind: "pass" }
  /** These bytes go on in its place; none at all on a read call swallows it. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The direction ends here: on a read call the other end gets a FIN, on a write call the host gives up. */
  | { readonly kind: "close"; readonly reason: string };

/** Why a fault is not carried out where one side is registered and that side can't do it. */
export const needsBothSides = "one side only is registered, and that side can't do it";
export const pass: ChunkAnswer = { kind: "pass" };
/** The reason that every injected close carries; the host logs it. */
export const closeReason = "faultwire: injected connection fault";
export const closed: ChunkAnswer = { kind: "close", reason: closeReason };
