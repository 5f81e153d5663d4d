/** What a session tells the program that runs it: typed, without bodies and without secrets. */
import type { TrafficWay, UnreadReason } from "@faultwire/fault-engine";
import type { HandshakeSummary } from "@faultwire/handshake-fsm";
import type { ClientHello } from "@faultwire/tls-parser";
import type { PolicyQuestion } from "./without-throwing.ts";

/** One of the two peers of a connection. */
export type Side = "client" | "server";

/** Why the HTTPS of a target is not opened. */
export type ClosedReason =
  /** The client offers no HTTP/1.1. */
  | "h2-only"
  /** No version, cipher suite, group or signature that the client offers can be opened; `detail` says which. */
  | "unsupported-offer"
  /** Our CA may not stand for this host. */
  | "not-permitted"
  /** The upstream has asked for a client certificate before. */
  | "asks-for-certificate"
  /** The upstream has refused the handshake that we offer before. */
  | "upstream-refuses"
  /** One side only is registered. */
  | "one-side";

/** What a session tells of its connection. */
export type SessionEvent =
  | {
      /** The target of a connection is known, or will never be. */
      readonly type: "detected";
      /** `unread`: nothing of the connection is read, because its carrier knows that it is for no target. */
      readonly protocol: "tls" | "http" | "other" | "unread";
      /** SNI or Host, or the name that the carrier was given; undefined where there is none. */
      readonly host: string | undefined;
      /** Application protocols that the ClientHello offers; empty without any. */
      readonly alpnProtocols: readonly string[];
      /** Whether rules may touch the connection. */
      readonly target: boolean;
      /** How the traffic reaches us; not there where nothing is to be read. */
      readonly way?: TrafficWay;
    }
  | {
      /** A TLS handshake is over, or will not be followed any more: all that is known of it, once per connection. */
      readonly type: "handshake";
      /** For fingerprints; its byte arrays live as long as the event is handled. */
      readonly clientHello: ClientHello | undefined;
      /** How the handshake went. */
      readonly handshake: HandshakeSummary;
    }
  /** The HTTPS of a target stays closed, and why. */
  | {
      readonly type: "not-opened";
      readonly host: string;
      /** Why it stays closed. */
      readonly why: ClosedReason;
      /** What exactly the client's offer lacks, in words for people; with `unsupported-offer` alone. */
      readonly detail?: string;
    }
  /** The HTTPS of a target is open: what was agreed with each peer. */
  | {
      readonly type: "opened";
      readonly host: string;
      /** The version agreed, such as `TLSv1.3`. */
      readonly version: string;
      /** The application protocol agreed; `undefined` for none. */
      readonly alpnProtocol: string | undefined;
    }
  /** The client does not trust our CA. `client` is as in the engine's events. */
  | {
      readonly type: "untrusted";
      readonly host: string;
      /** Names the client, as in the engine's events. */
      readonly client: string;
      /** What happened, in words. */
      readonly message: string;
    }
  /** A client has got our certificate and sent no request for some seconds: it may have refused it without a word. */
  | {
      readonly type: "silent";
      readonly host: string;
      /** Names the client, as in the engine's events. */
      readonly client: string;
    }
  /** An opened session failed; both peers were told by an alert as far as they could be. */
  | {
      readonly type: "session-failed";
      readonly host: string;
      /** The code of the bridge's failure. */
      readonly code: string;
      /** What happened, in words. */
      readonly message: string;
    }
  | {
      /** A part of the connection can't be read, so no rule sees it. Told once for each reason and connection. */
      readonly type: "unread";
      readonly host: string | undefined;
      /** Whose bytes they are. */
      readonly from: Side;
      /** Why it can't be read. */
      readonly reason: UnreadReason;
    }
  /**
   * The policy has thrown, against its contract: what was asked counts as "nothing fails", so traffic passes. Told once for
   * each question; the connection is the one that it was first seen in.
   */
  | {
      readonly type: "policy-bug";
      /** What the policy was asked. */
      readonly question: PolicyQuestion;
      /** What happened, in words. */
      readonly message: string;
    }
  /** An error of ours: the connection goes on unread where nothing was changed, and ends otherwise. */
  | {
      readonly type: "bug";
      /** What happened, in words. */
      readonly message: string;
    };
