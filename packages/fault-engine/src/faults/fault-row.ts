/** A fault, as far as a row of the table needs it. */
interface AnyFault {
  readonly kind: string;
}

/**
 * What is known of one kind of fault. The table has a row for each kind; the machine of a kind is in `create-machine.ts`,
 * its form in a rule file in the schema of its layer.
 */
export interface FaultRow<F extends AnyFault> {
  /** How a rule file writes it, for the documentation: YAML on one line. */
  readonly example: string;
  /** What the client sees, for the documentation; Markdown. */
  readonly doc: string;
  /** The fault in one line of words, for `faultwire check` and reports. */
  describe(fault: F): string;
  /**
   * Whether the machine may add or leave out bytes of a body that still ends whole, so that a content-length would be
   * wrong.
   */
  changesLength(fault: F): boolean;
}

/** One row for each kind of a layer's faults. */
export type FaultRows<F extends AnyFault> = {
  readonly [Kind in F["kind"]]: FaultRow<Extract<F, { readonly kind: Kind }>>;
};

/** For `changesLength`: never, and always. */
export const never = (): boolean => false;
/** See {@link never}. */
export const always = (): boolean => true;
