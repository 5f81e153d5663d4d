import {
  ContentType,
  type DecodeOptions,
  decodeClientHello,
  decodeDraftHelloRetryRequest,
  decodeServerHello,
  type HandshakeFrame,
  HandshakeType,
  type HelloRetryRequest,
  handshakeLimits,
  isTls13Version,
  type ServerHello,
  TlsParseError,
  type TlsRecord,
} from "@faultwire/tls-parser";
import { type Certainty, type HandshakeState, sessionOf, startState } from "../machine/handshake-state.ts";
import type { Observation } from "../machine/observation.ts";
import { step } from "../machine/step.ts";
import type { ViolationCode } from "../machine/violation.ts";
import { SIDES, type Side } from "../side.ts";
import { Flow, type Flows } from "./flow.ts";
import type { HandshakeEvent } from "./handshake-event.ts";
import type { HandshakeSummary } from "./handshake-summary.ts";
import { answerOf, offerOf } from "./hello-facts.ts";
import { Logbook } from "./logbook.ts";
import { isFatalAlert, messageObservation } from "./observation-of.ts";

/** What a {@link HandshakeTracker} is told. */
export interface HandshakeTrackerOptions {
  /** The time in milliseconds, from any origin: `Date.now`, `performance.now`, or a test's own clock. */
  readonly now: () => number;
  /**
   * The direction whose bytes may be incomplete, as those are that a tap or a plugin host loses. What does not fit is
   * then no violation: the tracker goes to `lost-track` instead. Nothing is lost unless this says so.
   */
  readonly lossy?: Side | "both";
  /** Bytes that one handshake message may declare; the parser's `handshakeLimits.messageBytes` unless given. */
  readonly maxMessageBytes?: number;
}

const NOTHING: readonly HandshakeEvent[] = [];
const LENIENT: DecodeOptions = { malformedExtensions: "keep" };
/** What is wrong with a hello in itself is wrong whatever was lost around it. */
const selfEvident: ReadonlySet<ViolationCode> = new Set<ViolationCode>([
  "unoffered-version",
  "unoffered-cipher-suite",
  "unoffered-psk",
  "downgrade",
]);

/**
 * Follows the TLS handshake of one connection from both directions, without keys: what state it is in, what was
 * negotiated, how long each part took, who broke the protocol and how it ended. TLS 1.0 to 1.3.
 *
 * Give it what each side sends, in the order in which it was seen. It never throws because of what it is given, and
 * keeps at most one incomplete record and one incomplete message for each direction.
 *
 * @example
 * ```ts
 * const tracker = new HandshakeTracker({ now: () => performance.now() });
 * client.on("data", (chunk) => report(tracker.push("client", chunk)));
 * server.on("data", (chunk) => report(tracker.push("server", chunk)));
 * server.on("close", () => console.log(tracker.end(), tracker.summary()));
 * ```
 */
export class HandshakeTracker {
  readonly #now: () => number;
  readonly #lossy: Side | "both" | undefined;
  readonly #maxMessageBytes: number;
  readonly #log: Logbook = new Logbook();
  readonly #flows: Flows = { client: new Flow(), server: new Flow() };
  #state: HandshakeState = startState;
  #events: HandshakeEvent[] | undefined;
  #nowMs = 0;

  constructor({ now, lossy, maxMessageBytes = handshakeLimits.messageBytes }: HandshakeTrackerOptions) {
    this.#now = now;
    this.#lossy = lossy;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Where the handshake stands. */
  get state(): HandshakeState {
    return this.#state;
  }

  /** Bytes kept of records and messages that are incomplete: one of each a direction, at most. */
  get pendingBytes(): number {
    const { client, server } = this.#flows;
    return client.pendingBytes + server.pendingBytes;
  }

  /** All that is known now, in one object; cheap enough for every connection, not for every record. */
  summary(): HandshakeSummary {
    return this.#log.summary(this.#state, this.#now(), this.#flows);
  }

  /**
   * Takes the next bytes of one side, cut anywhere, and tells what they meant. Use either this or {@link feed} for a
   * direction, not both.
   */
  push(by: Side, chunk: Uint8Array): readonly HandshakeEvent[] {
    const flow = this.#flows[by];
    if (flow.isUnreadable) return NOTHING;
    this.#nowMs = this.#now();
    try {
      flow.readRecords(chunk, (record) => this.#record(by, flow, record));
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      flow.drop();
      this.#unreadable(by, "malformed-record");
    }
    return this.#takeEvents();
  }

  /** Takes the next record of one side, for callers that read records themselves. */
  feed(by: Side, record: TlsRecord): readonly HandshakeEvent[] {
    this.#nowMs = this.#now();
    this.#record(by, this.#flows[by], record);
    return this.#takeEvents();
  }

  /**
   * Says that one side, or both where none is given, will send no more bytes: FIN, RST or a torn-down socket. The
   * `closed` event comes when both have ended.
   */
  end(by?: Side): readonly HandshakeEvent[] {
    const { client, server } = this.#flows;
    if (client.hasEnded && server.hasEnded) return NOTHING;
    this.#nowMs = this.#now();
    if (by !== "server") client.hasEnded = true;
    if (by !== "client") server.hasEnded = true;
    if (!client.hasEnded || !server.hasEnded) return NOTHING;
    const during = this.#state.name;
    const truncated = SIDES.filter((side) => this.#flows[side].pendingRecordBytes > 0);
    const endedWithAlert = SIDES.filter((side) => this.#flows[side].endsWithAlert);
    this.#observe({ sees: "end", by: by ?? "client" });
    this.#tell({ kind: "closed", atMs: this.#nowMs, during, truncated, endedWithAlert });
    return this.#takeEvents();
  }

  #takeEvents(): readonly HandshakeEvent[] {
    const events = this.#events;
    if (events === undefined) return NOTHING;
    this.#events = undefined;
    return events;
  }

  #tell(event: HandshakeEvent): void {
    this.#events ??= [];
    this.#events.push(event);
  }

  #record(by: Side, flow: Flow, record: TlsRecord): void {
    flow.bytes += record.byteLength;
    flow.endsWithAlert =
      record.type === ContentType.alert ||
      (record.type === ContentType.applicationData && record.length === this.#log.tls13AlertBytes);
    if (!this.#isJudging) return;
    switch (record.type) {
      case ContentType.applicationData:
        // The table says the same, but this is where a connection spends its life.
        if (this.#state.name !== "connected" || this.#state.finishing !== undefined)
          this.#observe({ sees: "applicationData", by, fragmentBytes: record.length });
        return;
      case ContentType.handshake:
        if (flow.isProtected) this.#observe({ sees: "protectedHandshake", by });
        else this.#messages(by, flow, record.fragment);
        return;
      case ContentType.changeCipherSpec:
        this.#changeCipherSpec(by, flow, record);
        return;
      case ContentType.alert:
        this.#alerts(by, flow, record);
        return;
      default:
        if (!flow.isProtected) this.#log.letter(by, "b");
    }
  }

  #changeCipherSpec(by: Side, flow: Flow, record: TlsRecord): void {
    this.#log.letter(by, "i");
    if (!flow.isProtected && (record.length !== 1 || record.fragment[0] !== 1))
      this.#violation("malformed-change-cipher-spec", by);
    if (flow.pendingMessageBytes > 0) this.#violation("handshake-spans-key-change", by);
    this.#observe({ sees: "changeCipherSpec", by });
    const session = sessionOf(this.#state);
    if (session === undefined || isTls13Version(session.version)) return;
    flow.protect();
  }

  #alerts(by: Side, flow: Flow, record: TlsRecord): void {
    if (flow.isProtected) {
      this.#alert(by, undefined, undefined);
      this.#observe({ sees: "protectedAlert", by });
      return;
    }
    const { fragment } = record;
    if (fragment.length % 2 !== 0) this.#violation("malformed-alert", by);
    // Up to TLS 1.2 one record may carry several (RFC 5246 section 6.2.1).
    for (let at = 0; at + 1 < fragment.length; at += 2)
      this.#plainAlert(by, fragment[at]!, fragment[at + 1]!);
  }

  #plainAlert(by: Side, level: number, description: number): void {
    this.#log.letter(by, "l");
    this.#alert(by, level, description);
    if (isFatalAlert(this.#state, level, description)) this.#observe({ sees: "fatalAlert", by });
  }

  #alert(
    by: Side,
    level: number | undefined,
    description: number | undefined,
    certainty: Certainty = "observed",
  ): void {
    this.#log.alert(by, level, description);
    this.#tell({ kind: "alert", atMs: this.#nowMs, by, level, description, certainty });
  }

  #messages(by: Side, flow: Flow, fragment: Uint8Array): void {
    try {
      flow.readMessages(fragment, this.#maxMessageBytes, (frame) => {
        if (this.#isJudging) this.#message(by, frame);
      });
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      // Its records are read on: how many bytes came, and what came last, must not depend on the chunk's end.
      flow.dropMessages();
      this.#unreadable(by, "malformed-message");
    }
  }

  #message(by: Side, frame: HandshakeFrame): void {
    const { type } = frame;
    if (type === HandshakeType.clientHello && by === "client") this.#clientHello(frame);
    else if (type === HandshakeType.serverHello && by === "server")
      this.#serverHello(frame, decodeServerHello(frame.body, LENIENT));
    else if (type === HandshakeType.helloRetryRequest && by === "server") this.#draftRetry(frame);
    else this.#plainMessage(by, frame);
  }

  #draftRetry(frame: HandshakeFrame): void {
    const hello = decodeDraftHelloRetryRequest(frame.body, LENIENT);
    if (hello === undefined) this.#plainMessage("server", frame);
    else this.#serverHello(frame, hello);
  }

  #plainMessage(by: Side, frame: HandshakeFrame): void {
    this.#log.letter(by, frame.type);
    this.#observe(messageObservation(by, frame));
  }

  #clientHello(frame: HandshakeFrame): void {
    this.#log.letter("client", frame.type);
    const hello = decodeClientHello(frame.body, LENIENT);
    const { name } = this.#state;
    if (name === "start" || name === "wait-second-client-hello") {
      this.#log.clientHello(hello, this.#nowMs);
      this.#tell({
        kind: "clientHello",
        atMs: this.#nowMs,
        hello,
        isSecond: name === "wait-second-client-hello",
      });
    }
    this.#observe({ sees: "clientHello", by: "client", offer: offerOf(hello) });
  }

  #serverHello(frame: HandshakeFrame, hello: ServerHello | HelloRetryRequest): void {
    this.#log.letter("server", hello.kind === "serverHello" ? frame.type : "j");
    if (this.#state.name === "wait-server-hello") {
      this.#log.serverHello(hello);
      this.#tell({ kind: "serverHello", atMs: this.#nowMs, hello });
    }
    this.#observe({ sees: hello.kind, by: "server", answer: answerOf(hello) });
  }

  #unreadable(by: Side, code: ViolationCode): void {
    if (!this.#isJudging) return;
    if (this.#lossy !== "both" && this.#lossy !== by) this.#report(code, by);
    this.#observe({ sees: "gap", by });
  }

  #observe(seen: Observation): void {
    const before = this.#state;
    const { state, output } = step(before, seen);
    for (const code of output) if (!this.#violation(code, seen.by)) return;
    this.#log.follow(before, state, seen);
    if (state.name === "failed" && state.certainty === "inferred" && seen.sees === "applicationData")
      this.#alert(seen.by, undefined, undefined, "inferred");
    this.#enter(state);
  }

  /** Reports it, or, where it may be a gap that makes it look like one, loses track: then false. */
  #violation(code: ViolationCode, by: Side): boolean {
    if (this.#lossy === undefined || selfEvident.has(code)) {
      this.#report(code, by);
      return true;
    }
    this.#enter(step(this.#state, { sees: "gap", by }).state);
    return false;
  }

  get #isJudging(): boolean {
    const { name } = this.#state;
    return name !== "lost-track" && name !== "failed" && name !== "closed";
  }

  #report(code: ViolationCode, by: Side): void {
    if (!this.#log.violation(code)) return;
    this.#tell({ kind: "violation", atMs: this.#nowMs, code, by, during: this.#state.name });
  }

  #enter(state: HandshakeState): void {
    const before = this.#state;
    this.#state = state;
    if (state.name === before.name) return;
    const atMs = this.#nowMs;
    const afterMs = this.#log.leave(before.name, state.name, atMs);
    this.#tell({ kind: "state", atMs, from: before.name, to: state.name, afterMs });
    if (state.name !== "connected" || !this.#log.establish(state.certainty)) return;
    this.#tell({
      kind: "established",
      atMs,
      certainty: state.certainty,
      afterMs: this.#log.sinceHelloMs(atMs),
    });
  }
}
