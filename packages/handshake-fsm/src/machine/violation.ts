/**
 * What a peer did against the protocol, by the name that the literature has for it where it has one:
 *
 * - `early-change-cipher-spec`: ChangeCipherSpec before there are keys: the CCS injection of CVE-2014-0224, or, sent by
 *   a server in place of its messages, the SKIP-TLS of "A Messy State of the Union" (SMACK, 2015).
 * - `late-change-cipher-spec`: ChangeCipherSpec after a TLS 1.3 handshake (RFC 8446 section 5).
 * - `malformed-change-cipher-spec`: not the one byte 1.
 * - `skipped-certificate`: the suite has the server prove who it is, and it sent no certificate (SMACK).
 * - `skipped-server-key-exchange`: the suite needs a ServerKeyExchange, and none came: forward secrecy is gone (SMACK).
 * - `unexpected-server-key-exchange`: the suite has none, as in FREAK (CVE-2015-0204), where the key of a long RSA
 *   certificate is replaced by a short one.
 * - `skipped-client-certificate`: the server asked, and the client did not even send an empty list.
 * - `unrequested-certificate`: a client's certificate that the server did not ask for.
 * - `skipped-certificate-verify`: a client's certificate without a proof that the client has its key (SMACK).
 * - `skipped-change-cipher-spec`: a Finished that can be read.
 * - `skipped-finished`: application data where a Finished has to come (SMACK).
 * - `early-application-data`: application data before there are keys for it.
 * - `unprotected-handshake`: a handshake message that can be read after a TLS 1.3 ServerHello.
 * - `second-hello-retry-request`: RFC 8446 section 4.1.4 lets a server send one.
 * - `changed-after-retry`: the ServerHello has another suite than the HelloRetryRequest (section 4.1.4).
 * - `repeated-client-hello`: a second ClientHello that nobody asked for.
 * - `unoffered-version`, `unoffered-cipher-suite`, `unoffered-psk`: the server chose what the client did not offer.
 * - `downgrade`: the server's random says that both sides speak a newer version (section 4.1.3), so that somebody in
 *   between must have changed the ClientHello.
 * - `handshake-spans-key-change`: part of a message before a ChangeCipherSpec, the rest behind it (section 5.1).
 * - `unexpected-message`: any other message that has no place in that state.
 * - `malformed-message`, `malformed-alert`, `malformed-record`: bytes that are none.
 */
export type ViolationCode =
  | "early-change-cipher-spec"
  | "late-change-cipher-spec"
  | "malformed-change-cipher-spec"
  | "skipped-certificate"
  | "skipped-server-key-exchange"
  | "unexpected-server-key-exchange"
  | "skipped-client-certificate"
  | "unrequested-certificate"
  | "skipped-certificate-verify"
  | "skipped-change-cipher-spec"
  | "skipped-finished"
  | "early-application-data"
  | "unprotected-handshake"
  | "second-hello-retry-request"
  | "changed-after-retry"
  | "repeated-client-hello"
  | "unoffered-version"
  | "unoffered-cipher-suite"
  | "unoffered-psk"
  | "downgrade"
  | "handshake-spans-key-change"
  | "unexpected-message"
  | "malformed-message"
  | "malformed-alert"
  | "malformed-record";
