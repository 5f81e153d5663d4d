import type { HandshakeTypeName } from "@faultwire/tls-parser";
import type { Side } from "../side.ts";
import type { Offer } from "./handshake-state.ts";

/** What a ServerHello or HelloRetryRequest answers. */
export interface Answer {
  readonly version: number;
  /** 0 in a HelloRetryRequest that names none, as those of drafts before 19. */
  readonly cipherSuite: number;
  /** 0 to 32 bytes; looked at, and not kept. */
  readonly sessionId: Uint8Array;
  /** The index of the client's key that was taken; undefined where none was. */
  readonly selectedPsk: number | undefined;
  /** What the random says of versions that the server could have spoken (RFC 8446 section 4.1.3). */
  readonly downgrade: "tls12" | "tls11" | undefined;
}

/** Messages of which the machine needs to know nothing but that they came. */
export type PlainMessage =
  | Exclude<HandshakeTypeName, "clientHello" | "serverHello" | "helloRetryRequest" | "certificate">
  | "unknownMessage";

/**
 * One thing that was seen on the wire: a handshake message that can be read, or a record that cannot.
 *
 * - `protectedHandshake`: a handshake record behind a ChangeCipherSpec (TLS 1.2 and older).
 * - `applicationData`: such a record; in TLS 1.3, anything that is encrypted.
 * - `protectedAlert`: an alert that cannot be read (TLS 1.2 and older).
 * - `fatalAlert`: an alert that can be read and ends the connection; others change no state.
 * - `gap`: bytes are missing or make no sense.
 * - `end`: there will be no more bytes.
 */
export type Observation =
  | { readonly sees: "clientHello"; readonly by: Side; readonly offer: Offer }
  | { readonly sees: "serverHello" | "helloRetryRequest"; readonly by: Side; readonly answer: Answer }
  | { readonly sees: "certificate"; readonly by: Side; readonly isEmpty: boolean }
  | { readonly sees: "applicationData"; readonly by: Side; readonly fragmentBytes: number }
  | {
      readonly sees:
        | PlainMessage
        | "changeCipherSpec"
        | "protectedHandshake"
        | "protectedAlert"
        | "fatalAlert"
        | "gap"
        | "end";
      readonly by: Side;
    };

/** What an {@link Observation} can be of. */
export type Trigger = Observation["sees"];
