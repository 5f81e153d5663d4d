// What a command has measured, in a page of the documentation.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const docs = join(import.meta.dirname, "../../docs");

/** Puts a text between `<!-- NAME -->` and `<!-- end of NAME -->` of a page. */
export function writeMeasured(page, name, text) {
  const path = join(docs, page);
  const before = readFileSync(path, "utf8");
  const between = new RegExp(`(?<=<!-- ${name} -->\n\n).*?(?=\n*<!-- end of ${name} -->)`, "s");
  if (!between.test(before)) throw new Error(`docs/${page} has no place for the table of ${name}`);
  writeFileSync(
    path,
    before.replace(between, () => text.trimEnd()),
  );
}
