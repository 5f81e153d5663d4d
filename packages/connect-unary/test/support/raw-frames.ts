/** HTTP/2 frames by hand, for what Node's client can't send: it ends a stream before it resets it. */

/** The client's preface and empty SETTINGS. */
export const preface: Buffer = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(4, 0, 0, Buffer.alloc(0)),
]);

/** HEADERS of a gRPC call, uncompressed, and the stream left open (RFC 9113, section 6.2; RFC 7541, section 6.2.2). */
export function headersFrame(streamId: number, path: string): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "test",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const block = Object.entries(fields).map(([name, value]) =>
    Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
  return frame(1, 0x4, streamId, Buffer.concat(block));
}

/** DATA that does not end the stream. */
export function dataFrame(streamId: number, bytes: Uint8Array): Buffer {
  return frame(0, 0, streamId, bytes);
}

/** DATA that ends the stream. */
export function lastDataFrame(streamId: number, bytes: Uint8Array): Buffer {
  return frame(0, 1, streamId, bytes);
}

export interface ReadFrame {
  readonly type: number;
  readonly endsStream: boolean;
  readonly payload: Buffer;
}

/** The whole frames of a stream in what a server has sent. */
export function framesOf(bytes: Buffer, streamId: number): ReadFrame[] {
  const frames: ReadFrame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    if (bytes.readUInt32BE(at + 5) === streamId)
      frames.push({
        type: bytes[at + 3]!,
        endsStream: (bytes[at + 4]! & 1) !== 0,
        payload: bytes.subarray(at + 9, end),
      });
    at = end;
  }
  return frames;
}

/** RST_STREAM with CANCEL, as a caller sends it that loses interest. */
export function cancelFrame(streamId: number): Buffer {
  return frame(3, 0, streamId, Buffer.from([0, 0, 0, 8]));
}

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}
