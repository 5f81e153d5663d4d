import type { Provider } from "../providers/provider-table.ts";
import type { ModelFault } from "./model-fault.ts";

/** Who sent the bytes that a fault works on. `both`: each direction on its own. */
export type Sender = "client" | "server" | "both";

/** The points of a connection at which it can be closed, reset or stalled. */
export type Moment = "client-hello" | "server-hello" | "established" | "request" | "response-head";

/** A point of a connection: a moment, or after so many bytes from one side (TLS bytes where it is opaque). */
export type Place =
  | { readonly kind: "moment"; readonly moment: Moment }
  | { readonly kind: "bytes"; readonly from: "client" | "server"; readonly bytes: number };

/**
 * A random time in milliseconds, never negative. `normal` is cut off at 0; `lognormal` is given by its median and the
 * standard deviation of its logarithm.
 */
export type Duration =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "normal"; readonly meanMs: number; readonly sdMs: number }
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly sigma: number };

/** What happens to a connection as such. */
export type ConnectionFault =
  | { readonly kind: "connection.close"; readonly at: Place }
  | { readonly kind: "connection.reset"; readonly at: Place }
  /** `forMs: null` is for ever. */
  | { readonly kind: "connection.stall"; readonly at: Place; readonly forMs: number | null }
  | {
      readonly kind: "connection.latency";
      readonly per: "connection" | "request" | "chunk";
      readonly duration: Duration;
    }
  | { readonly kind: "connection.throttle"; readonly from: Sender; readonly bytesPerSecond: number }
  | {
      readonly kind: "connection.slice";
      readonly from: Sender;
      readonly bytes: number;
      readonly gapMs: number;
    }
  /** Flips one bit of a share `rate` of the bytes from offset `fromByte` up to, but without, `toByte`. */
  | {
      readonly kind: "connection.corrupt";
      readonly from: Sender;
      readonly rate: number;
      readonly fromByte: number;
      readonly toByte: number | null;
    };

/** The phases of a handshake at which a TLS fault can strike. */
export type TlsPhase = "client-hello" | "server-hello" | "established";

/** What can be wrong with a certificate on purpose. */
export const CERTIFICATE_DEFECTS = [
  "expired",
  "not-yet-valid",
  "wrong-host",
  "self-signed",
  "untrusted-root",
  "incomplete-chain",
  "weak-key",
  "sha1",
  "not-for-servers",
] as const;
/** One of {@link CERTIFICATE_DEFECTS}. */
export type CertificateDefect = (typeof CERTIFICATE_DEFECTS)[number];

/** Alert descriptions by their names in RFC 8446 §6 and RFC 5246 §7.2, with their numbers. */
export const ALERT_NUMBERS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;
/** The RFC name of an alert. */
export type AlertName = keyof typeof ALERT_NUMBERS;

/** What happens to the TLS of a connection. `force` and `refuse` hold a version, a cipher suite or a protocol by name. */
export type TlsFault =
  | {
      readonly kind: "tls.alert";
      readonly description: AlertName;
      readonly level: "fatal" | "warning";
      readonly at: TlsPhase;
    }
  | { readonly kind: "tls.certificate"; readonly defect: CertificateDefect }
  | { readonly kind: "tls.version"; readonly mode: "force" | "refuse"; readonly value: string }
  | { readonly kind: "tls.cipher"; readonly mode: "force" | "refuse"; readonly value: string }
  | { readonly kind: "tls.alpn"; readonly mode: "force" | "refuse"; readonly value: string }
  | { readonly kind: "tls.handshake-stall"; readonly at: TlsPhase; readonly forMs: number | null }
  | { readonly kind: "tls.handshake-slow"; readonly bytesPerSecond: number }
  | { readonly kind: "tls.bad-mac"; readonly afterRecords: number }
  | { readonly kind: "tls.oversized-record"; readonly afterRecords: number }
  | { readonly kind: "tls.garbage"; readonly afterRecords: number }
  | { readonly kind: "tls.truncate"; readonly afterRecords: number };

/** Ways for a response to be malformed. */
export const MALFORMATIONS = [
  "bad-status-line",
  "bad-chunk",
  "wrong-content-length",
  "short-content-length",
  "invalid-json",
  "wrong-content-type",
  "html",
] as const;
/** One of {@link MALFORMATIONS}. */
export type Malformation = (typeof MALFORMATIONS)[number];

/** A cut after so many bytes of the body, or after a share of them. */
export type Extent =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "share"; readonly share: number };

/** An error answer that the user wrote, or a preset with changes. */
export interface ErrorAnswer {
  /** `<provider>/<name>`; `null` for an answer of the user's own. */
  readonly preset: string | null;
  /** Replaces the preset's; needed where there is no preset. */
  readonly status: number | null;
  readonly message: string | null;
  /** Replaces the preset's whole body; taken as text. */
  readonly body: string | null;
  /** Laid over the preset's headers by name. */
  readonly headers: readonly (readonly [string, string])[];
  /** `null`: what the preset says; `"none"`: no header. */
  readonly retryAfterSeconds: number | "none" | null;
}

/** A budget of a token bucket, refilled evenly over a minute. `null` is unlimited. */
export interface RateLimitBudget {
  readonly requestsPerMinute: number | null;
  readonly inputTokensPerMinute: number | null;
  readonly outputTokensPerMinute: number | null;
}

/** How late a response comes: its head, its body behind the head, each chunk of it. `null` is not late. */
export interface ResponseDelay {
  readonly beforeHead: Duration | null;
  readonly beforeBody: Duration | null;
  readonly perChunk: Duration | null;
}

/** What happens to one request and its response. */
export type HttpFault =
  /** `delay`: the answer comes late; `null` at once. */
  | { readonly kind: "http.error"; readonly answer: ErrorAnswer; readonly delay: ResponseDelay | null }
  /** The connection ends where the response should have begun. */
  | { readonly kind: "http.empty" }
  | { readonly kind: "http.malformed"; readonly how: Malformation }
  | ({ readonly kind: "http.delay" } & ResponseDelay)
  | { readonly kind: "http.truncate"; readonly after: Extent }
  | {
      readonly kind: "http.rate-limit";
      readonly budget: RateLimitBudget;
      readonly per: "all" | "key" | "model";
      readonly provider: Provider;
    };

/**
 * Which events of a stream, counted from 0 and without pings and comments. All that is given has to hold. The event in
 * which a stream ends counts, with its blank line or without.
 */
export interface EventSelector {
  readonly indices: readonly number[] | null;
  /** The event's name, or the `type` in its JSON; `[DONE]` is OpenAI's end marker. */
  readonly types: readonly string[] | null;
  /** Every n-th: the events n−1, 2n−1, … */
  readonly every: number | null;
  /** A share of the events, by the decision's own draws. */
  readonly probability: number | null;
}

/** A point of an event stream. */
export type StreamPoint =
  | { readonly kind: "events"; readonly events: number }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "first-delta"; readonly side: "before" | "after" }
  /** So many events before the end; the stream is held back by as many. */
  | { readonly kind: "before-end"; readonly events: number };

/** How a stream stops: with a proper end, with a FIN, with a FIN in the middle of the next event, with a RST. */
export type StreamStop = "clean" | "fin" | "mid-event" | "reset";

/** Ways to damage an event. */
export const EVENT_DAMAGES = [
  "invalid-json",
  "truncated-tool-input",
  "unknown-event-type",
  "missing-event-line",
] as const;
/** One of {@link EVENT_DAMAGES}. */
export type EventDamage = (typeof EVENT_DAMAGES)[number];

/** What happens to a stream of server-sent events. */
export type StreamFault =
  | {
      readonly kind: "stream.error-event";
      readonly at: StreamPoint;
      /** `null` where `data` says everything. */
      readonly type: string | null;
      readonly message: string | null;
      /** The event's data; `null` for the provider's own form of `type` and `message`. */
      readonly data: string | null;
      /** The event's name; `null` for the provider's own, empty for none. */
      readonly event: string | null;
      readonly stop: StreamStop;
    }
  | { readonly kind: "stream.cut"; readonly at: StreamPoint; readonly stop: StreamStop }
  | {
      readonly kind: "stream.stall";
      readonly at: StreamPoint;
      readonly forMs: number | null;
      readonly pingEveryMs: number | null;
    }
  | {
      readonly kind: "stream.pace";
      readonly firstEventMs: number;
      readonly eventMs: number;
      readonly jitterMs: number;
    }
  | { readonly kind: "stream.drop"; readonly events: EventSelector }
  | { readonly kind: "stream.duplicate"; readonly events: EventSelector }
  /** Each chosen event changes places with the event after it; pings and comments between them stay. */
  | { readonly kind: "stream.reorder"; readonly events: EventSelector }
  | {
      readonly kind: "stream.split";
      readonly events: EventSelector;
      readonly where: "utf8" | "json" | "line";
      readonly gapMs: number;
    }
  | { readonly kind: "stream.damage"; readonly events: EventSelector; readonly how: EventDamage };

/** Everything that can be done to a connection; `kind` is `<layer>.<fault>`, the name in events and reports. */
export type Fault = ConnectionFault | TlsFault | HttpFault | StreamFault | ModelFault;

/** The name of a fault, `<layer>.<fault>`. */
export type FaultKind = Fault["kind"];

/** Every fault kind, in the order of the documentation. */
export const FAULT_KINDS: readonly FaultKind[] = [
  "connection.close",
  "connection.reset",
  "connection.stall",
  "connection.latency",
  "connection.throttle",
  "connection.slice",
  "connection.corrupt",
  "tls.alert",
  "tls.certificate",
  "tls.version",
  "tls.cipher",
  "tls.alpn",
  "tls.handshake-stall",
  "tls.handshake-slow",
  "tls.bad-mac",
  "tls.oversized-record",
  "tls.garbage",
  "tls.truncate",
  "http.error",
  "http.empty",
  "http.malformed",
  "http.delay",
  "http.truncate",
  "http.rate-limit",
  "stream.error-event",
  "stream.cut",
  "stream.stall",
  "stream.pace",
  "stream.drop",
  "stream.duplicate",
  "stream.reorder",
  "stream.split",
  "stream.damage",
  "model.stop-reason",
  "model.empty-content",
  "model.garble-tool-input",
];
