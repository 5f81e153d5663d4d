import { LineCounter } from "yaml";
import { type FilePosition, locate, type ValuePath } from "./locate.ts";
import { readDocument, yamlProblem } from "./yaml-document.ts";

/** Something that is wrong with a text as YAML. */
export interface YamlProblem extends FilePosition {
  readonly message: string;
}

/** A YAML text that was read: its value, or why there is none. */
export type OpenedYaml =
  | { readonly kind: "problems"; readonly problems: readonly YamlProblem[] }
  | {
      readonly kind: "value";
      readonly data: unknown;
      /** Where the value at a path stands, or the nearest around it; with `key`, where that key of the map there does. */
      readonly place: (path: ValuePath, key?: string) => FilePosition;
    };

/**
 * Reads YAML 1.2, or JSON, which is YAML.
 *
 * @param maxAliases - Aliases that it may resolve: the defence against a "billion laughs".
 */
export function openYaml(text: string, maxAliases: number): OpenedYaml {
  const lines = new LineCounter();
  const document = readDocument(text, lines);
  const problems = [...document.errors, ...document.warnings].map((fault): YamlProblem => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { line, column: col, message: yamlProblem(fault) };
  });
  if (problems.length > 0) return { kind: "problems", problems };
  try {
    const data: unknown = document.toJS({ maxAliasCount: maxAliases });
    return { kind: "value", data, place: (path, key) => locate(document, lines, path, key) };
  } catch {
    return {
      kind: "problems",
      problems: [{ line: 1, column: 1, message: `more than ${maxAliases} aliases, or one to nothing` }],
    };
  }
}
