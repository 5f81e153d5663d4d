// A copy of the checkout in which files are changed, so that the checkout itself never is, whatever happens.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transformSync } from "rolldown/utils";

/** The packages whose tests run what is built, each with what bundles it. */
const bundles = { "apps/cli": "apps/cli/scripts/bundle.mjs" };

/**
 * What every file begins with whose functions are watched: one line for each function that ran, at its first time in each
 * test: the mutant, a space, and the test.
 */
const recorder = `const mutationReached = (globalThis.mutationReached ??= ((seen) => (name) => {
const to = process.env.FAULTWIRE_MUTATION_REACHED;
const line = name + " " + (process.env.FAULTWIRE_MUTATION_TEST ?? "");
if (!to || seen.has(to + line)) return;
seen.add(to + line);
process.getBuiltinModule("node:fs").appendFileSync(to, line + "\\n");
})(new Set()));`.replaceAll("\n", " ");

/** Copies what git knows of; what is installed is linked to, and what is built, where nothing is built anew. */
export function makeSandbox(root, folders, folder) {
  const sandbox = new Sandbox(mkdtempSync(join(tmpdir(), "faultwire-mutation-")));
  try {
    // Tests that go on as another user have to get into it.
    chmodSync(sandbox.path, 0o755);
    fill(sandbox.path, root, folders, folder);
    return sandbox;
  } catch (error) {
    sandbox.remove();
    throw error;
  }
}

function fill(path, root, folders, folder) {
  const list = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (list.status !== 0) throw new Error(`git can't list the files: ${list.stderr}`);
  for (const file of list.stdout.split("\0")) {
    if (!file || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(path, file)), { recursive: true });
    copyFileSync(join(root, file), join(path, file));
  }
  symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
  for (const each of folders) {
    // Links between packages are relative: copied as they are, they lead to the copies.
    take(join(root, each, "node_modules"), join(path, each, "node_modules"), true);
    take(join(root, each, "dist"), join(path, each, "dist"), folder in bundles);
  }
}

function take(from, to, asCopy) {
  if (!existsSync(from)) return;
  if (asCopy) cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  else symlinkSync(from, to);
}

class Sandbox {
  constructor(path) {
    this.path = path;
    this.originals = new Map();
  }

  read(file) {
    return this.originals.get(file) ?? readFileSync(join(this.path, file), "utf8");
  }

  /** Writes a source file anew; of a package whose tests run what is built, that too, once `build` is called. */
  write(file, text) {
    if (!this.originals.has(file)) this.originals.set(file, this.read(file));
    writeFileSync(join(this.path, file), text);
  }

  /** Compiles what was written, and bundles it, where tests of this package run that. */
  build(folder, files) {
    const bundle = bundles[folder];
    if (!bundle) return;
    for (const file of files) {
      const made = transformSync(file, readFileSync(join(this.path, file), "utf8"), {
        lang: "ts",
        typescript: { rewriteImportExtensions: "rewrite", onlyRemoveTypeImports: true },
      });
      if (made.errors.length > 0) throw new Error(`${file} can't be compiled: ${made.errors[0].message}`);
      writeFileSync(join(this.path, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js")), made.code);
    }
    const run = spawnSync(process.execPath, [join(this.path, bundle)], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`the bundle of ${folder} can't be made: ${run.stderr}`);
  }

  /** Puts every changed source file back; gives their names. */
  restore() {
    const files = [...this.originals.keys()];
    for (const [file, text] of this.originals) writeFileSync(join(this.path, file), text);
    this.originals.clear();
    return files;
  }

  remove() {
    // Tests that were killed a moment ago may still write.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/**
 * A source file that tells which of these mutants' functions ran. Where no function is around a mutant, loading the
 * module is what counts.
 */
export function watched(text, mutants, bodies) {
  const inserts = [];
  for (const mutant of mutants) {
    const around = bodies
      .filter((body) => body.start <= mutant.start && mutant.end <= body.end)
      .sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    const call = `mutationReached(${JSON.stringify(mutant.id)})`;
    if (!around) inserts.push({ at: text.length, text: `\n${call};` });
    else if (around.block) inserts.push({ at: around.start + 1, text: `${call};` });
    else {
      inserts.push({ at: around.start, text: `(${call}, ` });
      inserts.push({ at: around.end, text: ")" });
    }
  }
  let out = text;
  for (const insert of inserts.sort((a, b) => b.at - a.at))
    out = `${out.slice(0, insert.at)}${insert.text}${out.slice(insert.at)}`;
  return `${recorder}${out}`;
}
