import type { Side } from "../side.ts";
import type { GuardName } from "./guards.ts";
import type { StateName } from "./handshake-state.ts";
import type { Trigger } from "./observation.ts";
import type { ViolationCode } from "./violation.ts";

/** One way out of a state. */
export interface Transition {
  /** The side that has to send it. */
  readonly by: Side | "either";
  /** What has to be seen. */
  readonly sees: Trigger;
  /** Only then; always where it is missing. */
  readonly when?: GuardName;
  /** The state that comes next. */
  readonly to: StateName;
  /** Who goes this way breaks the protocol: the machine follows all the same, to tell what happens next. */
  readonly violation?: ViolationCode;
}

/**
 * Every way that a handshake can go, right or wrong; in each state the first row that fits is taken. This is what the
 * machine runs on: there is no second place where it could say something else.
 *
 * Up to TLS 1.2 it is figures 1 and 2 of RFC 5246 section 7.3, with tickets (RFC 5077), false start (RFC 7918) and
 * renegotiation; in TLS 1.3, figures 1 to 4 of RFC 8446 section 2 as far as they can be seen, with the ChangeCipherSpecs
 * of its appendix D.4. A server may send a HelloRequest in the middle of a handshake (RFC 5246 section 7.4.1.1). Of what
 * is encrypted only the records can be seen: a side's first one behind its ChangeCipherSpec counts as its Finished, and
 * more may follow, for a Finished may take several, and NPN and Channel ID put messages of their own in front of it.
 * What fits no row of its state nor of {@link anywhere} is a violation and changes nothing.
 */
export const transitions: Readonly<Record<StateName, readonly Transition[]>> = {
  start: [
    { by: "client", sees: "clientHello", to: "wait-server-hello" },
    { by: "server", sees: "helloRequest", to: "start" },
  ],
  "wait-server-hello": [
    { by: "server", sees: "serverHello", when: "tls13", to: "wait-encrypted-extensions" },
    { by: "server", sees: "serverHello", when: "session-id-echoed", to: "wait-server-change-cipher-spec" },
    { by: "server", sees: "serverHello", to: "wait-server-certificate" },
    { by: "server", sees: "helloRetryRequest", when: "first-retry", to: "wait-second-client-hello" },
    { by: "client", sees: "changeCipherSpec", when: "tls13-offered", to: "wait-server-hello" },
    // It stands behind the HelloRetryRequest, and may still be on its way when the client has answered that.
    { by: "server", sees: "changeCipherSpec", when: "retried", to: "wait-server-hello" },
    { by: "client", sees: "applicationData", when: "early-data", to: "wait-server-hello" },
    { by: "server", sees: "helloRequest", to: "wait-server-hello" },
    {
      by: "server",
      sees: "helloRetryRequest",
      to: "wait-server-hello",
      violation: "second-hello-retry-request",
    },
    { by: "client", sees: "clientHello", to: "wait-server-hello", violation: "repeated-client-hello" },
  ],
  "wait-second-client-hello": [
    { by: "client", sees: "clientHello", to: "wait-server-hello" },
    { by: "either", sees: "changeCipherSpec", to: "wait-second-client-hello" },
    { by: "client", sees: "applicationData", when: "early-data", to: "wait-second-client-hello" },
  ],
  "wait-server-certificate": [
    { by: "server", sees: "certificate", to: "wait-server-key-exchange" },
    { by: "server", sees: "serverKeyExchange", when: "no-certificate-due", to: "wait-server-hello-done" },
    { by: "server", sees: "serverHelloDone", when: "nothing-due", to: "wait-client-key-exchange" },
    { by: "server", sees: "newSessionTicket", when: "ticket-offered", to: "wait-server-change-cipher-spec" },
    { by: "server", sees: "changeCipherSpec", when: "ticket-offered", to: "wait-server-finished" },
    { by: "server", sees: "supplementalData", to: "wait-server-certificate" },
    {
      by: "server",
      sees: "serverHelloDone",
      when: "no-certificate-due",
      to: "wait-client-key-exchange",
      violation: "skipped-server-key-exchange",
    },
    {
      by: "server",
      sees: "serverKeyExchange",
      to: "wait-server-hello-done",
      violation: "skipped-certificate",
    },
    {
      by: "server",
      sees: "serverHelloDone",
      to: "wait-client-key-exchange",
      violation: "skipped-certificate",
    },
    {
      by: "server",
      sees: "changeCipherSpec",
      to: "wait-server-finished",
      violation: "early-change-cipher-spec",
    },
    { by: "server", sees: "helloRequest", to: "wait-server-certificate" },
  ],
  "wait-server-key-exchange": [
    {
      by: "server",
      sees: "serverKeyExchange",
      when: "key-exchange-not-allowed",
      to: "wait-server-hello-done",
      violation: "unexpected-server-key-exchange",
    },
    { by: "server", sees: "serverKeyExchange", to: "wait-server-hello-done" },
    { by: "server", sees: "certificateRequest", when: "no-key-exchange-due", to: "wait-server-hello-done" },
    { by: "server", sees: "serverHelloDone", when: "no-key-exchange-due", to: "wait-client-key-exchange" },
    { by: "server", sees: "certificateStatus", to: "wait-server-key-exchange" },
    {
      by: "server",
      sees: "certificateRequest",
      to: "wait-server-hello-done",
      violation: "skipped-server-key-exchange",
    },
    {
      by: "server",
      sees: "serverHelloDone",
      to: "wait-client-key-exchange",
      violation: "skipped-server-key-exchange",
    },
    {
      by: "server",
      sees: "changeCipherSpec",
      to: "wait-server-finished",
      violation: "early-change-cipher-spec",
    },
    { by: "server", sees: "helloRequest", to: "wait-server-key-exchange" },
  ],
  "wait-server-hello-done": [
    { by: "server", sees: "serverHelloDone", to: "wait-client-key-exchange" },
    { by: "server", sees: "certificateRequest", when: "unrequested", to: "wait-server-hello-done" },
    {
      by: "server",
      sees: "changeCipherSpec",
      to: "wait-server-finished",
      violation: "early-change-cipher-spec",
    },
    { by: "server", sees: "helloRequest", to: "wait-server-hello-done" },
  ],
  "wait-client-key-exchange": [
    {
      by: "client",
      sees: "clientKeyExchange",
      when: "certificate-missing",
      to: "wait-client-change-cipher-spec",
      violation: "skipped-client-certificate",
    },
    { by: "client", sees: "clientKeyExchange", to: "wait-client-change-cipher-spec" },
    { by: "client", sees: "certificate", when: "certificate-missing", to: "wait-client-key-exchange" },
    { by: "client", sees: "certificateUrl", when: "certificate-missing", to: "wait-client-key-exchange" },
    { by: "client", sees: "supplementalData", to: "wait-client-key-exchange" },
    {
      by: "client",
      sees: "certificate",
      to: "wait-client-key-exchange",
      violation: "unrequested-certificate",
    },
    {
      by: "client",
      sees: "changeCipherSpec",
      to: "wait-client-finished",
      violation: "early-change-cipher-spec",
    },
    { by: "server", sees: "helloRequest", to: "wait-client-key-exchange" },
  ],
  "wait-client-change-cipher-spec": [
    {
      by: "client",
      sees: "changeCipherSpec",
      when: "proof-missing",
      to: "wait-client-finished",
      violation: "skipped-certificate-verify",
    },
    { by: "client", sees: "changeCipherSpec", to: "wait-client-finished" },
    { by: "client", sees: "certificateVerify", when: "proof-due", to: "wait-client-change-cipher-spec" },
    {
      by: "client",
      sees: "finished",
      when: "resumed",
      to: "connected",
      violation: "skipped-change-cipher-spec",
    },
    {
      by: "client",
      sees: "finished",
      to: "wait-server-change-cipher-spec",
      violation: "skipped-change-cipher-spec",
    },
    { by: "server", sees: "helloRequest", to: "wait-client-change-cipher-spec" },
    { by: "server", sees: "protectedHandshake", to: "wait-client-change-cipher-spec" },
  ],
  "wait-client-finished": [
    { by: "client", sees: "protectedHandshake", when: "resumed", to: "connected" },
    { by: "client", sees: "protectedHandshake", to: "wait-server-change-cipher-spec" },
    {
      by: "client",
      sees: "applicationData",
      when: "resumed",
      to: "connected",
      violation: "skipped-finished",
    },
    {
      by: "client",
      sees: "applicationData",
      to: "wait-server-change-cipher-spec",
      violation: "skipped-finished",
    },
    { by: "server", sees: "helloRequest", to: "wait-client-finished" },
    { by: "server", sees: "protectedHandshake", to: "wait-client-finished" },
  ],
  "wait-server-change-cipher-spec": [
    { by: "server", sees: "changeCipherSpec", to: "wait-server-finished" },
    { by: "server", sees: "newSessionTicket", to: "wait-server-change-cipher-spec" },
    { by: "client", sees: "applicationData", when: "full", to: "wait-server-change-cipher-spec" },
    {
      by: "server",
      sees: "finished",
      when: "resumed",
      to: "wait-client-change-cipher-spec",
      violation: "skipped-change-cipher-spec",
    },
    { by: "server", sees: "finished", to: "connected", violation: "skipped-change-cipher-spec" },
    { by: "server", sees: "helloRequest", to: "wait-server-change-cipher-spec" },
    { by: "client", sees: "protectedHandshake", to: "wait-server-change-cipher-spec" },
  ],
  "wait-server-finished": [
    { by: "server", sees: "protectedHandshake", when: "resumed", to: "wait-client-change-cipher-spec" },
    { by: "server", sees: "protectedHandshake", to: "connected" },
    { by: "client", sees: "applicationData", when: "full", to: "wait-server-finished" },
    {
      by: "server",
      sees: "applicationData",
      when: "resumed",
      to: "wait-client-change-cipher-spec",
      violation: "skipped-finished",
    },
    { by: "server", sees: "applicationData", to: "connected", violation: "skipped-finished" },
    { by: "client", sees: "protectedHandshake", to: "wait-server-finished" },
  ],
  "wait-encrypted-extensions": [
    { by: "server", sees: "applicationData", when: "alert-sized", to: "failed" },
    { by: "server", sees: "applicationData", to: "wait-flight-2" },
    { by: "client", sees: "applicationData", when: "early-data", to: "wait-encrypted-extensions" },
    { by: "either", sees: "changeCipherSpec", to: "wait-encrypted-extensions" },
  ],
  "wait-flight-2": [
    { by: "client", sees: "applicationData", when: "finished-sized", to: "connected" },
    { by: "client", sees: "applicationData", when: "early-data", to: "wait-flight-2" },
    { by: "client", sees: "applicationData", when: "alert-sized", to: "failed" },
    { by: "client", sees: "applicationData", to: "wait-finished" },
    { by: "server", sees: "applicationData", to: "wait-flight-2" },
    { by: "either", sees: "changeCipherSpec", to: "wait-flight-2" },
  ],
  "wait-finished": [
    { by: "client", sees: "applicationData", when: "finished-sized", to: "connected" },
    // Who has begun this flight has accepted the server: it is no failure, but a goodbye behind a Finished that shares
    // its record with the messages before it.
    { by: "client", sees: "applicationData", when: "alert-sized", to: "connected" },
    { by: "client", sees: "applicationData", to: "wait-finished" },
    { by: "server", sees: "applicationData", to: "connected" },
    { by: "either", sees: "changeCipherSpec", to: "wait-finished" },
  ],
  connected: [
    { by: "either", sees: "applicationData", to: "connected" },
    { by: "either", sees: "protectedHandshake", when: "finishing", to: "connected" },
    { by: "either", sees: "protectedHandshake", to: "renegotiating" },
    { by: "either", sees: "protectedAlert", to: "connected" },
  ],
  renegotiating: [
    { by: "either", sees: "protectedHandshake", when: "last-finished", to: "connected" },
    { by: "either", sees: "protectedHandshake", to: "renegotiating" },
    { by: "either", sees: "changeCipherSpec", to: "renegotiating" },
    { by: "either", sees: "applicationData", to: "renegotiating" },
    { by: "either", sees: "protectedAlert", to: "connected" },
  ],
  failed: [{ by: "either", sees: "end", to: "closed" }],
  "lost-track": [{ by: "either", sees: "end", to: "closed" }],
  closed: [],
};

/** The ways out of every state but the last three of {@link transitions}, behind those that it has itself. */
export const anywhere: readonly Transition[] = [
  { by: "either", sees: "fatalAlert", to: "failed" },
  { by: "either", sees: "protectedAlert", to: "failed" },
  { by: "either", sees: "gap", to: "lost-track" },
  { by: "either", sees: "end", to: "closed" },
];
