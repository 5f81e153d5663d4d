import {
  ContentType,
  decodeHandshake,
  type Handshake,
  HandshakeReader,
  RecordReader,
  selectedVersionOf,
} from "@faultwire/tls-parser";

/** Every handshake message that one side sends in the clear, from chunks of any size. */
export function* messagesOf(chunks: Iterable<Uint8Array>): Generator<Handshake> {
  const records = new RecordReader({ skipApplicationData: true });
  const messages = new HandshakeReader();
  let context: { version: number; cipherSuite?: number } = { version: 0x0303 };
  for (const chunk of chunks)
    for (const record of records.push(chunk)) {
      if (record.type === ContentType.changeCipherSpec) return;
      if (record.type !== ContentType.handshake) continue;
      for (const frame of messages.push(record.fragment)) {
        const message = decodeHandshake(frame, context);
        if (message.kind === "serverHello")
          context = { version: selectedVersionOf(message), cipherSuite: message.cipherSuite };
        yield message;
      }
    }
}
