// What every client of this folder is made of: which SDK, where it goes, and cases that say what came of them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** "current" or "previous": one major back. */
export const which = process.env.SDK_WHICH ?? "current";
/** Where a mock listens; undefined where the SDK is to use the host that it has by itself. */
export const mockUrl = process.env.MOCK_URL;

const require = createRequire(import.meta.url);

/**
 * An SDK's module and version.
 *
 * @param name its name on npm @param previous what the major before is called in package.json @param from the package that it is
 *   a dependency of, where it is none of ours
 */
export async function sdk(name, previous) {
  const installed = which === "previous" ? previous : name;
  if (!installed) throw new Error(`${name} has no major before the current one`);
  const file = require.resolve(installed);
  return { module: await import(pathToFileURL(file).href), version: versionOf(file) };
}

/** The version of the package that a file is in. */
export function versionOf(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (name && version) return version;
    } catch {}
    if (folder === dirname(folder)) throw new Error(`${file} is in no package`);
  }
}

const said = [];

/** What the script of the mock knows (weather.yaml). */
export const weather = {
  question: "What is the weather in Bern?",
  tool: "get_weather",
  city: "Bern",
  result: "12 degrees",
  answer: "It is 12 degrees in Bern.",
  description: "The weather of a city",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** What the mock says back to "hello". */
export const echo = 'You said: "hello".';

/** Fails where something does not hold. */
export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** Fails where two values are not the same as JSON. */
export function same(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Pieces that came one after the other and make up the mock's answer to "hello". */
export function checkPieces(pieces) {
  check(pieces.length > 3, `${pieces.length} pieces`);
  check(pieces.join("").startsWith(echo), `pieces make ${JSON.stringify(pieces.join(""))}`);
}

/** Waits for a rejection; gives its error. */
export async function rejected(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Everything of something that comes bit by bit. */
export async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Runs cases one after the other, and prints what came of each as one line of JSON. */
export async function run(name, version, cases) {
  for (const [title, work] of Object.entries(cases)) {
    try {
      await work();
      said.push({ title, ok: true });
    } catch (error) {
      said.push({ title, ok: false, why: error?.stack ?? String(error) });
    }
  }
  console.log(`SDK-RESULT ${JSON.stringify({ name, version, cases: said })}`);
  process.exit(0);
}
