/** Faults of a connection's bytes, whatever is inside: how a decision becomes a machine for each direction. */
import {
  type ConnectFault,
  createMachine,
  type Decision,
  type Fault,
  type FaultMachine,
  type FaultOutcome,
  type GrpcFault,
  type Http2Fault,
  type HttpFault,
  type ModelFault,
  type StreamAction,
  type StreamFault,
  type TlsFault,
  type WebSocketFault,
} from "@faultwire/fault-engine";
import { drawDuration, writeCount } from "@faultwire/fault-engine/internal";
import { BytePoint, type PointFault } from "./byte-point.ts";
import type { Side } from "./events.ts";

/** What a decision asks of the bytes of each direction, named by who says them. */
export type WireMachines = Partial<Record<Side, FaultMachine>>;

type NotOfConnection =
  | ConnectFault
  | TlsFault
  | HttpFault
  | StreamFault
  | ModelFault
  | WebSocketFault
  | GrpcFault
  | Http2Fault;

/** The machines of a connection's fault; none for a fault that is no matter of its bytes. */
export function wireMachines(decision: Decision, nowMs: number): WireMachines {
  const { fault } = decision;
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      if (fault.at.kind !== "bytes") return {};
      return { [fault.at.from]: new PointMachine(fault, fault.at.bytes) };
    case "connection.latency":
      return fault.per === "request" ? {} : { server: latency(decision, fault, nowMs) };
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt": {
      const sides: Side[] = fault.from === "both" ? ["client", "server"] : [fault.from];
      return Object.fromEntries(sides.map((side) => [side, machineOf(decision, fault, nowMs, side)]));
    }
    case "tls.handshake-slow":
      return {
        server: machineOf(decision, { ...slow, bytesPerSecond: fault.bytesPerSecond }, nowMs, "server"),
      };
    default:
      // Nothing of a connection is forgotten: the compiler asks for every kind of that layer.
      fault satisfies NotOfConnection;
      return {};
  }
}

const slow = { kind: "connection.throttle", from: "server" } as const;

function machineOf(decision: Decision, fault: Fault, nowMs: number, side: Side): FaultMachine {
  const created = createMachine(fault, {
    startMs: nowMs,
    random: (purpose, index) => decision.random(`${side}/${purpose}`, index),
    provider: null,
    requestId: "",
    format: null,
    path: "",
    bodyBytes: null,
  });
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
}

type Latency = Extract<Fault, { readonly kind: "connection.latency" }>;

function latency(decision: Decision, fault: Latency, nowMs: number): FaultMachine {
  if (fault.per === "chunk") return machineOf(decision, fault, nowMs, "server");
  // Counted from the first byte, not from the decision: the connection is as late as it says.
  const ms = drawDuration(fault.duration, (index) => decision.random("latency", index));
  return new PointMachine(
    { kind: "connection.stall", at: { kind: "bytes", from: "server", bytes: 0 }, forMs: ms },
    0,
  );
}

/** Whether a connection's fault works on its bytes, whatever is inside. */
export function isOfBytes({ fault }: Decision): boolean {
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return fault.at.kind === "bytes";
    case "connection.latency":
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
    case "tls.handshake-slow":
      return true;
    default:
      fault satisfies NotOfConnection;
      return false;
  }
}

/** Lets so many bytes through, then closes, or holds everything for a time. */
export class PointMachine implements FaultMachine {
  readonly #point: BytePoint;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #openAtMs = Number.NEGATIVE_INFINITY;
  #isOver = false;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PointFault, afterBytes: number) {
    this.#point = new BytePoint(fault, afterBytes);
  }

  get wakeAtMs(): number | undefined {
    return this.#held.length > 0 && Number.isFinite(this.#openAtMs) ? this.#openAtMs : undefined;
  }
  get pendingBytes(): number {
    return this.#heldBytes;
  }
  get isOver(): boolean {
    return this.#isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (this.#isOver || data.length === 0) return [];
    if (this.#held.length > 0) return this.#hold(data);
    const divided = this.#point.divide(data);
    if (divided === null) return [{ kind: "bytes", bytes: data }];
    const { before, behind } = divided;
    const { act } = this.#point;
    const first: StreamAction[] = before.length > 0 ? [{ kind: "bytes", bytes: before }] : [];
    this.#outcome = { kind: "done" };
    if (act.kind !== "stall") {
      this.#isOver = true;
      return [...first, { kind: act.kind }];
    }
    this.#openAtMs = act.ms === null ? Number.POSITIVE_INFINITY : nowMs + act.ms;
    this.#hold(behind);
    return first;
  }

  wake(nowMs: number): StreamAction[] {
    if (nowMs < this.#openAtMs) return [];
    const bytes = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return bytes.map((each) => ({ kind: "bytes", bytes: each }));
  }

  finish(): StreamAction[] {
    if (this.#outcome.kind === "waiting")
      this.#outcome = {
        kind: "undone",
        reason: `the connection ended ${writeCount(this.#point.leftBytes, "byte")} before that`,
      };
    return [];
  }

  #hold(data: Uint8Array): StreamAction[] {
    this.#held.push(data);
    this.#heldBytes += data.length;
    return [];
  }
}

/** Whether a connection's fault strikes before there is anything to read, so that opening it would be for nothing. */
export function isBetterClosed(decision: Decision | null): boolean {
  const fault = decision?.fault;
  switch (fault?.kind) {
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return fault.at.kind === "moment";
    case "tls.handshake-stall":
      return true;
    case "tls.alert":
      return fault.at === "client-hello";
    default:
      return false;
  }
}
