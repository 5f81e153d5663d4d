import {
  alertDescriptionName,
  type ClientHello,
  cipherSuiteName,
  type HelloRetryRequest,
  isTls13Version,
  protocolVersionName,
  type ServerHello,
} from "@faultwire/tls-parser";
import {
  type Certainty,
  type HandshakeState,
  type Session,
  type StateName,
  sessionOf,
} from "../machine/handshake-state.ts";
import type { Observation } from "../machine/observation.ts";
import { tls13RecordSizes } from "../machine/tls13-record-size.ts";
import type { ViolationCode } from "../machine/violation.ts";
import { SIDES, type Side } from "../side.ts";
import type { Flows } from "./flow.ts";
import type { HandshakeSummary, SeenAlert } from "./handshake-summary.ts";
import { type HelloFacts, noHelloFacts, withClientHello, withServerHello } from "./hello-facts.ts";
import { messageLetter, withLetter } from "./history.ts";
import { type HandshakePhases, type Phase, phaseOfState } from "./phases.ts";

/** A peer that repeats its alerts makes no list grow. */
const MAX_ALERTS = 8;
/** Violations reported one by one; a peer that goes on breaking rules is known by then. */
const MAX_REPORTED_VIOLATIONS = 16;

/** What a {@link HandshakeTracker} remembers for its summary. */
export class Logbook {
  #hello: HelloFacts = noHelloFacts;
  #session: Session | undefined;
  /** The size of an encrypted alert in TLS 1.3; 0 in other versions, and before there is one. */
  tls13AlertBytes = 0;
  #established: Certainty | undefined;
  #clientCertificate: HandshakeSummary["clientCertificate"] = "unrequested";
  #falseStart = false;
  #renegotiations = 0;
  #alerts: readonly SeenAlert[] = [];
  #violations: readonly ViolationCode[] = [];
  #reported = 0;
  #history = "";
  // In whole microseconds: V8 boxes every other number that a tracker would have to keep.
  readonly #spentUs: Record<Phase | "total", number> = {
    serverHelloMs: 0,
    serverFlightMs: 0,
    clientFlightMs: 0,
    serverFinishedMs: 0,
    total: 0,
  };
  #startedMs: number | undefined;
  #enteredUs = 0;
  #isOver = false;

  letter(by: Side, what: number | string): void {
    this.#history = withLetter(this.#history, by, typeof what === "string" ? what : messageLetter(what));
  }

  clientHello(hello: ClientHello, atMs: number): void {
    this.#hello = withClientHello(this.#hello, hello);
    this.#startedMs ??= atMs;
  }

  serverHello(hello: ServerHello | HelloRetryRequest): void {
    this.#hello = withServerHello(this.#hello, hello);
  }

  alert(by: Side, level: number | undefined, description: number | undefined): void {
    if (this.#alerts.length >= MAX_ALERTS) return;
    const name = description === undefined ? undefined : alertDescriptionName(description);
    this.#alerts = [...this.#alerts, { by, level, description, name }];
  }

  /** Notes it, and says whether it is to be reported. */
  violation(code: ViolationCode): boolean {
    if (!this.#violations.includes(code)) this.#violations = [...this.#violations, code];
    return this.#reported++ < MAX_REPORTED_VIOLATIONS;
  }

  /** Notes what a step tells besides its state. */
  follow(before: HandshakeState, state: HandshakeState, seen: Observation): void {
    this.#session = sessionOf(state) ?? this.#session;
    if (state.name === "wait-encrypted-extensions")
      this.tls13AlertBytes = tls13RecordSizes(state.session.cipherSuite).alert;
    if ("clientCertificate" in state) this.#clientCertificate = state.clientCertificate;
    const { name } = state;
    if (name === "wait-encrypted-extensions") this.#clientCertificate = "hidden";
    if (name === "wait-finished") this.#clientCertificate = "inferred";
    if (name === "connected") {
      if (before.name === "wait-flight-2") this.#clientCertificate = "unrequested";
      if (before.name === "renegotiating" && seen.sees === "protectedHandshake") this.#renegotiations++;
    }
    const isServerLate = name === "wait-server-change-cipher-spec" || name === "wait-server-finished";
    // The row that leads back to the same state: what leads into it is a Finished that was skipped.
    if (isServerLate && name === before.name && seen.sees === "applicationData") this.#falseStart = true;
  }

  /** Notes that a state is over, and gives the time that was spent in it. */
  leave(name: StateName, to: StateName, atMs: number): number {
    const sinceUs = toUs(this.sinceHelloMs(atMs));
    const afterUs = sinceUs - this.#enteredUs;
    this.#enteredUs = sinceUs;
    if (!this.#isOver) {
      const phase = phaseOfState[name];
      if (phase !== undefined) this.#spentUs[phase] += afterUs;
      this.#isOver = phase !== undefined && phaseOfState[to] === undefined;
      if (this.#isOver) this.#spentUs.total = sinceUs;
    }
    return afterUs / 1000;
  }

  /** Notes that the handshake was completed; false where it was before. */
  establish(certainty: Certainty): boolean {
    if (this.#established !== undefined) return false;
    this.#established = certainty;
    return true;
  }

  sinceHelloMs(atMs: number): number {
    return this.#startedMs === undefined ? 0 : atMs - this.#startedMs;
  }

  summary(state: HandshakeState, atMs: number, flows: Flows): HandshakeSummary {
    const session = this.#session;
    return {
      state: state.name,
      established: this.#established,
      version: session?.version,
      versionName: session === undefined ? undefined : protocolVersionName(session.version),
      cipherSuite: session?.cipherSuite,
      cipherSuiteName: session === undefined ? undefined : cipherSuiteName(session.cipherSuite),
      ...this.#hello,
      group: session !== undefined && isTls13Version(session.version) ? this.#hello.group : undefined,
      resumedBy: session?.resumedBy,
      clientCertificate: this.#clientCertificate,
      earlyData:
        session === undefined || session.earlyData === "none" ? this.#hello.earlyData : session.earlyData,
      falseStart: this.#falseStart,
      renegotiations: this.#renegotiations,
      alerts: this.#alerts,
      violations: this.#violations,
      history: this.#history,
      phases: this.#phasesAt(state.name, atMs),
      endedWithAlert: SIDES.filter((side) => flows[side].endsWithAlert),
      clientBytes: flows.client.bytes,
      serverBytes: flows.server.bytes,
    };
  }

  #phasesAt(name: StateName, atMs: number): HandshakePhases {
    const { total, ...spent } = this.#spentUs;
    // While the handshake goes on, the wait that it is in counts until now.
    const phase = this.#isOver ? undefined : phaseOfState[name];
    if (phase !== undefined) spent[phase] += toUs(this.sinceHelloMs(atMs)) - this.#enteredUs;
    return {
      serverHelloMs: spent.serverHelloMs / 1000,
      serverFlightMs: spent.serverFlightMs / 1000,
      clientFlightMs: spent.clientFlightMs / 1000,
      serverFinishedMs: spent.serverFinishedMs / 1000,
      totalMs: phase === undefined ? total / 1000 : this.sinceHelloMs(atMs),
    };
  }
}

function toUs(ms: number): number {
  return Math.round(1000 * ms);
}
