import { isGrease } from "../grease.ts";
import { ExtensionType } from "../tables/extension-type.ts";
import { TlsParseError } from "../tls-parse-error.ts";
import { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import type { CodecTable } from "./codecs.ts";
import type { DecodeOptions, ExtensionBase, ExtensionCodec, OpaqueExtension } from "./extension.ts";

const EXTENSIONS = "extensions";
/**
 * Honest messages carry fewer, and up to here looking through the list is faster than a set. A message of 64 KiB holds
 * 16,000, where looking through the list for each would let a sender cost his reader a second.
 */
const FEW_EXTENSIONS = 32;

/**
 * Reads `Extension extensions<0..2^16-1>` (RFC 8446 section 4.2), each body by the codec that the table has for it.
 * The same type twice is an error.
 */
export function readExtensions<E extends ExtensionBase>(
  reader: ByteReader,
  codecs: CodecTable<E>,
  options: DecodeOptions,
): (E | OpaqueExtension)[] {
  const list = reader.vector16(EXTENSIONS);
  const extensions: (E | OpaqueExtension)[] = [];
  let types: Set<number> | undefined;
  while (list.remaining > 0) {
    const at = list.offset;
    const type = list.uint16("extension.extensionType");
    if (extensions.length >= FEW_EXTENSIONS) types ??= new Set(extensions.map((earlier) => earlier.type));
    if (types?.has(type) ?? isListed(type, extensions))
      list.fail("duplicate-extension", EXTENSIONS, `extension ${type} appears twice`, at);
    types?.add(type);
    const body = list.vector16("extension.extensionData");
    extensions.push(readExtension(codecs[type], type, body, options));
  }
  return extensions;
}

function isListed(type: number, extensions: readonly ExtensionBase[]): boolean {
  for (let index = 0; index < extensions.length; index++) if (extensions[index]!.type === type) return true;
  return false;
}

function readExtension<E extends ExtensionBase>(
  codec: ExtensionCodec<E> | undefined,
  type: number,
  body: ByteReader,
  options: DecodeOptions,
): E | OpaqueExtension {
  if (codec === undefined) return { type, kind: isGrease(type) ? "grease" : "unknown", data: body.rest() };
  if (options.malformedExtensions !== "keep") {
    const extension = codec.read(body, type);
    body.finish(EXTENSIONS);
    return extension;
  }
  const start = body.offset;
  try {
    const extension = codec.read(body, type);
    body.finish(EXTENSIONS);
    return extension;
  } catch (error) {
    if (!(error instanceof TlsParseError)) throw error;
    const data = new ByteReader(body.bytes, start, body.end).rest();
    return { type, kind: "malformed", data, error };
  }
}

/** Writes what {@link readExtensions} reads. */
export function writeExtensions<E extends ExtensionBase>(
  writer: ByteWriter,
  extensions: readonly (E | OpaqueExtension)[],
  codecs: CodecTable<E>,
): void {
  const seen = new Set<number>();
  writer.vector16(EXTENSIONS, 0, 0xffff, () => {
    for (const extension of extensions) {
      if (seen.has(extension.type)) writer.fail(EXTENSIONS, `extension ${extension.type} appears twice`);
      seen.add(extension.type);
      writer.uint16(extension.type, "extension.extensionType");
      writer.vector16("extension.extensionData", 0, 0xffff, () => writeExtension(writer, extension, codecs));
    }
  });
}

function writeExtension<E extends ExtensionBase>(
  writer: ByteWriter,
  extension: E | OpaqueExtension,
  codecs: CodecTable<E>,
): void {
  if (isOpaque(extension)) {
    writer.bytes(extension.data);
    return;
  }
  const codec = codecs[extension.type];
  if (codec === undefined)
    writer.fail(EXTENSIONS, `extension ${extension.type} has no such body in this message`);
  codec.write(writer, extension);
}

function isOpaque(extension: ExtensionBase): extension is OpaqueExtension {
  const { kind } = extension;
  return kind === "unknown" || kind === "grease" || kind === "malformed";
}

/** Throws unless `pre_shared_key` is the last one, as its binders demand (RFC 8446 section 4.2.11). */
export function checkPskIsLast(extensions: readonly ExtensionBase[], offset: number): void {
  let at = 0;
  while (at < extensions.length && extensions[at]!.type !== ExtensionType.preSharedKey) at++;
  if (at >= extensions.length - 1) return;
  throw new TlsParseError({
    code: "misplaced-extension",
    offset,
    field: EXTENSIONS,
    detail: `pre_shared_key is number ${at + 1} of ${extensions.length}, it must be the last`,
  });
}
