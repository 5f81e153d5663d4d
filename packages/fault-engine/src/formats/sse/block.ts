import { fromUtf8, utf8 } from "../../text.ts";

/** What a block of an event stream says (WHATWG HTML §9.2.6). */
export interface SseEvent {
  /** The last `event:` field; `null` without one. */
  readonly name: string | null;
  /** The `data:` fields joined by line feeds; `null` for a block that is dispatched to nobody: comments, blank lines. */
  readonly data: string | null;
}

/** A line of a block: its text, and the bytes that end it (`\n`, `\r\n`, `\r`; nothing where the stream broke off). */
interface BlockLine {
  readonly text: string;
  readonly end: string;
}

/** Splits a block into its lines. An empty rest behind the last line end is no line. */
function linesOf(whole: Uint8Array): BlockLine[] {
  const pieces = fromUtf8(whole).split(/(\r\n|\r|\n)/);
  const lines: BlockLine[] = [];
  for (let at = 0; at < pieces.length; at += 2) {
    const line = { text: pieces[at] ?? "", end: pieces[at + 1] ?? "" };
    if (line.text !== "" || line.end !== "") lines.push(line);
  }
  return lines;
}

/** Name and value of a field; the name of a comment is empty (WHATWG HTML §9.2.6). */
function fieldOf({ text }: BlockLine): readonly [name: string, value: string] {
  const colon = text.indexOf(":");
  if (colon === -1) return [text, ""];
  const value = text.slice(colon + 1);
  return [text.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}

/** Reads the fields of one block, without a byte-order mark. */
export function readBlock(whole: Uint8Array): SseEvent {
  let name: string | null = null;
  const data: string[] = [];
  for (const line of linesOf(whole)) {
    const [field, value] = fieldOf(line);
    if (field === "data") data.push(value);
    if (field === "event") name = value;
  }
  return { name, data: data.length === 0 ? null : data.join("\n") };
}

/** What to change about a block; what is left out stays. */
export interface BlockChange {
  /** `null` takes the `event:` line away. */
  readonly name?: string | null;
  readonly data?: string;
}

/**
 * A block with another name or other data. Its other lines (`id`, `retry`, comments), their order and the way in which
 * its lines end stay as they are.
 */
export function changeBlock(whole: Uint8Array, { name, data }: BlockChange): Uint8Array {
  const lines = linesOf(whole);
  const style = lines.find(({ end }) => end !== "")?.end ?? "\n";
  const isField = (line: BlockLine, field: string): boolean => fieldOf(line)[0] === field;
  const changed: string[] = [];
  if (typeof name === "string") changed.push(`event: ${name}`);
  let hasData = false;
  for (const line of lines) {
    if (name !== undefined && isField(line, "event")) continue;
    if (data === undefined || !isField(line, "data")) {
      changed.push(line.text);
      continue;
    }
    if (!hasData) changed.push(...dataLines(data));
    hasData = true;
  }
  // The last line ends as it did: a block that broke off stays one.
  return utf8(changed.join(style) + (changed.length === 0 ? "" : (lines.at(-1)?.end ?? "")));
}

/** The `data:` lines for a text. Every kind of line end in it begins another line: none may end the field early. */
export function dataLines(data: string): string[] {
  return data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`);
}
