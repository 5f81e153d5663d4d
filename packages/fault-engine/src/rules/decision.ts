import { type DrawKey, drawFrom, drawKey } from "../draw.ts";
import type { Fault } from "../faults/fault.ts";

/** Where rules come from; the first that has a rule which hits decides. A request's own header comes before all. */
export const RULE_SOURCES = ["runtime", "file", "flags"] as const;
/** One of {@link RULE_SOURCES}. */
export type RuleSource = (typeof RULE_SOURCES)[number];

/** What is to be done, and everything that doing it may need. */
export interface Decision {
  /** The rule's name; `header` for a request that chose its own fault. */
  readonly rule: string;
  /** Where the rule comes from; `header` where the request chose its own fault. */
  readonly source: RuleSource | "header";
  /** What is to be done. */
  readonly fault: Fault;
  /** What happens to the same response beside it, in the order of `PIPELINE`; left out: nothing. */
  readonly also?: readonly Fault[];
  /** From 1, within the scope of the rule. */
  readonly matchNumber: number;
  /** From 1: how many hits of the rule in this scope, this one included. */
  readonly hitNumber: number;
  /**
   * Numbers in [0, 1) for whoever carries the fault out: the same for the same decision, whatever else happens.
   *
   * @param purpose - Tells independent uses apart.
   * @param index - Counts from 0.
   */
  readonly random: (purpose: string, index: number) => number;
  /** What `x-faultwire` has to say on an injected response; `null` where the marker is off. */
  readonly marker: string | null;
}

/** The answer to a client that asks a proxy for a connection. */
export interface ConnectVerdict {
  /** Whether a rule has taken the connection, to refuse it or to let it be: no other rule for connections is asked then. */
  readonly isTaken: boolean;
  /** How it is refused; `null` where it is not. */
  readonly decision: Decision | null;
}

/** Whether all rules could be judged. */
interface Judgeable {
  /** A regular expression was not tried, because it would have cost too much on so long a text: its rule did not match. */
  readonly unjudged?: true;
}

/** The answer to a request. */
export type RequestDecision =
  | ({
      readonly kind: "fault";
      /** The fault, and what doing it needs. */
      readonly decision: Decision;
    } & Judgeable)
  /** `rule` is set where a rule took the request and lets it be. */
  | ({
      readonly kind: "none";
      /** Name of the rule that lets the request be; `null` where no rule took it. */
      readonly rule: string | null;
    } & Judgeable)
  /** Ask again with the whole body, or with `null` where it is over the limit. Nothing was counted. */
  | {
      readonly kind: "needs-body";
      /** Bytes of a body at the most; a longer one counts as not there. */
      readonly maxBytes: number;
    };

/**
 * The numbers of one decision; see {@link Decision.random}. The key of the purpose asked for last is kept, because a
 * fault asks for one number a byte.
 */
export function decisionRandom(key: DrawKey, matchNumber: number): Decision["random"] {
  let known: { readonly purpose: string; readonly key: DrawKey } | undefined;
  return (purpose, index) => {
    if (known?.purpose !== purpose)
      known = { purpose, key: drawKey(`${key.high}:${key.low}`, `${matchNumber}:${purpose}`) };
    return drawFrom(known.key, index);
  };
}
