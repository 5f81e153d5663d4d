import { z } from "zod";
import type { Fault, FaultKey } from "../faults/fault.ts";
import { oneOf, someOf } from "./values.ts";

/** The form of each fault of a layer, by its key. */
export type FaultForms<F extends Fault> = {
  readonly [Kind in F["kind"] as FaultKey<Kind>]: z.ZodType<Extract<F, { readonly kind: Kind }>>;
};

/** An object with exactly one fault of a layer. The compiler asks for the form of every kind, under its own key. */
export function oneFault<F extends Fault>(forms: FaultForms<F>, what: string): z.ZodType<F> {
  return oneOf<F>(forms as Readonly<Record<string, z.ZodType<F>>>, what);
}

/** For a value that is neither an object nor a list. Of an object or a list, the schema itself says what is wrong inside. */
const ONE_OR_MORE = ({ input }: { readonly input?: unknown }): string | undefined =>
  typeof input === "object" && input !== null ? undefined : "expected an object, or a list of them";

/** An object with one fault of a layer or several: those that may belong together are told apart later. */
export function someFaults<F extends Fault>(
  forms: FaultForms<F>,
  what: string,
  lists: readonly string[] = [],
): z.ZodType<readonly F[]> {
  const single = forms as Readonly<Record<string, z.ZodType<F>>>;
  const many = Object.fromEntries(
    Object.entries(single).map(([key, form]) => {
      const list = form.transform((fault): readonly F[] => [fault]);
      return [
        key,
        lists.includes(key) ? z.union([list, z.array(form).min(1)], { error: ONE_OR_MORE }) : list,
      ];
    }),
  );
  return someOf<F>(many, what);
}
