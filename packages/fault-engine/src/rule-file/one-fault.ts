import type { z } from "zod";
import type { Fault, FaultKey } from "../faults/fault.ts";
import { oneOf } from "./values.ts";

/** The form of each fault of a layer, by its key. */
type FaultForms<F extends Fault> = {
  readonly [Kind in F["kind"] as FaultKey<Kind>]: z.ZodType<Extract<F, { readonly kind: Kind }>>;
};

/** An object with exactly one fault of a layer. The compiler asks for the form of every kind, under its own key. */
export function oneFault<F extends Fault>(forms: FaultForms<F>, what: string): z.ZodType<F> {
  return oneOf<F>(forms as Readonly<Record<string, z.ZodType<F>>>, what);
}
