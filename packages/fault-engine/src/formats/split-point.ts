const LF = 10;
const CR = 13;

/**
 * Where to cut an event so that a parser has to put it together again; `undefined` where it has no such place.
 *
 * - `utf8`: inside the first character of more than one byte
 * - `json`: in the middle of the longest line, which is the one with the data
 * - `line`: after the end of the first line that is not blank, be it LF, CRLF or CR
 */
export function splitPoint(whole: Uint8Array, where: "utf8" | "json" | "line"): number | undefined {
  switch (where) {
    case "utf8": {
      const lead = whole.findIndex((byte) => byte >= 0xc0);
      return lead === -1 || lead + 1 >= whole.length ? undefined : lead + 1;
    }
    case "line": {
      const line = linesOf(whole).find(({ from, to }) => to > from);
      return line === undefined || line.next >= whole.length ? undefined : line.next;
    }
    case "json": {
      let longest = { from: 0, to: 0 };
      for (const line of linesOf(whole)) if (line.to - line.from > longest.to - longest.from) longest = line;
      const middle = Math.floor((longest.from + longest.to) / 2);
      return middle > 0 && middle < whole.length ? middle : undefined;
    }
    default:
      return where satisfies never;
  }
}

interface LineRange {
  readonly from: number;
  /** Where its text ends. */
  readonly to: number;
  /** Where the next line begins. */
  readonly next: number;
}

function linesOf(whole: Uint8Array): LineRange[] {
  const lines: LineRange[] = [];
  let from = 0;
  for (let at = 0; at <= whole.length; at++) {
    const byte = whole[at];
    if (byte !== undefined && byte !== LF && byte !== CR) continue;
    const next = at + (byte === CR && whole[at + 1] === LF ? 2 : 1);
    lines.push({ from, to: at, next });
    from = next;
    at = next - 1;
  }
  return lines;
}
