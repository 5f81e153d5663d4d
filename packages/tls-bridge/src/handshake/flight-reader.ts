import {
  type Alert,
  ContentType,
  decodeAlert,
  type HandshakeFrame,
  HandshakeReader,
  type RecordParts,
  RecordReader,
} from "@faultwire/tls-parser";
import { alertFailure, BridgeFailed, isFarewell, limitFailure } from "../bridge/bridge-failure.ts";
import type { BridgeSide } from "../bridge/bridge-peers.ts";
import { tlsBridgeLimits } from "../bridge/tls-bridge-limits.ts";
import type { RecordOpener } from "../record-protection/record-opener.ts";

/** What a record of a handshake holds. */
export type FlightContent =
  | { readonly kind: "handshake"; readonly messages: readonly HandshakeFrame[] }
  | { readonly kind: "alert"; readonly alert: Alert }
  /** ChangeCipherSpec, or what we can't look into. */
  | { readonly kind: "other" };

const OTHER: FlightContent = { kind: "other" };

/** How many of a TLS 1.2 flight's records are encrypted: those behind its ChangeCipherSpec. */
export function protectedRecordsIn(flight: Uint8Array): number {
  const types = [...new RecordReader().push(flight)].map(({ type }) => type);
  const at = types.indexOf(ContentType.changeCipherSpec);
  return at === -1 ? 0 : types.length - at - 1;
}

/** Looks into the records that one peer sends in a handshake, while OpenSSL does the handshake itself. */
export class FlightReader {
  readonly #messages = new HandshakeReader({ maxMessageBytes: tlsBridgeLimits.handshakeBytes });
  /** Set as soon as the secret of the encrypted records is known. */
  opener: RecordOpener | undefined;
  /** Set where TLS 1.2's records begin to be encrypted and no secret is known: OpenSSL alone knows what is in them. */
  isBlind = false;

  #warnings = 0;

  /** Bytes of a handshake message whose rest has not come. */
  get pendingBytes(): number {
    return this.#messages.pendingBytes;
  }

  /**
   * An alert that the peer has sent: TLS 1.2 knows warnings, `unrecognized_name` for one, behind which servers go on.
   *
   * @throws {@link BridgeFailed} where the handshake is over with it, or one of too many
   */
  takeAlert(from: BridgeSide, alert: Alert): void {
    if (isFarewell(alert)) throw new BridgeFailed(alertFailure(from, alert));
    if (++this.#warnings > tlsBridgeLimits.handshakeWarnings)
      throw new BridgeFailed(limitFailure(from, "handshakeWarnings"));
  }

  /**
   * @throws {@link TlsBridgeError} for a record that does not open, {@link TlsParseError} for what is no message or
   *   alert
   */
  read(record: RecordParts): FlightContent {
    if (this.isBlind) return OTHER;
    const isProtected = this.#isProtected(record.type);
    // Once TLS 1.3 encrypts, no handshake comes in clear: OpenSSL refuses it, and what it would say is not looked at.
    if (!isProtected && this.opener && record.type === ContentType.handshake) return OTHER;
    if (!isProtected) return this.#content(record.type, record.fragment);
    if (this.opener === undefined) return OTHER;
    const { contentType, plaintext } = this.opener.open(record);
    return this.#content(contentType, plaintext);
  }

  /** In TLS 1.2 everything behind the point at which the opener was set; in TLS 1.3 what looks like data. */
  #isProtected(type: number): boolean {
    if (this.opener?.suite.version === "TLSv1.2") return true;
    return type === ContentType.applicationData;
  }

  #content(contentType: number, fragment: Uint8Array): FlightContent {
    if (contentType === ContentType.alert) return { kind: "alert", alert: decodeAlert(fragment) };
    if (contentType !== ContentType.handshake) return OTHER;
    return { kind: "handshake", messages: [...this.#messages.push(fragment)] };
  }
}
