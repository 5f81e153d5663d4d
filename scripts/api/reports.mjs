// Writes what each entry of a package exports, with types and without words, in a stable order.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Extractor } from "@microsoft/api-extractor";
import { extractorConfig, ts } from "./compiler.mjs";
import { isInternal } from "./entries.mjs";

/** A symbol in a word. */
function kindOf({ flags }) {
  const kinds = [
    [ts.SymbolFlags.Class, "class"],
    [ts.SymbolFlags.Function, "function"],
    [ts.SymbolFlags.Variable, "const"],
    [ts.SymbolFlags.Interface, "interface"],
    [ts.SymbolFlags.TypeAlias, "type"],
  ];
  return kinds.find(([flag]) => flags & flag)?.[1] ?? "other";
}

/** The exported symbols of a file of declarations, by name, with aliases followed. */
export function exportsOf(program, file) {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  return checker
    .getExportsOfModule(module)
    .map((symbol) => [
      symbol.name,
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** API Extractor's report without what says nothing about the API: its heading, its notes, lines with line numbers. */
const bodyOf = (report) =>
  report
    .slice(report.indexOf("```ts\n") + 6, report.lastIndexOf("```"))
    .replace(/^\/\/ \(No @packageDocumentation.*\n/m, "")
    .replace(/^\/\/ Warnings were encountered during analysis:\n/m, "")
    .replaceAll(/^\/\/ (?:src|dist)\/.*\n/gm, "")
    .trim();

const internalNote = "No part of the API: for Faultwire's own packages, and of any form tomorrow. Its names:";

function reportOfEntry({ folder, entry, files, scratch, state, program }) {
  if (isInternal(entry)) {
    const names = exportsOf(program, entry.types).map(([name, symbol]) => `${kindOf(symbol)} ${name}`);
    return `${internalNote}\n\n\`\`\`text\n${names.join("\n")}\n\`\`\`\n`;
  }
  const reportFileName = `${entry.name.replaceAll(/[@/]/g, "_")}.api.md`;
  const config = extractorConfig({ folder, entry, files, scratch, reportFileName });
  Extractor.invoke(config, {
    localBuild: true,
    compilerState: state,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  return `\`\`\`ts\n${bodyOf(readFileSync(join(scratch, reportFileName), "utf8"))}\n\`\`\`\n`;
}

/** The text of a package's report. */
export function reportOf({ name, folder, entries }, { files, scratch, state, program }) {
  mkdirSync(join(scratch, "temp"), { recursive: true });
  const sections = entries.map(
    (entry) => `## \`${entry.name}\`\n\n${reportOfEntry({ folder, entry, files, scratch, state, program })}`,
  );
  const head = `# API of \`${name}\`\n\nWritten by \`npm run api\`; \`npm test\` holds it.\n`;
  return [head, ...sections].join("\n");
}
