/** Items of a reader in a form that does not depend on how the bytes were cut. */
import { type FrameItem, FrameReader, type FrameReaderOptions } from "../../src/index.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What items say, with parts of one payload joined. */
export function summaryOf(items: readonly FrameItem[]): unknown[] {
  const summary: Record<string, unknown>[] = [];
  for (const item of items) {
    const last = summary.at(-1);
    const joins = item.kind === "payload" || item.kind === "opaque";
    if (joins && last?.["kind"] === item.kind) last["wire"] = String(last["wire"]) + hex(item.bytes);
    else if (item.kind === "payload" || item.kind === "opaque")
      summary.push({ kind: item.kind, wire: hex(item.bytes) });
    else if (item.kind === "head") {
      const { bytes, mask, ...rest } = item;
      summary.push({ ...rest, mask: mask && hex(mask), wire: hex(bytes) });
    } else if (item.kind === "end") {
      const { bytes, control, ...rest } = item;
      summary.push({ ...rest, control: control && hex(control), wire: hex(bytes) });
    } else summary.push({ ...item, bytes: undefined, wire: hex(item.bytes) });
  }
  return summary;
}

/** Reads chunks, each of which is spoilt once it was read. */
export function readFrames(
  options: FrameReaderOptions,
  chunks: Iterable<Uint8Array>,
  isFinished = true,
): FrameItem[] {
  const reader = new FrameReader(options);
  const items: FrameItem[] = [];
  for (const chunk of chunks) {
    const copy = chunk.slice();
    items.push(...reader.push(copy).map((item) => ({ ...item, bytes: item.bytes.slice() })));
    copy.fill(0xff);
  }
  if (isFinished) items.push(...reader.finish());
  return items;
}

/** All bytes of items, in their order. */
export const wireOf = (items: readonly FrameItem[]): string => items.map(({ bytes }) => hex(bytes)).join("");
