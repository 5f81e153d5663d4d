/** A well-formed answer that code has to handle. */
export type ModelFault =
  | { readonly kind: "model.stop-reason"; readonly reason: string }
  | { readonly kind: "model.empty-content" }
  | { readonly kind: "model.garble-tool-input" };
