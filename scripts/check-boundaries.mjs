// Holds the arrows of docs/architecture.md: who imports whom, what is declared, where node: may appear.
// Prints every breach with file and reason and ends with 1 when there is one.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { root } from "./setup.mjs";

const arrows = JSON.parse(readFileSync(join(root, "scripts/arrows.json"), "utf8"));
/** Packages that promise to run in a browser: no node: import in src. */
const nodeFree = new Set([
  "tls-parser",
  "handshake-fsm",
  "http1",
  "websocket",
  "grpc",
  "fault-engine",
  "fault-protocol",
  "fault-session",
  "fetch-faults",
  "timers",
  "tunnel",
]);
/** Entries that promise more than their package, with what neither they nor the files that they import may import. */
const leanEntries = [
  {
    file: "packages/fault-session/src/messages.ts",
    refuses: ["node:", "@faultwire/tls-bridge"],
    why: "whoever carries whole messages may run in a browser, and ends no TLS",
  },
];
/** Packages that may make timers of Node's; the others are given them, or take those that wait as long as they should. */
const timerMakers = new Set(["timers", "testkit"]);
const timerPattern = /(?<![.\w])set(?:Timeout|Interval)\b/;
/** Whose test support a package's tests may use although the package itself may not import it, with the reason. */
const testSupport = {
  tunnel: ["fault-host", "the lanes answer that host, so they are held against its own copy loops"],
  runtime: ["fault-engine", "each format of a stream is opened in each coding, and its streams stand there"],
};
/** Which packages the tests of a package may import that it may not import itself, with the reason. */
const testImports = {
  "tls-bridge": [
    "cert-authority",
    "its README shows the two at work together, and a test runs what it shows",
  ],
};
/** A dependency that only one package may know, with the reason. */
const owners = {
  "node-forge": ["cert-authority", "whoever reads the CA must see every key"],
  "node:tls": [
    "tls-bridge",
    "one package ends TLS",
    ["llm-mock", "recordings", "cert-authority", "testkit", "node-hook"],
  ],
};

const breaches = [];
const shortName = (name) => (name === "faultwire" ? "cli" : name.replace("@faultwire/", ""));
const isOurs = (name) => name === "faultwire" || name.startsWith("@faultwire/");
const packageName = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

function* scripts(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* scripts(path);
    else if (/\.(m?ts|m?js)$/.test(entry.name)) yield path;
  }
}

const importPattern =
  /(?:^|[;\n])\s*(?:import|export)\s(?:[^"';]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

const textOf = (file) => readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
const importsOf = (text) => [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2]);

/** Follows an entry's relative imports, and holds all of them to what it promises. */
function checkEntry({ file, refuses, why }) {
  const seen = new Set([join(root, file)]);
  for (const each of seen)
    for (const specifier of importsOf(textOf(each))) {
      if (specifier.startsWith(".")) seen.add(resolve(each, "..", specifier));
      else if (refuses.some((refused) => specifier.startsWith(refused)))
        breaches.push(`${relative(root, each)}: imports ${specifier}, but ${file} leads here (${why})`);
    }
}

/** Whether a test of `me` may use that file: support for tests of a package that `me` may import. */
function isSharedSupport(target, me) {
  const [group, other, test, support] = relative(root, target).split(sep);
  return (
    (group === "packages" || group === "apps") &&
    test === "test" &&
    support === "support" &&
    (arrows[me].includes(other) || testSupport[me]?.[0] === other)
  );
}

function checkFile(file, folder, me, manifest, isTest) {
  const breach = (reason) => breaches.push(`${relative(root, file)}: ${reason}`);
  const text = textOf(file);
  if (!isTest && !timerMakers.has(me) && timerPattern.test(text))
    breach("makes a timer, which only timers may: Node fires one beyond 2^31 - 1 ms at once");
  for (const specifier of importsOf(text)) {
    if (specifier.startsWith(".")) {
      const target = resolve(file, "..", specifier);
      if (!target.startsWith(folder + sep) && !(isTest && isSharedSupport(target, me)))
        breach(`imports ${specifier}, which is outside its package`);
      continue;
    }
    if (specifier.startsWith("node:")) {
      if (!isTest && nodeFree.has(me)) breach(`imports ${specifier}, but ${me} runs without Node`);
    }
    const name = specifier.startsWith("node:") ? specifier : packageName(specifier);
    const owner = owners[name];
    if (owner && !isTest && owner[0] !== me && !owner[2]?.includes(me))
      breach(`imports ${name}, which only ${owner[0]} may (${owner[1]})`);
    if (name.startsWith("node:")) continue;
    if (isOurs(name)) {
      const other = shortName(name);
      const forTests = isTest && (other === "testkit" || testImports[me]?.[0] === other);
      const allowed = other === me || arrows[me].includes(other) || forTests;
      if (!allowed)
        breach(
          `imports ${name}; scripts/arrows.json lets ${me} import: ${arrows[me].join(", ") || "nothing"}`,
        );
    }
    const declared = {
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...(isTest ? { ...manifest.devDependencies, vitest: "", "fast-check": "" } : {}),
    };
    if (name !== manifest.name && !(name in declared))
      breach(`imports ${name}, which its package.json does not declare`);
  }
}

let files = 0;
for (const group of ["packages", "apps"]) {
  for (const me of readdirSync(join(root, group))) {
    const folder = join(root, group, me);
    const manifestPath = join(folder, "package.json");
    if (!existsSync(manifestPath)) continue;
    const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
    if (!arrows[me]) {
      breaches.push(`${group}/${me}: has no row in scripts/arrows.json`);
      continue;
    }
    const source = ["src", "bin"].flatMap((part) => [...scripts(join(folder, part))].map(textOf)).join("\n");
    for (const dependency of Object.keys(manifest.dependencies ?? {}).filter(isOurs)) {
      if (!arrows[me].includes(shortName(dependency)))
        breaches.push(`${group}/${me}/package.json: depends on ${dependency} against the arrows`);
      // By its name, because a package may be found by its path and not imported.
      if (!new RegExp(`"${dependency}["/]`).test(source))
        breaches.push(
          `${group}/${me}/package.json: depends on ${dependency}, which its source does not name`,
        );
    }
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).map(shortName);
    for (const other of arrows[me])
      if (!declared.includes(other))
        breaches.push(
          `scripts/arrows.json: lets ${me} import ${other}, which its package.json does not declare`,
        );
    for (const [part, isTest] of [
      ["src", false],
      ["bin", false],
      ["test", true],
    ])
      for (const file of scripts(join(folder, part))) {
        files++;
        checkFile(file, folder, me, manifest, isTest);
      }
  }
}
for (const entry of leanEntries) checkEntry(entry);
for (const line of breaches) console.error(line);
console.log(`boundaries: ${files} files, ${breaches.length} breaches`);
process.exitCode = breaches.length ? 1 : 0;
