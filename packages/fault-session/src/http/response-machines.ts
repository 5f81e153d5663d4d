/** The machines of a response's faults, in the order in which they work, and what became of each. */
import {
  createMachine,
  type Decision,
  type Fault,
  type FaultMachine,
  type MachineContext,
} from "@faultwire/fault-engine";
import {
  absentHeaders,
  changesLength,
  inPipelineOrder,
  PipelineMachine,
} from "@faultwire/fault-engine/internal";
import type { Header } from "@faultwire/http1";
import type { RequestPlan } from "./request-plan.ts";

/** A fault with its machine, or with the reason why it has none. */
export interface FaultPart {
  readonly kind: Fault["kind"];
  readonly fault: Fault;
  readonly machine: FaultMachine | null;
  /** Why it is not carried out at all, where that is known from the head; `null` where it may be. */
  readonly undone: string | null;
  /** What of it is not carried out; `null` for nothing. */
  readonly lacks: string | null;
}

/** What the machines are made from. */
export interface ResponseMachinesOptions {
  readonly decision: Decision;
  readonly plan: Extract<RequestPlan, { readonly kind: "change" }>;
  readonly context: MachineContext;
  /** The response's headers, as the faults find them. */
  readonly headers: readonly Header[];
  /** Why a fault can't work on this response; `null` where it can. */
  readonly whyNot: (fault: Fault) => string | null;
  /** Whether a fault is one of the body, so that it needs a machine. */
  readonly needsMachine: (fault: Fault) => boolean;
}

export class ResponseMachines {
  /** All of them as one; `null` where there is none. */
  readonly machine: FaultMachine | null;
  /** The fault that the rule is about. */
  readonly main: FaultPart;
  readonly changesLength: boolean;
  readonly #parts: readonly FaultPart[];

  constructor({ decision, plan, context, headers, whyNot, needsMachine }: ResponseMachinesOptions) {
    const { fault, beside } = plan;
    const part = (one: Fault): FaultPart => {
      const made = { kind: one.kind, fault: one, machine: null, undone: null, lacks: null };
      if (one.kind === "http.headers") return { ...made, ...missingHeaders(headers, one) };
      const reason = whyNot(one);
      if (reason !== null) return { ...made, undone: reason };
      // Each draws numbers of its own.
      const random: Decision["random"] =
        one === fault
          ? decision.random
          : (purpose, index) => decision.random(`${one.kind}/${purpose}`, index);
      const created = createMachine(one, { ...context, random });
      if (created.kind === "machine") return { ...made, machine: created.machine };
      return { ...made, undone: needsMachine(one) ? created.reason : null };
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

  /** What was not carried out though the main fault was, and why; `undefined` where all was. */
  get missing(): string | undefined {
    const missing = this.#parts.flatMap((part) => {
      const { machine, kind, undone, lacks } = part;
      if (lacks !== null) return [lacks];
      if (part === this.main) return [];
      if (undone !== null) return [`${kind} (${undone})`];
      if (machine === null || machine.outcome.kind === "done") return [];
      const { outcome } = machine;
      return [`${kind} (${outcome.kind === "undone" ? outcome.reason : "its point had not come"})`];
    });
    return missing.length === 0 ? undefined : `as asked for, but without ${missing.join(" and ")}`;
  }
}

/** Headers that are to be removed and that the response has not: told, as the client may have been meant to miss them. */
function missingHeaders(
  headers: readonly Header[],
  fault: Extract<Fault, { readonly kind: "http.headers" }>,
): Pick<FaultPart, "undone" | "lacks"> {
  const absent = absentHeaders(headers, fault);
  if (absent.length === 0) return { undone: null, lacks: null };
  const names = absent.join(", ");
  const { add, replace, remove } = fault;
  return add.length + replace.length === 0 && absent.length === remove.length
    ? { undone: `the response has no ${names} to be removed`, lacks: null }
    : { undone: null, lacks: `removing ${names}, which the response has not` };
}

function pipeline(machines: readonly FaultMachine[], main: FaultMachine | null): FaultMachine | null {
  const [first] = machines;
  if (first === undefined || machines.length === 1) return first ?? null;
  return new PipelineMachine(machines, main ?? first);
}
