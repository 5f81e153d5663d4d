// The examples in the documentation of exports, as modules for the compiler: what a reader copies from an editor has to compile.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { ts } from "./compiler.mjs";
import { isInternal } from "./entries.mjs";
import { exportsOf } from "./reports.mjs";

/**
 * What examples leave to their reader: sockets, moments, functions of the reader's own, what other packages export. They are of any
 * type. A name that is not here has to be exported by one of our packages, or be a global: so an export that is renamed is
 * found in every example.
 */
const given = new Set(
  `Anthropic answerTunnelCall askForAnotherCa block body bytes ca call chunk client clientHello clock connect connection context contexts
  createServer data decision engine entry estimateTokens facts fault firstChunk frame frames head headers hello hellos host hostname identityFor
  ignoring item judgement key logger machine message method now nowMs output perform plan plugin policy port reader record records
  refuse refuseWith report request route ruleSet ruleText rules runtime secrets server socket stream suite take text upstream writeFile`.split(
    /\s+/,
  ),
);

/** A `return` outside of a function: an example may stand for the inside of one. */
const returnsOutside = 1108;

const tsBlock = /```ts\n([\s\S]*?)```/g;

/** The examples of one exported thing and of its members: `name`, and its `blocks` of code. */
function examplesOf(symbol) {
  const texts = (one) =>
    (one.getJsDocTags() ?? [])
      .filter((tag) => tag.name === "example")
      .map((tag) => ts.displayPartsToString(tag.text));
  const members = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
  const found = [symbol, ...members].map((one) => [
    one === symbol ? symbol.name : `${symbol.name}.${one.name}`,
    texts(one).flatMap((text) => [...text.matchAll(tsBlock)].map(([, code]) => code)),
  ]);
  return found.flatMap(([name, blocks]) => blocks.map((code, at) => ({ name: `${name}#${at + 1}`, code })));
}

/** The lines above an example: imports of what our packages export, its own package's first, and what is left to the reader. */
function preambleOf(code, own, owners) {
  const taken = declared(code);
  const lines = [];
  for (const word of new Set(code.match(/[A-Za-z_]\w*/g))) {
    if (taken.has(word)) continue;
    const entries = owners.get(word) ?? [];
    const entry =
      entries.find((each) => each === own.entry) ?? entries.find((each) => each.startsWith(own.name));
    const from = entry ?? (given.has(word) ? undefined : entries[0]);
    if (from) lines.push(`import { ${word} } from "${from}";`);
    else if (given.has(word)) lines.push(`declare const ${word}: any;`);
  }
  return lines.join("\n");
}

/** Names that a block declares itself: they are not imported. */
const declared = (code) =>
  new Set(
    [...code.matchAll(/\b(?:const|let|function|class|import)\s+(?:\{([^}]*)\}|\[([^\]]*)\]|(\w+))/g)]
      .flatMap(([, object = "", list = "", name = ""]) => `${object},${list},${name}`.split(/[\s,:]+/))
      .filter(Boolean),
  );

/**
 * @param packages as `publishedPackages` gives them, with a `program` over their declarations
 * @returns `count` of the examples, and `problems`, a text each
 */
export function exampleProblems(packages, program) {
  const owners = new Map();
  const publicEntries = packages.flatMap((one) =>
    one.entries.filter((entry) => !isInternal(entry)).map((entry) => ({ one, entry })),
  );
  for (const { entry } of publicEntries)
    for (const [name] of exportsOf(program, entry.types))
      owners.set(name, [...(owners.get(name) ?? []), entry.name]);
  const sources = new Map();
  for (const { one, entry } of publicEntries)
    for (const [, symbol] of exportsOf(program, entry.types))
      for (const { name, code } of examplesOf(symbol)) {
        const preamble = preambleOf(code, { name: one.name, entry: entry.name }, owners);
        const file = join(root, `example-${sources.size}.ts`);
        sources.set(file, { where: `${entry.name} ${name}`, text: `${preamble}\n${code}\nexport {};\n` });
      }
  const options = {
    ...program.getCompilerOptions(),
    // What is of any type in an example is passed to callbacks, too.
    noImplicitAny: false,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    paths: Object.fromEntries(publicEntries.map(({ entry }) => [entry.name, [entry.types]])),
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) => {
    const source = sources.get(file);
    return source ? ts.createSourceFile(file, source.text, ...rest) : read(file, ...rest);
  };
  host.fileExists = (file) => sources.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => sources.get(file)?.text ?? readFileSync(file, "utf8");
  const examples = ts.createProgram([...sources.keys()], options, host);
  const problems = [];
  for (const [file, { where }] of sources) {
    const source = examples.getSourceFile(file);
    for (const { code, messageText } of [
      ...examples.getSyntacticDiagnostics(source),
      ...examples.getSemanticDiagnostics(source),
    ])
      if (code !== returnsOutside)
        problems.push(`${where}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
  }
  return { count: sources.size, problems };
}
