import { isTls13Version } from "@faultwire/tls-parser";
import type {
  ClientCertificate,
  EarlyData,
  HandshakeState,
  Offer,
  Renegotiation,
  Resumption,
  Session,
  StateName,
} from "./handshake-state.ts";
import { sessionOf } from "./handshake-state.ts";
import type { Answer, Observation } from "./observation.ts";
import { isSessionEchoed } from "./session-echo.ts";
import { tls13RecordSizes } from "./tls13-record-size.ts";

/** The state of that name, with what it has to know of the way there. */
export function nextState(to: StateName, state: HandshakeState, seen: Observation): HandshakeState {
  switch (to) {
    case "start":
      return state;
    case "wait-server-hello":
      if (seen.sees !== "clientHello" || state.name === "wait-server-hello") return state;
      return {
        name: to,
        offer: seen.offer,
        retrySuite: state.name === "wait-second-client-hello" ? state.retrySuite : undefined,
      };
    case "wait-second-client-hello":
      if (state.name !== "wait-server-hello" || seen.sees !== "helloRetryRequest") return state;
      return { name: to, offer: state.offer, retrySuite: seen.answer.cipherSuite };
    case "wait-server-certificate":
      if (state.name === to) return state;
      return {
        name: to,
        session: sessionAfter(state, seen),
        ticketOffered: state.name === "wait-server-hello" && state.offer.ticket,
      };
    case "wait-server-hello-done":
    case "wait-client-key-exchange":
    case "wait-client-change-cipher-spec":
      return {
        name: to,
        session: sessionAfter(state, seen),
        clientCertificate: clientCertificateAfter(state, seen),
      };
    case "wait-server-key-exchange":
    case "wait-client-finished":
    case "wait-server-change-cipher-spec":
    case "wait-server-finished":
    case "wait-encrypted-extensions":
    case "wait-flight-2":
    case "wait-finished": {
      const session = sessionAfter(state, seen);
      return state.name === to && session === state.session ? state : { name: to, session };
    }
    case "connected":
      return connectedAfter(state, seen);
    case "renegotiating":
      return renegotiationAfter(state, seen);
    case "failed":
      return { name: to, by: seen.by, certainty: seen.sees === "fatalAlert" ? "observed" : "inferred" };
    case "closed":
    case "lost-track":
      return { name: to, during: state.name };
    default:
      return to satisfies never;
  }
}

function connectedAfter(state: HandshakeState, seen: Observation): HandshakeState {
  if (state.name === "connected") {
    const isOver = seen.by === state.finishing && seen.sees !== "protectedHandshake";
    return isOver ? { ...state, finishing: undefined } : state;
  }
  const session = sessionAfter(state, seen);
  const isInferred = isTls13Version(session.version);
  const finishing = seen.sees === "protectedHandshake" ? seen.by : undefined;
  return { name: "connected", session, certainty: isInferred ? "inferred" : "observed", finishing };
}

const nothingSettled: Session = { version: 0, cipherSuite: 0, resumedBy: undefined, earlyData: "none" };

function sessionAfter(state: HandshakeState, seen: Observation): Session {
  if (seen.sees === "serverHello" && state.name === "wait-server-hello")
    return sessionFrom(state.offer, seen.answer, state.retrySuite !== undefined);
  const session = sessionOf(state) ?? nothingSettled;
  if (state.name === "wait-server-certificate" && resumesByTicket(state.ticketOffered, seen))
    return { ...session, resumedBy: "ticket" };
  if (state.name === "wait-flight-2" && endsEarlyData(session, seen))
    return { ...session, earlyData: "accepted" };
  return session;
}

function sessionFrom(offer: Offer, answer: Answer, isRetried: boolean): Session {
  const { version, cipherSuite } = answer;
  if (isTls13Version(version)) {
    const resumedBy = answer.selectedPsk === undefined ? undefined : "psk";
    return { version, cipherSuite, resumedBy, earlyData: earlyDataAfter(offer, answer, isRetried) };
  }
  const kind: Resumption = offer.ticket ? "ticket" : "session-id";
  const resumedBy = isSessionEchoed(offer, answer) ? kind : undefined;
  return { version, cipherSuite, resumedBy, earlyData: offer.earlyData ? "rejected" : "none" };
}

/** RFC 8446 section 4.2.10: no retry, and the first key that was offered, or the early data is lost. */
function earlyDataAfter(offer: Offer, { selectedPsk }: Answer, isRetried: boolean): EarlyData {
  if (!offer.earlyData) return "none";
  return isRetried || selectedPsk !== 0 ? "rejected" : "offered";
}

function resumesByTicket(ticketOffered: boolean, { sees }: Observation): boolean {
  return ticketOffered && (sees === "newSessionTicket" || sees === "changeCipherSpec");
}

function endsEarlyData({ earlyData, cipherSuite }: Session, seen: Observation): boolean {
  if (earlyData !== "offered" || seen.sees !== "applicationData" || seen.by !== "client") return false;
  return seen.fragmentBytes === tls13RecordSizes(cipherSuite).endOfEarlyData;
}

function clientCertificateAfter(state: HandshakeState, seen: Observation): ClientCertificate {
  if (seen.sees === "certificateRequest") return "requested";
  if (seen.sees === "certificate" && seen.by === "client") return seen.isEmpty ? "empty" : "sent";
  if (seen.sees === "certificateUrl") return "sent";
  if (seen.sees === "certificateVerify") return "proved";
  return "clientCertificate" in state ? state.clientCertificate : "unrequested";
}

function renegotiationAfter(state: HandshakeState, { sees, by }: Observation): HandshakeState {
  const before =
    state.name === "renegotiating"
      ? state
      : ({
          name: "renegotiating",
          session: sessionOf(state) ?? nothingSettled,
          client: "messages",
          server: "messages",
        } as const);
  return { ...before, [by]: progress(before[by], sees) };
}

function progress(before: Renegotiation, sees: Observation["sees"]): Renegotiation {
  if (sees === "changeCipherSpec") return "changed";
  return sees === "protectedHandshake" && before === "changed" ? "finished" : before;
}
