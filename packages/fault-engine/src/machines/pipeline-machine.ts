import type { FaultMachine, FaultOutcome, StreamAction } from "./fault-machine.ts";

type End = Extract<StreamAction, { readonly kind: "end" | "close" | "reset" }>["kind"];

/**
 * Several machines, each on what the one before it gives. Where one of them ends the body otherwise than in order, those behind it
 * give what they hold in their own time, and then that end.
 */
export class PipelineMachine implements FaultMachine {
  readonly #machines: readonly FaultMachine[];
  readonly #main: FaultMachine;
  /** How the body ends for each machine, once it is known. */
  readonly #ends: (End | undefined)[];

  /** @param main - Of these the one whose outcome is told. */
  constructor(machines: readonly FaultMachine[], main: FaultMachine) {
    this.#machines = machines;
    this.#main = main;
    this.#ends = machines.map(() => undefined);
  }

  get wakeAtMs(): number | undefined {
    const moments = this.#machines.flatMap(({ wakeAtMs }) => wakeAtMs ?? []);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }
  get pendingBytes(): number {
    return this.#machines.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
  }
  get isOver(): boolean {
    return this.#machines.at(-1)?.isOver ?? false;
  }
  get outcome(): FaultOutcome {
    return this.#main.outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    return this.#through(0, [{ kind: "bytes", bytes: data }], nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    return this.#through(0, [{ kind: "end" }], nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    return this.#machines.flatMap((machine, at) => {
      const { wakeAtMs } = machine;
      if (wakeAtMs === undefined || wakeAtMs > nowMs) return [];
      return this.#through(at + 1, this.#ended(at, machine.wake(nowMs)), nowMs);
    });
  }

  /** Gives actions to the machine at `from`, and what comes of them to those behind it. */
  #through(from: number, actions: readonly StreamAction[], nowMs: number): StreamAction[] {
    let given = [...actions];
    for (const [at, machine] of this.#machines.entries()) {
      if (at < from || given.length === 0) continue;
      given = given.flatMap((action) => {
        if (action.kind === "bytes") return this.#ended(at, machine.push(action.bytes, nowMs));
        // The first end counts: a machine that has ended gives nothing more.
        if (this.#ends[at] !== undefined) return [];
        this.#ends[at] = action.kind;
        return this.#ended(at, machine.finish(nowMs));
      });
    }
    return given;
  }

  /** An end in order is the end that the machine was given. */
  #ended(at: number, actions: readonly StreamAction[]): StreamAction[] {
    const end = this.#ends[at] ?? "end";
    return actions.map((action) => (action.kind === "end" ? { kind: end } : action));
  }
}
