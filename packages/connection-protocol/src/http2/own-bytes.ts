/** A message of either end, as far as it is looked at here. */
interface Said {
  readonly message: { readonly case: string | undefined; readonly value?: unknown };
}

/**
 * A message whose bytes are no small part of other memory. Bytes are kept for as long as a peer does not read, and credit counts
 * them alone: a view of one byte would keep a message with 190 kB of unknown fields, or 64 KiB that were read with it.
 *
 * @returns the same message.
 */
export function withOwnBytes<Message extends Said>(message: Message): Message {
  if (message.message.case !== "bytes") return message;
  const value = message.message.value as { data: Uint8Array };
  const { data } = value;
  if (data.buffer.byteLength > 2 * data.length) value.data = new Uint8Array(data);
  return message;
}
