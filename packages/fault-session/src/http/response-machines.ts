/** The machines of a response's faults, in the order in which they work, and what became of each. */
import {
  createMachine,
  type Decision,
  type Fault,
  type FaultMachine,
  type MachineContext,
} from "@faultwire/fault-engine";
import { changesLength, inPipelineOrder, PipelineMachine } from "@faultwire/fault-engine/internal";
import type { RequestPlan } from "./request-plan.ts";

/** A fault with its machine, or with the reason why it has none. */
export interface FaultPart {
  readonly kind: Fault["kind"];
  readonly fault: Fault;
  readonly machine: FaultMachine | null;
  readonly reason: string;
}

/** What the machines are made from. */
export interface ResponseMachinesOptions {
  readonly decision: Decision;
  readonly plan: Extract<RequestPlan, { readonly kind: "change" }>;
  readonly context: MachineContext;
  /** Why a fault can't work on this response; `null` where it can. */
  readonly whyNot: (fault: Fault) => string | null;
}

export class ResponseMachines {
  /** All of them as one; `null` where there is none. */
  readonly machine: FaultMachine | null;
  /** The fault that the rule is about. */
  readonly main: FaultPart;
  readonly changesLength: boolean;
  readonly #parts: readonly FaultPart[];

  constructor({ decision, plan, context, whyNot }: ResponseMachinesOptions) {
    const { fault, beside } = plan;
    const part = (one: Fault): FaultPart => {
      const reason = whyNot(one);
      if (reason !== null) return { kind: one.kind, fault: one, machine: null, reason };
      // Each draws numbers of its own.
      const random: Decision["random"] =
        one === fault
          ? decision.random
          : (purpose, index) => decision.random(`${one.kind}/${purpose}`, index);
      const created = createMachine(one, { ...context, random });
      return created.kind === "machine"
        ? { kind: one.kind, fault: one, machine: created.machine, reason: "" }
        : { kind: one.kind, fault: one, machine: null, reason: created.reason };
    };
    this.#parts = inPipelineOrder([fault, ...(beside?.faults ?? [])]).map(part);
    this.main = this.#parts.find((one) => one.fault === fault)!;
    const made = this.#parts.filter(({ machine }) => machine !== null);
    this.changesLength = made.some((one) => changesLength(one.fault));
    this.machine = pipeline(
      made.flatMap(({ machine }) => machine ?? []),
      this.main.machine,
    );
  }

  /** Whether any fault is so. */
  some(is: (fault: Fault, machine: FaultMachine | null) => boolean): boolean {
    return this.#parts.some(({ fault, machine }) => is(fault, machine));
  }

  /** Which faults beside the main one were not carried out, and why. @param isNeeded - Whether one needs a machine. */
  missing(isNeeded: (fault: Fault) => boolean): string | undefined {
    const missing = this.#parts.flatMap((part) => {
      if (part === this.main) return [];
      const { machine, kind, fault } = part;
      if (machine === null) return isNeeded(fault) ? [`${kind} (${part.reason})`] : [];
      const { outcome } = machine;
      if (outcome.kind === "done") return [];
      return [`${kind} (${outcome.kind === "undone" ? outcome.reason : "its point had not come"})`];
    });
    return missing.length === 0 ? undefined : `as asked for, but without ${missing.join(" and ")}`;
  }
}

function pipeline(machines: readonly FaultMachine[], main: FaultMachine | null): FaultMachine | null {
  const [first] = machines;
  if (first === undefined || machines.length === 1) return first ?? null;
  return new PipelineMachine(machines, main ?? first);
}
