import type { HandshakeTypeName } from "@faultwire/tls-parser";
import type { Side } from "../side.ts";
import type { Offer } from "./handshake-state.ts";

/** What a ServerHello or HelloRetryRequest answers. */
export interface Answer {
  /** The version chosen, by `supported_versions` where that is there. */
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
  | {
      /** What it is. */
      readonly sees: "clientHello";
      /** The side that sent it. */
      readonly by: Side;
      /** What the hello offers. */
      readonly offer: Offer;
    }
  | {
      /** What it is. */
      readonly sees: "serverHello" | "helloRetryRequest";
      /** The side that sent it. */
      readonly by: Side;
      /** What the hello answers. */
      readonly answer: Answer;
    }
  | {
      /** What it is. */
      readonly sees: "certificate";
      /** The side that sent it. */
      readonly by: Side;
      /** Whether the message holds no certificate. */
      readonly isEmpty: boolean;
    }
  | {
      /** What it is. */
      readonly sees: "applicationData";
      /** The side that sent it. */
      readonly by: Side;
      /** Bytes of the record's fragment, as they stand on the wire. */
      readonly fragmentBytes: number;
    }
  | {
      /** What it is. */
      readonly sees:
        | PlainMessage
        | "changeCipherSpec"
        | "protectedHandshake"
        | "protectedAlert"
        | "fatalAlert"
        | "gap"
        | "end";
      /** The side that sent it. */
      readonly by: Side;
    };

/** What an {@link Observation} can be of. */
export type Trigger = Observation["sees"];
