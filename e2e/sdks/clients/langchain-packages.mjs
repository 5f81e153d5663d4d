// LangChain's packages, current or one major back. The latter have a folder of their own: all of them want @langchain/core,
// each major another one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { which } from "./cases.mjs";

const home = join(import.meta.dirname, which === "previous" ? "../langchain-previous" : "..");
const require = createRequire(join(home, "package.json"));
const load = async (name) => await import(pathToFileURL(require.resolve(name)).href);

export async function langchain() {
  const { ChatAnthropic } = await load("@langchain/anthropic");
  const { ChatOpenAI } = await load("@langchain/openai");
  const names = ["langchain", "@langchain/core", "@langchain/anthropic", "@langchain/openai"];
  const versionOf = (name) =>
    JSON.parse(readFileSync(join(home, "node_modules", name, "package.json"), "utf8")).version;
  const versions = Object.fromEntries(names.map((name) => [name, versionOf(name)]));
  return { ChatAnthropic, ChatOpenAI, load, versions };
}
