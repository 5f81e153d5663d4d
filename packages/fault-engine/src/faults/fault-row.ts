/** A fault, as far as a row of the table needs it. */
interface AnyFault {
  readonly kind: string;
}

/**
 * One kind of fault in words. The table has a row for each kind; the machine of a kind is in `create-machine.ts`,
 * its form in a rule file in the schema of its layer. What carries faults out imports no row, so that it carries no words.
 */
export interface FaultRow<F extends AnyFault> {
  /** How a rule file writes it, for the documentation: YAML on one line. */
  readonly example: string;
  /** What the client sees, for the documentation; Markdown. */
  readonly doc: string;
  /** The fault in one line of words, for `faultwire check` and reports. */
  describe(fault: F): string;
}

/** One row for each kind of a layer's faults. */
export type FaultRows<F extends AnyFault> = {
  readonly [Kind in F["kind"]]: FaultRow<Extract<F, { readonly kind: Kind }>>;
};
