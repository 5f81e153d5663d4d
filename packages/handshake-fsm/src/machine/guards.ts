import { isTls13Version } from "@faultwire/tls-parser";
import { type HandshakeState, type Session, sessionOf } from "./handshake-state.ts";
import type { Observation } from "./observation.ts";
import { isSessionEchoed } from "./session-echo.ts";
import { suiteDemands } from "./suite-demands.ts";
import { type Tls13RecordSizes, tls13RecordSizes } from "./tls13-record-size.ts";

/** Whether a condition holds, now that this was seen. */
export type Guard = (state: HandshakeState, seen: Observation) => boolean;

const settled =
  (holds: (session: Session) => boolean): Guard =>
  (state) => {
    const session = sessionOf(state);
    return session !== undefined && holds(session);
  };

const sized =
  (what: keyof Tls13RecordSizes): Guard =>
  (state, seen) => {
    const session = sessionOf(state);
    if (session === undefined || seen.sees !== "applicationData") return false;
    return seen.fragmentBytes === tls13RecordSizes(session.cipherSuite)[what];
  };

const clientCertificate =
  (...which: readonly string[]): Guard =>
  (state) =>
    "clientCertificate" in state && which.includes(state.clientCertificate);

const isProofDue = clientCertificate("sent");

/**
 * The conditions that {@link transitions} names.
 *
 * - `tls13`: the ServerHello chooses TLS 1.3; `tls13-offered`: the client offers it.
 * - `session-id-echoed`: the server takes up the session that the client named, by id or by ticket (RFC 5246 section
 *   7.4.1.3, RFC 5077 section 3.4); `ticket-offered`: it may do so without a session id.
 * - `first-retry`: there was no HelloRetryRequest yet; `retried`: there was one.
 * - `no-certificate-due`, `no-key-exchange-due`, `nothing-due`, `key-exchange-not-allowed`: what the suite wants of the
 *   server's flight.
 * - `unrequested`, `certificate-missing`, `proof-due`: the client's certificate was not asked for; was, and has not
 *   come; has come, without a CertificateVerify. `proof-missing`: the last, with a suite that demands one: a certificate
 *   with a fixed key signs nothing (RFC 5246 section 7.4.8).
 * - `resumed`, `full`: what kind of handshake it is.
 * - `early-data`: the client may be sending some, or may not have heard yet that it was rejected.
 * - `alert-sized`, `finished-sized`: an encrypted record of TLS 1.3 as long as one, see {@link tls13RecordSizes}.
 * - `last-finished`: the Finished that completes a renegotiation.
 * - `finishing`: a record of the side that finished last and has sent nothing else since: the rest of its Finished, most likely.
 */
export type GuardName =
  | "tls13"
  | "tls13-offered"
  | "session-id-echoed"
  | "ticket-offered"
  | "first-retry"
  | "retried"
  | "no-certificate-due"
  | "no-key-exchange-due"
  | "nothing-due"
  | "key-exchange-not-allowed"
  | "unrequested"
  | "certificate-missing"
  | "proof-due"
  | "proof-missing"
  | "resumed"
  | "full"
  | "early-data"
  | "alert-sized"
  | "finished-sized"
  | "last-finished"
  | "finishing";

/** When the conditions hold. */
export const guards: Readonly<Record<GuardName, Guard>> = {
  tls13: (_, seen) => seen.sees === "serverHello" && isTls13Version(seen.answer.version),
  "tls13-offered": (state) => "offer" in state && state.offer.versions.some(isTls13Version),
  "session-id-echoed": (state, seen) =>
    state.name === "wait-server-hello" &&
    seen.sees === "serverHello" &&
    isSessionEchoed(state.offer, seen.answer),
  "first-retry": (state) => state.name === "wait-server-hello" && state.retrySuite === undefined,
  retried: (state) => state.name === "wait-server-hello" && state.retrySuite !== undefined,
  "ticket-offered": (state) => state.name === "wait-server-certificate" && state.ticketOffered,
  "no-certificate-due": settled(({ cipherSuite }) => suiteDemands(cipherSuite).certificate !== "required"),
  "no-key-exchange-due": settled(({ cipherSuite }) => suiteDemands(cipherSuite).keyExchange !== "required"),
  "nothing-due": settled(({ cipherSuite }) => {
    const { certificate, keyExchange } = suiteDemands(cipherSuite);
    return certificate !== "required" && keyExchange !== "required";
  }),
  "key-exchange-not-allowed": settled(
    ({ cipherSuite }) => suiteDemands(cipherSuite).keyExchange === "forbidden",
  ),
  unrequested: clientCertificate("unrequested"),
  "certificate-missing": clientCertificate("requested"),
  "proof-due": isProofDue,
  "proof-missing": (state, seen) => {
    const session = sessionOf(state);
    return isProofDue(state, seen) && suiteDemands(session?.cipherSuite ?? 0).clientProof === "required";
  },
  resumed: settled(({ resumedBy }) => resumedBy !== undefined),
  full: settled(({ resumedBy }) => resumedBy === undefined),
  "early-data": (state) => {
    if ("offer" in state) return state.offer.earlyData;
    const earlyData = sessionOf(state)?.earlyData;
    return earlyData === "offered" || earlyData === "rejected";
  },
  "alert-sized": sized("alert"),
  "finished-sized": sized("finished"),
  "last-finished": (state, { by }) =>
    state.name === "renegotiating" &&
    state[by] === "changed" &&
    state[by === "client" ? "server" : "client"] === "finished",
  finishing: (state, { by }) => state.name === "connected" && state.finishing === by,
};
