// `docs/sdks.md` from e2e/sdks/results.json: nobody types what an SDK does. With `--write` it writes the page, without it says
// whether the page is as the results are. To measure anew: `npm run interop:sdk-table`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clients as everyClient } from "../../e2e/sdks/environment.mjs";
import { situations } from "../../e2e/sdks/table/situations.mjs";
import { table } from "./markdown-table.mjs";
import { root } from "./repository.mjs";
import { columnsOf, headOf, labelOf, withOlder } from "./sdk-cells.mjs";
import { findings } from "./sdk-findings.mjs";

export const page = "docs/sdks.md";
const resultsFile = join(root, "e2e/sdks/results.json");
const languages = ["JavaScript", "Python"];

const namesOf = (mode) => Object.keys(situations).filter((name) => situations[name].mode === mode);
/** What a plain answer and a stream are headed with. */
const modes = {
  plain: {
    title: "an answer in one piece",
    intro: "The request asks for an answer in one piece.",
  },
  stream: {
    title: "a stream",
    intro: "The request asks for a stream. It breaks behind seven of its events, in the middle of the text.",
  },
};

function answerTable(clients, mode) {
  const names = namesOf(mode);
  const { today, older } = withOlder(columnsOf(clients, mode, names));
  const write = (columns) =>
    table(
      [
        mode === "plain" ? "when it gets" : "when the stream has",
        ...columns.map((one) => headOf(one, columns)),
      ],
      names.map((name, row) => [situations[name].title, ...columns.map(({ cells }) => cells[row])]),
    );
  const olderPart = older.length === 0 ? [] : ["One major back, where it does otherwise:", write(older)];
  return [write(today), ...olderPart].join("\n\n");
}

/** What the program was told, with nothing that changes from one run to the next. */
function told({ kind, error, end, text, said }) {
  const masked = (words) =>
    words
      .replaceAll(/\b(req|msg|resp|chatcmpl)_[A-Za-z0-9_-]+/g, "$1_…")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "…")
      .replaceAll(/0x[0-9a-f]{6,}/g, "0x…")
      .replaceAll("`", "'");
  const short = (words, limit) => (words.length > limit ? `${words.slice(0, limit)}…` : words);
  if (kind === "error") {
    const { class: name, message, status, cause } = error;
    const because = cause ? `; cause \`${short(masked(cause), 60)}\`` : "";
    return `\`${name}\`${status === undefined ? "" : `, status ${status}`}: \`${short(masked(message), 90) || " "}\`${because}`;
  }
  if (kind === "waiting") return "nothing yet";
  const reason = end === null || end === undefined ? "none" : `\`${end}\``;
  const words = text === "altered" ? `text \`${short(masked(said), 40)}\`` : `text: ${text}`;
  return `no error; ${words}; reason of the end: ${reason}`;
}

const seconds = (value) => (value < 0.1 ? "0.0" : value.toFixed(1));

function details(client) {
  const rows = client.surfaces.flatMap((surface) =>
    Object.entries(surface.seen).map(([name, seen]) => [
      surface.title,
      situations[name].title,
      told(seen),
      String(seen.requests),
      (seen.waits ?? []).map(seconds).join(", "),
      seconds(seen.seconds),
    ]),
  );
  const head = ["call", "situation", "what the program is told", "requests", "waits, s", "told after, s"];
  const versions = Object.entries(client.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `### ${client.name} ${client.versions[client.name]}${client.at ? ` at ${client.at}` : ""}, ${client.language}`,
    `${versions.join(", ")}; ${client.runtime}; ${client.date}.${client.limits ? ` ${client.limits}` : ""}`,
    table(head, rows),
  ].join("\n\n");
}

/** Which class each preset of a provider raises: one row a preset, a column for each SDK of that provider. */
function presetTables(clients) {
  const providers = [...new Set(clients.flatMap(({ provider }) => provider ?? []))];
  return providers.map((provider) => {
    const own = clients.filter((client) => client.provider === provider && client.major === "current");
    const names = Object.keys(own[0].presets);
    return table(
      [
        "preset",
        ...own.map((client) => `${labelOf(client)} ${client.versions[client.name]}, ${client.language}`),
      ],
      names.map((name) => [
        `\`${provider}/${name}\``,
        ...own.map(({ presets }) =>
          presets[name]?.error ? `\`${presets[name].error.class}\`` : "**nothing**",
        ),
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
  return table(["SDK", "language", "version", "", "ran in", "measured on"], rows);
}

/** Clients that a run has still to measure; no line where there is none. */
function unmeasured(clients) {
  const missing = everyClient.flatMap(({ file, majors }) =>
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
    "## Findings",
    findings(clients),
    ...languages.flatMap((language) => [
      `## ${language}`,
      ...Object.entries(modes).flatMap(([mode, { title, intro: words }]) => [
        `### ${language}: ${title}`,
        words,
        answerTable(inLanguage(language), mode),
      ]),
    ]),
    "## Errors by their classes",
    "What each [preset](presets.md) raises in the provider's own SDKs, with their retries switched off.",
    ...presetTables(clients),
    how,
    versionTable(clients),
    "## Each SDK",
    "What the program is told, how many requests Faultwire counted, and the waits between the end of one and the beginning of the next.",
    ...clients.filter(({ major }) => major === "current").map(details),
  ].join("\n\n")}\n`;
}

/** The page as it is, and as it should be. */
export function sdksPageAndWanted() {
  const text = existsSync(join(root, page)) ? readFileSync(join(root, page), "utf8") : "";
  return { text, wanted: sdksPage(JSON.parse(readFileSync(resultsFile, "utf8"))) };
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
