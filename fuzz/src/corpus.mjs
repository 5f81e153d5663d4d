// The corpus of a target, one input a line: text as JSON writes it, anything else in base64.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../corpus");
/** Bytes of a target's file at the most: all of them together stay under 300 kB. */
export const maxFileBytes = 24_000;

const isText = (text) => /^[\t\r\n\x20-\x7e]*$/.test(text);

export function writeInput(input) {
  const text = Buffer.from(input).toString("latin1");
  return isText(text) ? JSON.stringify(text) : Buffer.from(input).toString("base64");
}

export function readInput(line) {
  return line.startsWith('"') ? Buffer.from(JSON.parse(line), "latin1") : Buffer.from(line, "base64");
}

export function readCorpus(name) {
  const file = join(folder, `${name}.txt`);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map(readInput);
}

/** @param inputs - The more telling first: those behind the limit are left out. */
export function writeCorpus(name, inputs) {
  let bytes = 0;
  const lines = [];
  for (const line of new Set(inputs.map(writeInput))) {
    if (bytes + line.length + 1 > maxFileBytes) continue;
    bytes += line.length + 1;
    lines.push(line);
  }
  writeFileSync(join(folder, `${name}.txt`), `${lines.sort().join("\n")}\n`);
  return lines.length;
}
