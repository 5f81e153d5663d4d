// `docs/sdks.md` from e2e/sdks/results.json: nobody types what an SDK does. With `--write` it writes the page, without it says
// whether the page is as the results are. To measure anew: `npm run interop:sdk-table`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tableClients } from "../../e2e/sdks/environment.mjs";
import { readResults } from "../../e2e/sdks/table/results.mjs";
import { narrowTable } from "./markdown-table.mjs";
import { root } from "./repository.mjs";
import { groupsOf, labelOf } from "./sdk-cells.mjs";
import { findings, glance } from "./sdk-findings.mjs";
import { familiesOf, linkTo, section } from "./sdk-sections.mjs";

export const page = "docs/sdks.md";
const languages = ["JavaScript", "Python"];

/** A preset that is younger than a client's results was not asked. */
function raised(call) {
  if (call === undefined) return "not asked";
  return call.class ? `\`${call.class}\`` : "**nothing**";
}

/** Which class each preset of a provider raises: one row a preset, a column for each SDK of that provider, or for several that do the same. */
function presetTables(clients) {
  const providers = [...new Set(clients.flatMap(({ provider }) => provider ?? []))];
  return providers.map((provider) => {
    const own = clients.filter((client) => client.provider === provider && client.major === "current");
    const names = [...new Set(own.flatMap(({ presets }) => Object.keys(presets)))];
    const cellsOf = ({ presets }) => names.map((name) => raised(presets[name]));
    const columns = groupsOf(own, (client) => cellsOf(client).join("\n"));
    return narrowTable(
      [
        "preset",
        ...columns.map((same) => same.map((client) => `${labelOf(client)}, ${client.language}`).join("; ")),
      ],
      names.map((name, row) => [
        `\`${provider}/${name}\``,
        ...columns.map(([client]) => cellsOf(client)[row]),
      ]),
    );
  });
}

function versionTable(clients) {
  const rows = clients.map(({ name, at, language, major, versions, runtime, date }) => [
    labelOf({ name, at }),
    language,
    Object.entries(versions)
      .map(([one, version]) => (one === name ? version : `${one} ${version}`))
      .join(", "),
    major === "current" ? "today's" : "one major back",
    runtime,
    date,
  ]);
  return narrowTable(["SDK", "language", "version", "", "ran in", "measured on"], rows);
}

/** Clients that a run has still to measure; no line where there is none. */
function unmeasured(clients) {
  const missing = tableClients.flatMap(({ file, majors }) =>
    majors
      .filter((major) => !clients.some((one) => one.client === file && one.major === major))
      .map((major) => `\`${file}\` (${major === "current" ? "today's" : "one major back"})`),
  );
  return missing.length === 0 ? [] : [`Not measured yet, so not in the tables: ${missing.join(", ")}.`];
}

/** The whole page. */
export function sdksPage({ clients, faultwire }) {
  const intro = readFileSync(join(root, "scripts/docs/sdks-intro.md"), "utf8").trim();
  const how = readFileSync(join(root, "scripts/docs/sdks-how.md"), "utf8").trim();
  const dates = clients.map(({ date }) => date).toSorted();
  const when = dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`;
  const inLanguage = (language) => clients.filter((client) => client.language === language);
  return `${[
    intro.replace("{{date}}", when).replace("{{faultwire}}", faultwire),
    ...unmeasured(clients),
    "## At a glance",
    "The name of an SDK leads to its tables below. `2×`: the SDK asks again twice by itself.",
    glance(clients, linkTo(clients)),
    "## Findings",
    findings(clients),
    ...languages.flatMap((language) => [`## ${language}`, ...familiesOf(inLanguage(language)).map(section)]),
    "## Errors by their classes",
    "What each [preset](presets.md) raises in the provider's own SDKs, with their retries switched off.",
    ...presetTables(clients),
    how,
    versionTable(clients),
  ].join("\n\n")}\n`;
}

/** The page as it is, and as it should be. */
export function sdksPageAndWanted() {
  const text = existsSync(join(root, page)) ? readFileSync(join(root, page), "utf8") : "";
  return { text, wanted: sdksPage(readResults()) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, wanted } = sdksPageAndWanted();
  if (text !== wanted) {
    if (process.argv.includes("--write")) writeFileSync(join(root, page), wanted);
    else process.exitCode = 1;
    console.log(
      process.argv.includes("--write")
        ? `wrote ${page}`
        : `${page} is not what the results say; npm run docs:sdks`,
    );
  }
}
