/** A day in milliseconds. */
export const dayMs = 86_400_000;

/** How far notBefore lies in the past, for clients whose clock is behind; milliseconds. */
export const backdateMs: number = dayMs;

/** From when to when a certificate is valid; milliseconds since 1970. */
export type Validity = { readonly notBefore: number; readonly notAfter: number };
