/** What readers of HTTP/1.1 give, in a form that tests can compare, and text for bytes. */

/** An item of a request or a response, as far as tests look at it: the types of `http1` fit into it. */
export type AnyItem =
  | { readonly kind: "head" | "interim" | "end" | "opaque"; readonly bytes: Uint8Array }
  | { readonly kind: "body"; readonly bytes: Uint8Array; readonly data: Uint8Array }
  | { readonly kind: "trailers"; readonly bytes: Uint8Array; readonly headers: unknown }
  | {
      readonly kind: "malformed";
      readonly bytes: Uint8Array;
      readonly code: string;
      readonly offset: number;
    };

/** A reader of one direction of a connection. */
export interface AnyReader<Item extends AnyItem> {
  readonly pendingBytes: number;
  push(chunk: Uint8Array): Item[];
  finish(): Item[];
}

/** One byte per character, so that test messages can hold any byte. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
/** The inverse of {@link bytesOf}. */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/**
 * Items in a form that does not depend on how the bytes were cut: heads and trailers by what they say, bodies as one
 * text, and whatever is not read as HTTP as one text after the reason.
 */
export function summaryOf(items: readonly AnyItem[]): unknown[] {
  const summary: unknown[] = [];
  let body: { data: string; wire: string } | undefined;
  let opaque: { opaque: string } | undefined;
  for (const item of items) {
    switch (item.kind) {
      case "head":
      case "interim": {
        const { bytes, ...rest } = item;
        body = undefined;
        summary.push({ ...rest, wire: textOf(bytes) });
        break;
      }
      case "body":
        if (body === undefined) {
          body = { data: "", wire: "" };
          summary.push(body);
        }
        body.data += textOf(item.data);
        body.wire += textOf(item.bytes);
        break;
      case "trailers":
        summary.push({ trailers: item.headers, wire: textOf(item.bytes) });
        break;
      case "end":
        body = undefined;
        summary.push("end");
        break;
      case "malformed":
      case "opaque":
        if (item.kind === "malformed") summary.push({ malformed: item.code, offset: item.offset });
        if (opaque === undefined) {
          opaque = { opaque: "" };
          summary.push(opaque);
        }
        opaque.opaque += textOf(item.bytes);
        break;
    }
  }
  return summary;
}

/** Everything that a reader gives for these chunks; throws where a byte is lost, added or changed. */
export function readAll<Item extends AnyItem>(
  reader: AnyReader<Item>,
  chunks: Iterable<Uint8Array>,
  finish = false,
): Item[] {
  const items: Item[] = [];
  let pushed = 0;
  for (const chunk of chunks) {
    pushed += chunk.length;
    items.push(...reader.push(chunk));
  }
  if (finish) items.push(...reader.finish());
  const given = items.reduce((sum, item) => sum + item.bytes.length, 0);
  if (given + reader.pendingBytes !== pushed)
    throw new Error(`${pushed} bytes in, ${given} out, ${reader.pendingBytes} pending`);
  return items;
}
