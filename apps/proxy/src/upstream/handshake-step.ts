import type { ChainError } from "./chain-error.ts";

/** What follows from what a proxy has said. */
export type HandshakeStep =
  /** Go on listening; `say` goes to the proxy, where there is something to say. */
  | { readonly kind: "more"; readonly say?: Uint8Array }
  /** The tunnel is open; `rest` is what the upstream has said already. */
  | { readonly kind: "open"; readonly rest: Uint8Array }
  | { readonly kind: "refused"; readonly error: ChainError };

export interface TunnelHandshake {
  /** What is said first. */
  readonly hello: Uint8Array;
  /** Takes what the proxy says. */
  push(bytes: Uint8Array): HandshakeStep;
}
