/**
 * Where to cut an event so that a parser has to put it together again; `undefined` where it has no such place.
 *
 * - `utf8`: inside the first character of more than one byte
 * - `json`: in the middle of the longest line, which is the one with the data
 * - `line`: after the first line end
 */
export function splitPoint(whole: Uint8Array, where: "utf8" | "json" | "line"): number | undefined {
  switch (where) {
    case "utf8": {
      const lead = whole.findIndex((byte) => byte >= 0xc0);
      return lead === -1 || lead + 1 >= whole.length ? undefined : lead + 1;
    }
    case "line": {
      const end = whole.indexOf(10);
      return end === -1 || end + 1 >= whole.length ? undefined : end + 1;
    }
    case "json": {
      let longest = { from: 0, to: 0 };
      for (let from = 0; from < whole.length; ) {
        const found = whole.indexOf(10, from);
        const to = found === -1 ? whole.length : found;
        if (to - from > longest.to - longest.from) longest = { from, to };
        from = to + 1;
      }
      const middle = Math.floor((longest.from + longest.to) / 2);
      return middle > 0 && middle < whole.length ? middle : undefined;
    }
    default:
      return where satisfies never;
  }
}
