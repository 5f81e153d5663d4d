import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** One parameter (RFC 9000 section 18). */
export interface QuicTransportParameter {
  /** Below 2^62. */
  readonly id: bigint;
  /** What the id makes of it; a view. */
  readonly value: Uint8Array;
}

/**
 * `quic_transport_parameters` (RFC 9001 section 8.2). Numbers in a longer form than they need are read, and written in
 * the shortest.
 */
export interface QuicTransportParametersExtension extends ExtensionBase {
  readonly type: 57;
  readonly kind: "quicTransportParameters";
  /** In the order sent. */
  readonly parameters: readonly QuicTransportParameter[];
}

const ID = "quicTransportParameters.id";
const LENGTH = "quicTransportParameters.length";

export const quicTransportParameters: ExtensionCodec<QuicTransportParametersExtension> = {
  read(reader) {
    const parameters: QuicTransportParameter[] = [];
    while (reader.remaining > 0) {
      const id = readVarint(reader, ID);
      // A length past 2^53 is past any extension's end, so what Number loses makes no difference.
      const length = Number(readVarint(reader, LENGTH));
      parameters.push({ id, value: reader.view(length, "quicTransportParameters.value") });
    }
    return { type: 57, kind: "quicTransportParameters", parameters };
  },
  write(writer, { parameters }) {
    for (const { id, value } of parameters) {
      writeVarint(writer, id, ID);
      writeVarint(writer, BigInt(value.length), LENGTH);
      writer.bytes(value);
    }
  },
};

/** RFC 9000 section 16: the two top bits of the first byte say how many bytes there are. */
function readVarint(reader: ByteReader, field: string): bigint {
  const first = reader.uint8(field);
  let value = BigInt(first & 0x3f);
  for (let left = (1 << (first >> 6)) - 1; left > 0; left--)
    value = (value << 8n) | BigInt(reader.uint8(field));
  return value;
}

function writeVarint(writer: ByteWriter, value: bigint, field: string): void {
  if (value < 0n || value >= 1n << 62n) writer.fail(field, "not an unsigned 62-bit integer");
  const size = value < 1n << 6n ? 0 : value < 1n << 14n ? 1 : value < 1n << 30n ? 2 : 3;
  const count = 1 << size;
  for (let at = count - 1; at >= 0; at--) {
    const byte = Number((value >> BigInt(8 * at)) & 0xffn);
    writer.uint8(at === count - 1 ? byte | (size << 6) : byte, field);
  }
}
