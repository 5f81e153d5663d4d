/** Every way in which bytes enter the package, with what must hold for all of them, whatever the bytes. */
import { chunksOf } from "@faultwire/testkit/chunkers";
import { expect } from "vitest";
import {
  alpnProtocolsOf,
  ClientHelloReader,
  decodeAlert,
  decodeHandshake,
  decodeSsl2ClientHello,
  detectProtocol,
  encodeHandshake,
  encodeSsl2ClientHello,
  type Handshake,
  type HandshakeContext,
  HandshakeReader,
  peekClientHello,
  RecordReader,
  serverNameOf,
  ssl2RecordBytes,
  TlsParseError,
} from "../src/index.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What one entry point made of some bytes: the shape of a value, or the place of an error. */
export type Outcome = string;

/** The suites that give the KeyExchange messages each of their forms, and the versions that change other messages. */
export const contexts: readonly HandshakeContext[] = [
  { version: 0x0304 },
  { version: 0x0303 },
  { version: 0x0301 },
  { version: 0x0303, cipherSuite: 0xc02f },
  { version: 0x0303, cipherSuite: 0xccac },
  { version: 0x0303, cipherSuite: 0x009e },
  { version: 0x0303, cipherSuite: 0x00aa },
  { version: 0x0303, cipherSuite: 0x00a8 },
  { version: 0x0303, cipherSuite: 0x00ac },
  { version: 0x0302, cipherSuite: 0x0003 },
  { version: 0x0300, cipherSuite: 0x000a },
  { version: 0x0304, malformedExtensions: "keep" },
];

/** Runs `decode`; anything thrown but our own error is a failure of the test. */
export function outcomeOf(decode: () => string): Outcome {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TlsParseError) return `${error.code} ${error.field}`;
    throw error;
  }
}

/** Longer forms of numbers than needed are legal in QUIC and lost here; everything else comes back to the byte. */
const hasQuic = (message: Handshake): boolean =>
  "extensions" in message &&
  (message.extensions ?? []).some((extension) => extension.kind === "quicTransportParameters");

const shapeOf = (message: Handshake): string => {
  const form = "form" in message ? message.form : "";
  const extensions = "extensions" in message ? (message.extensions ?? []) : [];
  return `${message.kind} ${form} ${extensions.map(({ type, kind }) => `${kind}:${type}`).join()}`;
};

export function decodeOne(bytes: Uint8Array, context: HandshakeContext): Outcome {
  return outcomeOf(() => {
    const frame = { type: bytes[0] ?? 0, body: bytes.subarray(1) };
    const message = decodeHandshake(frame, context);
    const again = encodeHandshake(message);
    // Compared by hand: this runs a hundred thousand times, and an assertion takes longer than the decoding.
    if (hasQuic(message)) {
      const settled = decodeHandshake({ type: again[0]!, body: again.subarray(4) }, context);
      expect(settled).toEqual(message);
    } else if (Buffer.compare(again.subarray(4), frame.body) !== 0) {
      expect(again.subarray(4)).toEqual(frame.body);
    }
    return shapeOf(message);
  });
}

/** What a reader that is iterated says about chunks, the error that ended it included. */
export function eventsOf<T>(
  reader: { push(chunk: Uint8Array): Iterable<T>; readonly pendingBytes: number },
  chunks: Iterable<Uint8Array>,
  maxPendingBytes: number,
  show: (item: T) => string,
): string[] {
  const events: string[] = [];
  const error = outcomeOf(() => {
    for (const chunk of chunks) {
      for (const item of reader.push(chunk)) events.push(show(item));
      expect(reader.pendingBytes).toBeLessThanOrEqual(maxPendingBytes);
    }
    return "";
  });
  if (error !== "") events.push(error);
  return events;
}

const records = (chunks: Iterable<Uint8Array>, skipApplicationData: boolean): string[] =>
  eventsOf(
    new RecordReader({ skipApplicationData }),
    chunks,
    5 + 18_432,
    ({ type, legacyVersion, length, fragment }) => `${type} ${legacyVersion} ${length} ${hex(fragment)}`,
  );

const messages = (chunks: Iterable<Uint8Array>): string[] =>
  eventsOf(
    new HandshakeReader({ maxMessageBytes: 5000 }),
    chunks,
    5004,
    ({ type, body }) => `${type} ${hex(body)}`,
  );

const hello = (chunks: Iterable<Uint8Array>): Outcome => {
  const reader = new ClientHelloReader();
  let outcome = "more";
  for (const chunk of chunks) {
    const result = reader.push(chunk);
    outcome = result.status;
    if (result.status === "done") outcome = `done ${result.consumedBytes} ${shapeOf(result.clientHello)}`;
    if (result.status === "error")
      outcome = `${result.error.code} ${result.error.field} ${result.error.offset}`;
  }
  return outcome;
};

/**
 * A peek may pass a hello that the reader refuses, and of several faults it may name another one: it sees fewer. Beyond
 * that the two say the same.
 */
function comparePeek(bytes: Uint8Array): string {
  const peek = peekClientHello(bytes);
  const read = new ClientHelloReader().push(bytes);
  if (read.status === "done") {
    const { clientHello } = read;
    const [serverName, alpnProtocols] = [serverNameOf(clientHello), alpnProtocolsOf(clientHello)];
    expect(peek).toEqual({ status: "done", serverName, alpnProtocols });
  } else if (read.status === "error") {
    expect(["done", "error"]).toContain(peek.status);
  } else {
    expect(peek).toEqual(read);
  }
  return `peek ${peek.status}`;
}

/**
 * Pushes and decodes `bytes` everywhere; throws where something is thrown that may not be, where chunking changes what
 * is said, or where a value does not encode to the bytes that it came from. Gives what happened, to tell inputs apart.
 *
 * @param chunkBytes - the size of chunks for the second look
 */
export function enterEverywhere(bytes: Uint8Array, chunkBytes: number): Outcome[] {
  const chunks = chunksOf(bytes, chunkBytes);
  const detection = detectProtocol(bytes).kind;
  const helloOutcome = hello([bytes]);
  expect(hello(chunks)).toBe(helloOutcome);
  const recordEvents = records([bytes], false);
  expect(records(chunks, false)).toEqual(recordEvents);
  expect(records(chunks, true)).toHaveLength(recordEvents.length);
  const messageEvents = messages([bytes]);
  expect(messages(chunks)).toEqual(messageEvents);
  ssl2RecordBytes(bytes);
  return [
    detection,
    comparePeek(bytes),
    helloOutcome.replaceAll(/\d+/g, ""),
    recordEvents.at(-1)?.replaceAll(/\d/g, "").slice(0, 40) ?? "",
    outcomeOf(() => `alert ${decodeAlert(bytes).level}`),
    outcomeOf(() => {
      const ssl2 = decodeSsl2ClientHello(bytes);
      expect(encodeSsl2ClientHello(ssl2)).toEqual(bytes);
      return ssl2.kind;
    }),
    ...contexts.map((context) => decodeOne(bytes, context)),
  ];
}
