import { type Document, isMap, isScalar, type LineCounter, type Node } from "yaml";

/** A place in a file; both count from 1. */
export interface FilePosition {
  readonly line: number;
  readonly column: number;
}

/** The way to a value: keys and indices. */
export type ValuePath = readonly (string | number)[];

/** `rules[0].when.first`; the empty path is the file. */
export function writePath(path: ValuePath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w$]+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/**
 * Where the value at `path` stands in the document, or the nearest one around it that is there.
 *
 * @param key - Wanted is a key of the map at `path` instead of a value.
 */
export function locate(document: Document, lines: LineCounter, path: ValuePath, key?: string): FilePosition {
  const found = key === undefined ? undefined : keyNode(document, path, key);
  let node: Node | undefined = found;
  for (let length = path.length; node === undefined && length > 0; length--)
    node = nodeAt(document, path.slice(0, length));
  node ??= document.contents ?? undefined;
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function nodeAt(document: Document, path: ValuePath): Node | undefined {
  return document.getIn(path, true) as Node | undefined;
}

function keyNode(document: Document, path: ValuePath, key: string): Node | undefined {
  const map = path.length === 0 ? document.contents : nodeAt(document, path);
  if (!isMap(map)) return undefined;
  const pair = map.items.find(({ key: node }) => isScalar(node) && String(node.value) === key);
  return isScalar(pair?.key) ? pair.key : undefined;
}
