/** The machines of a response's faults, in the order in which they work, and what became of each. */
import {
  type ContentCoding,
  createMachine,
  type Decision,
  type Fault,
  type FaultMachine,
  type FaultOutcome,
  type MachineContext,
} from "@faultwire/fault-engine";
import {
  absentHeaders,
  CodedMachine,
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
  /** How the body is coded, for faults that read it; a text says why it can't be read, `null` is for one without a coding. */
  readonly coding: ContentCoding | string | null;
  /** Whether a fault is one of the body, so that it needs a machine. */
  readonly needsMachine: (fault: Fault) => boolean;
}

/** Whether a fault has to understand the body. */
export function readsBody({ kind }: Fault): boolean {
  return kind.startsWith("stream.") || kind.startsWith("model.");
}

export class ResponseMachines {
  /** All of them as one; `null` where there is none. */
  readonly machine: FaultMachine | null;
  /** The fault that the rule is about. */
  readonly main: FaultPart;
  readonly changesLength: boolean;
  /** Whether the body goes out in a coding of ours. */
  readonly isRecoded: boolean;
  readonly #parts: readonly FaultPart[];
  /** The faults that read a coded body. */
  readonly #coded: CodedMachine | null;

  constructor({ decision, plan, context, headers, coding, needsMachine }: ResponseMachinesOptions) {
    const { fault, beside } = plan;
    const isRead = coding === null || typeof coding !== "string";
    const part = (one: Fault): FaultPart => {
      const made = { kind: one.kind, fault: one, machine: null, undone: null, lacks: null };
      if (one.kind === "http.headers") return { ...made, ...missingHeaders(headers, one) };
      if (!isRead && readsBody(one)) return { ...made, undone: coding };
      // Each draws numbers of its own.
      const random: Decision["random"] =
        one === fault
          ? decision.random
          : (purpose, index) => decision.random(`${one.kind}/${purpose}`, index);
      // How long a body is that is coded anew shows at its end.
      const bodyBytes = isOpened ? null : context.bodyBytes;
      const created = createMachine(one, { ...context, random, bodyBytes });
      if (created.kind === "machine") return { ...made, machine: created.machine };
      return { ...made, undone: needsMachine(one) ? created.reason : null };
    };
    const faults = inPipelineOrder([fault, ...(beside?.faults ?? [])]);
    const isOpened = coding !== null && isRead && faults.some(readsBody);
    this.#parts = faults.map(part);
    this.main = this.#parts.find((one) => one.fault === fault)!;
    const made = this.#parts.filter(({ machine }) => machine !== null);
    const machinesOf = (parts: readonly FaultPart[]): FaultMachine[] =>
      parts.flatMap(({ machine }) => machine ?? []);
    const readers = machinesOf(made.filter((one) => readsBody(one.fault)));
    const others = machinesOf(made.filter((one) => !readsBody(one.fault)));
    const read = pipeline(readers, this.main.machine);
    this.#coded = isOpened && read ? new CodedMachine(read, coding) : null;
    this.isRecoded = this.#coded !== null;
    this.changesLength = this.isRecoded || made.some((one) => changesLength(one.fault));
    // Faults that read a body stand before all others.
    this.machine = this.#coded
      ? pipeline([this.#coded, ...others], null)
      : pipeline(machinesOf(made), this.main.machine);
  }

  /** What became of the fault that the rule is about; `undefined` where it has no machine. */
  get outcome(): FaultOutcome | undefined {
    return this.#outcomeOf(this.main);
  }

  /** Why the rest of the body could not be read; `null` where it could. */
  get failure(): string | null {
    return this.#coded?.failure ?? null;
  }

  #outcomeOf({ machine, fault }: FaultPart): FaultOutcome | undefined {
    const coded = readsBody(fault) ? this.#coded : null;
    if (machine === null || !coded?.failure) return machine?.outcome;
    // Where nothing of it was read, nothing was done to it.
    const isDone = machine.outcome.kind === "done" && coded.outcome.kind !== "undone";
    return isDone ? machine.outcome : { kind: "undone", reason: coded.failure };
  }

  /** Whether any fault is so. */
  some(is: (fault: Fault, machine: FaultMachine | null) => boolean): boolean {
    return this.#parts.some(({ fault, machine }) => is(fault, machine));
  }

  /** What was not carried out though the main fault was, and why; `undefined` where all was. */
  get missing(): string | undefined {
    const missing = this.#parts.flatMap((part) => {
      const { kind, undone, lacks } = part;
      if (lacks !== null) return [lacks];
      if (part === this.main) return [];
      if (undone !== null) return [`${kind} (${undone})`];
      const outcome = this.#outcomeOf(part);
      if (outcome === undefined || outcome.kind === "done") return [];
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
