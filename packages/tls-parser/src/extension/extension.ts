import type { TlsParseError } from "../tls-parse-error.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** What all extensions have in common: the number on the wire and the name of the shape that its body has. */
export interface ExtensionBase {
  /** The number on the wire. */
  readonly type: number;
  /** Name of the shape; tells extensions apart. */
  readonly kind: string;
}

/** An extension that this package does not know, or does not know in the message that carried it. */
export interface UnknownExtension extends ExtensionBase {
  readonly kind: "unknown";
  /** The body; a view. */
  readonly data: Uint8Array;
}

/** An extension that is there to keep peers tolerant (RFC 8701). */
export interface GreaseExtension extends ExtensionBase {
  readonly kind: "grease";
  /** The body; a view. */
  readonly data: Uint8Array;
}

/** A known extension whose body could not be read; only with `malformedExtensions: "keep"`. */
export interface MalformedExtension extends ExtensionBase {
  readonly kind: "malformed";
  /** The body; a view. */
  readonly data: Uint8Array;
  /** Why the body could not be read. */
  readonly error: TlsParseError;
}

/** An extension without a decoded body. */
export type OpaqueExtension = UnknownExtension | GreaseExtension | MalformedExtension;

/** How one extension's body is read and written in one kind of message. */
export interface ExtensionCodec<E extends ExtensionBase> {
  /** `reader` holds exactly the body; whoever calls rejects what is left over. */
  read(reader: ByteReader, type: E["type"]): E;
  write(writer: ByteWriter, extension: E): void;
}

/** How decoders treat what they could be lenient about. Strict unless told otherwise. */
export interface DecodeOptions {
  /**
   * `"reject"` (the default): a known extension with a bad body makes the whole message an error. `"keep"`: it becomes
   * a {@link MalformedExtension}, for observers who want the rest of the message all the same. Duplicate extensions and
   * broken lists are errors either way.
   */
  readonly malformedExtensions?: "reject" | "keep";
}
