/**
 * The same bytes as a Uint8Array and nothing more special. Node's sockets give Buffers, whose `subarray` takes three
 * times as long, and whoever gets views from us shall not have to know what was pushed.
 */
export function plainView(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
