// Holds the protocol: its style (buf lint), that the generated code is what `buf generate` writes today, and that
// nothing on the wire changed against main (buf breaking). Ends with 1 when one of them fails.
// `node check.mjs [FOLDER [PART …]]`: the folder with buf.yaml, proto/ and src/gen/, by default this package; parts are
// style, generated and breaking, by default all three.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative, resolve } from "node:path";

const home = dirname(import.meta.dirname);
const folder = resolve(process.argv[2] ?? home);
const scratch = mkdtempSync(join(tmpdir(), "faultwire-protocol-"));
const environment = {
  ...process.env,
  PATH: `${join(home, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`,
};
let failed = false;

/** Runs a command in the folder: whether it ended with 0, and what it wrote. */
function run(command, ...args) {
  const shell = process.platform === "win32" && command === "buf";
  const result = spawnSync(command, args, { cwd: folder, env: environment, shell, maxBuffer: 64 << 20 });
  const text = result.error?.message ?? `${String(result.stdout)}${String(result.stderr)}`.trim();
  return { ok: result.status === 0, text, stdout: result.stdout ?? Buffer.alloc(0) };
}

function tell(what, ok, text) {
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${what}${text ? `: ${text}` : ""}\n`);
  if (!ok) failed = true;
}

const filesIn = (root) =>
  existsSync(root)
    ? readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    : [];

function checkStyle() {
  const { ok, text } = run("buf", "lint");
  tell("buf lint", ok, text);
}

function checkGenerated() {
  const fresh = join(scratch, "fresh");
  const generated = run("buf", "generate", "--output", fresh);
  if (!generated.ok) return tell("generated code", false, generated.text);
  const [want, have] = [join(fresh, "src/gen"), join(folder, "src/gen")];
  const same = (file) =>
    existsSync(join(want, file)) &&
    existsSync(join(have, file)) &&
    readFileSync(join(want, file)).equals(readFileSync(join(have, file)));
  const stale = [...new Set([...filesIn(want), ...filesIn(have)])].filter((file) => !same(file));
  tell(
    "generated code",
    stale.length === 0,
    stale.length ? `not what the proto makes of it: ${stale.join(", ")}; run \`npm run generate\`` : "fresh",
  );
}

/** The commits to compare with: main; and on main itself what it was before, or a break that is committed goes by. */
function bases() {
  const commitOf = (name) => {
    const { ok, text } = run("git", "rev-parse", "--verify", "--quiet", `${name}^{commit}`);
    return ok ? text : undefined;
  };
  const head = commitOf("HEAD");
  const main = ["main", "origin/main", "HEAD"].find((name) => commitOf(name));
  if (!main) return [];
  return commitOf(main) === head && commitOf("HEAD^") ? [main, "HEAD^"] : [main];
}

/** Writes the protos of a commit into a folder that buf can read; false when it has none. */
function extract(base, target) {
  const { stdout } = run("git", "ls-tree", "-r", "-z", "--name-only", base, "--", "proto");
  const files = stdout.toString().split("\0").filter(Boolean);
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), run("git", "show", `${base}:./${file}`).stdout);
  }
  if (files.length) cpSync(join(folder, "buf.yaml"), join(target, "buf.yaml"));
  return files.length > 0;
}

function checkBreaking() {
  const inGit = run("git", "rev-parse", "--is-inside-work-tree");
  const compared = inGit.ok ? bases() : [];
  if (compared.length === 0)
    tell("buf breaking", true, `nothing to compare with (${inGit.ok ? "no commit yet" : inGit.text})`);
  for (const [index, base] of compared.entries()) {
    const what = `buf breaking against ${base}`;
    const target = join(scratch, `base-${index}`);
    if (!extract(base, target)) {
      tell(what, true, "it has no proto yet, nothing to compare with");
      continue;
    }
    const { ok, text } = run("buf", "breaking", "--against", target);
    tell(what, ok, text);
  }
}

const parts = { style: checkStyle, generated: checkGenerated, breaking: checkBreaking };
const named = process.argv.slice(3);
const unknown = named.filter((name) => !Object.hasOwn(parts, name));
try {
  if (unknown.length > 0) tell(`no such part: ${unknown.join(", ")}`, false, Object.keys(parts).join(", "));
  for (const name of named.length > 0 ? named : Object.keys(parts)) parts[name]?.();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
