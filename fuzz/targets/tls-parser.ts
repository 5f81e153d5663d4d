/** The TLS parser: any bytes give values that encode to the same bytes, or its own error, at any chunking. */
import { handshakeVectors, helloVectors, oddHellos } from "@faultwire/testkit/tls-vectors";
import {
  alpnProtocolsOf,
  ClientHelloReader,
  decodeAlert,
  decodeHandshake,
  decodeSsl2ClientHello,
  detectProtocol,
  encodeHandshake,
  encodeSsl2ClientHello,
  type HandshakeContext,
  HandshakeReader,
  peekClientHello,
  RecordReader,
  serverNameOf,
  ssl2RecordBytes,
  TlsParseError,
} from "@faultwire/tls-parser";
import { caught, chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

const contexts: readonly HandshakeContext[] = [
  { version: 0x0304 },
  { version: 0x0303 },
  { version: 0x0301 },
  { version: 0x0303, cipherSuite: 0xc02f },
  { version: 0x0303, cipherSuite: 0x009e },
  { version: 0x0303, cipherSuite: 0x00aa },
  { version: 0x0303, cipherSuite: 0x00a8 },
  { version: 0x0302, cipherSuite: 0x0003 },
  { version: 0x0304, malformedExtensions: "keep" },
];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const maxMessageBytes = 3000;

/** What a reader says, its error included. */
function said<T>(
  reader: { push(chunk: Uint8Array): Iterable<T>; readonly pendingBytes: number },
  chunks: readonly Uint8Array[],
  maxPendingBytes: number,
  show: (item: T) => string,
): string[] {
  const all: string[] = [];
  const outcome = caught(TlsParseError, () => {
    for (const chunk of chunks) {
      for (const item of reader.push(chunk)) all.push(show(item));
      holds(
        reader.pendingBytes <= maxPendingBytes,
        `${reader.pendingBytes} bytes are pending, at most ${maxPendingBytes}`,
      );
    }
  });
  if ("error" in outcome) all.push(outcome.error.message);
  return all;
}

const records = (chunks: readonly Uint8Array[]): string[] =>
  said(
    new RecordReader(),
    chunks,
    5 + 18_432,
    ({ type, legacyVersion, fragment }) => `${type} ${legacyVersion} ${hex(fragment)}`,
  );
const messages = (chunks: readonly Uint8Array[]): string[] =>
  said(
    new HandshakeReader({ maxMessageBytes }),
    chunks,
    maxMessageBytes + 4,
    ({ type, body }) => `${type} ${hex(body)}`,
  );

function hello(chunks: readonly Uint8Array[]): string {
  const reader = new ClientHelloReader();
  let last = "more";
  for (const chunk of chunks) {
    const result = reader.push(chunk);
    last = result.status;
    if (result.status === "done")
      last = `done ${result.consumedBytes} ${serverNameOf(result.clientHello)} ${alpnProtocolsOf(result.clientHello)}`;
    if (result.status === "error") last = `${result.error.code} ${result.error.field} ${result.error.offset}`;
  }
  return last;
}

function decodeOne(bytes: Uint8Array, context: HandshakeContext): void {
  const frame = { type: bytes[0] ?? 0, body: bytes.subarray(1) };
  const outcome = caught(TlsParseError, () => decodeHandshake(frame, context));
  if ("error" in outcome) {
    holds(/^\S/.test(outcome.error.message), "an error has a message");
    return;
  }
  const message = outcome.value;
  const again = encodeHandshake(message);
  const isQuic =
    "extensions" in message &&
    (message.extensions ?? []).some(({ kind }) => kind === "quicTransportParameters");
  // Numbers of QUIC may be longer than needed, which is lost; what was lost once is not lost again.
  if (isQuic)
    same(
      hex(encodeHandshake(decodeHandshake({ type: again[0] ?? 0, body: again.subarray(4) }, context))),
      hex(again),
      "settles",
    );
  else same(hex(again.subarray(4)), hex(frame.body), "encodes to what it was decoded from");
}

export const target: Target = {
  maxBytes: 1200,
  maxSteps: 600_000,
  seeds: () => [
    ...[...helloVectors(), ...oddHellos()]
      .slice(0, 24)
      .flatMap(({ bytes }) => [
        seed(0, bytes.subarray(0, 1100)),
        seed(1, Uint8Array.of(1), bytes.subarray(9, 1100)),
      ]),
    ...handshakeVectors()
      .slice(0, 12)
      .flatMap(({ chunks }) =>
        chunks
          .slice(0, 4)
          .flatMap(({ bytes }) => [
            seed(0, bytes.subarray(0, 1100)),
            seed(2, bytes.subarray(5, 9), bytes.subarray(9, 1000)),
          ]),
      ),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    const cut = (): Uint8Array[] => chunked(bytes, how);
    detectProtocol(bytes);
    ssl2RecordBytes(bytes);
    same(records(cut()), records([bytes]), "records at any chunking");
    same(messages(cut()), messages([bytes]), "messages at any chunking");
    const read = hello([bytes]);
    same(hello(cut()), read, "a hello at any chunking");
    const peek = peekClientHello(bytes);
    if (read.startsWith("done")) holds(peek.status === "done", "what is read can be peeked at");
    caught(TlsParseError, () => decodeAlert(bytes));
    const old = caught(TlsParseError, () => decodeSsl2ClientHello(bytes));
    if ("value" in old)
      same(hex(encodeSsl2ClientHello(old.value)), hex(bytes), "an old hello encodes to itself");
    for (const context of contexts) decodeOne(bytes, context);
  },
};
