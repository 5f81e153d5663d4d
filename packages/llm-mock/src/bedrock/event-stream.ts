/** Messages of `application/vnd.amazon.eventstream`: big-endian, a prelude, headers, a payload, two checksums. */
import { crc32 } from "node:zlib";

/** The type of a header whose value is a text; events and exceptions have no other. */
const STRING = 7;

/** Lengths and checksum before the headers. */
const PRELUDE_BYTES = 12;

/** The media type of such a stream. */
export const AWS_EVENT_STREAM = "application/vnd.amazon.eventstream";

/**
 * One message.
 *
 * | bytes   | what                                                                      |
 * | ------- | ------------------------------------------------------------------------- |
 * | 4       | length of the whole message                                               |
 * | 4       | length of the headers                                                     |
 * | 4       | CRC-32 of the 8 bytes before                                              |
 * | …       | headers: length of the name (1), name, type (1), length (2), value        |
 * | …       | payload                                                                   |
 * | 4       | CRC-32 of all before                                                      |
 */
export function awsMessage(
  headers: readonly (readonly [name: string, value: string])[],
  payload: string | Uint8Array,
): Uint8Array {
  const head = Buffer.concat(headers.flatMap(headerBytes));
  const body = Buffer.from(payload);
  const message = Buffer.alloc(PRELUDE_BYTES + head.length + body.length + 4);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, PRELUDE_BYTES);
  body.copy(message, PRELUDE_BYTES + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

/** An event of a name, its payload as JSON. */
export const awsEvent = (type: string, payload: object): Uint8Array =>
  awsMessage(
    [
      [":event-type", type],
      [":content-type", "application/json"],
      [":message-type", "event"],
    ],
    JSON.stringify(payload),
  );

function headerBytes([name, value]: readonly [string, string]): readonly Buffer[] {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const valueLength = Buffer.alloc(2);
  valueLength.writeUInt16BE(valueBytes.length);
  return [Buffer.from([nameBytes.length]), nameBytes, Buffer.from([STRING]), valueLength, valueBytes];
}
