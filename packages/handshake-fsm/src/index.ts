export { toDot } from "./diagram/dot.ts";
export type { DiagramOptions } from "./diagram/edges.ts";
export { toMermaid } from "./diagram/mermaid.ts";
export { type GuardName, guards } from "./machine/guards.ts";
export {
  type Certainty,
  type ClientCertificate,
  type EarlyData,
  type HandshakeState,
  type Offer,
  type Renegotiation,
  type Resumption,
  type Session,
  type StateName,
  startState,
} from "./machine/handshake-state.ts";
export type { Answer, Observation, PlainMessage, Trigger } from "./machine/observation.ts";
export { type Step, step } from "./machine/step.ts";

export { type Transition, transitions } from "./machine/transition-table.ts";
export type { ViolationCode } from "./machine/violation.ts";
export type { Side } from "./side.ts";
export type * from "./tracker/handshake-event.ts";
export type { HandshakeSummary, SeenAlert } from "./tracker/handshake-summary.ts";
export { HandshakeTracker, type HandshakeTrackerOptions } from "./tracker/handshake-tracker.ts";
export { historyLimits } from "./tracker/history.ts";
export type { HandshakePhases, Phase } from "./tracker/phases.ts";
