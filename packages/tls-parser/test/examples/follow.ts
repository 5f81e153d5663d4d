import {
  ContentType,
  decodeHandshake,
  type Handshake,
  HandshakeReader,
  isTls13Version,
  RecordReader,
  selectedVersionOf,
} from "@faultwire/tls-parser";

/** What one side has sent, cut anywhere. */
interface Chunk {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

class Direction {
  readonly records: RecordReader = new RecordReader({ skipApplicationData: true });
  readonly messages: HandshakeReader = new HandshakeReader();
  isEncrypted = false;
}

/** Every handshake message that both sides send in the clear, in the order in which it was seen. */
export function* messagesOf(chunks: Iterable<Chunk>): Generator<Handshake> {
  const directions = { client: new Direction(), server: new Direction() };
  let context: { version: number; cipherSuite?: number } | undefined;
  for (const { from, bytes } of chunks) {
    const direction = directions[from];
    for (const { type, fragment } of direction.records.push(bytes)) {
      // Up to TLS 1.2 all that follows is encrypted. In TLS 1.3 it means nothing: behind a HelloRetryRequest both hellos
      // may still come.
      if (type === ContentType.changeCipherSpec)
        direction.isEncrypted = context !== undefined && !isTls13Version(context.version);
      if (type !== ContentType.handshake || direction.isEncrypted) continue;
      for (const frame of direction.messages.push(fragment)) {
        const message = decodeHandshake(frame, context ?? { version: 0x0303 });
        if (message.kind === "serverHello" || message.kind === "helloRetryRequest")
          context = { version: selectedVersionOf(message), cipherSuite: message.cipherSuite };
        yield message;
      }
    }
  }
}
