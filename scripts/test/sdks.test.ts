/** docs/sdks.md: what it says is what the SDKs did, and every SDK was asked in every situation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface TableClient {
  readonly file: string;
  readonly majors: readonly string[];
  readonly unmeasured?: readonly string[];
}
interface Seen {
  readonly kind: "value" | "error" | "waiting";
  readonly requests: number;
  readonly waits: readonly number[];
  readonly seconds: number;
  readonly text?: string;
  readonly error?: {
    readonly class: string;
    readonly own: boolean;
    readonly status?: number;
    readonly message?: string;
  };
}
interface Surface {
  readonly name: string;
  readonly mode: string;
  readonly title: string;
  readonly seen: Readonly<Record<string, Seen>>;
}
interface Client {
  readonly client: string;
  readonly language: string;
  readonly name: string;
  readonly at?: string;
  readonly major: "current" | "previous";
  readonly provider?: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly surfaces: readonly Surface[];
  readonly presets: Readonly<Record<string, { readonly class?: string; readonly status?: number }>>;
}
interface Results {
  readonly faultwire: string;
  readonly clients: readonly Client[];
}

const root = join(import.meta.dirname, "../..");
const { sdksPage, sdksPageAndWanted } = await import(join(root, "scripts/docs/sdks.mjs"));
const { situations } = await import(join(root, "e2e/sdks/table/situations.mjs"));
const { tableClients } = await import(join(root, "e2e/sdks/environment.mjs"));
const { expectedClass } = await import(join(root, "e2e/sdks/table/classes.mjs"));
const { callOf, keptResults, readResults, resultsFile, resultsText } = await import(
  join(root, "e2e/sdks/table/results.mjs")
);
const results = readResults() as Results;
const { clients } = results;
const today = clients.filter(({ major }) => major === "current");
const text: string = sdksPageAndWanted().text;

/** A page that a browser shows at once, and results that a change can be read in: on average, for there are more SDKs each year. In bytes. */
const limits = { page: 100_000, resultLine: 100 };

const namesOf = (mode: string): readonly string[] =>
  Object.keys(situations).filter((name) => situations[name].mode === mode);

/** The part of the page under a heading. */
function partOf(heading: string): string {
  const at = text.indexOf(`\n${heading}\n`);
  expect(at).toBeGreaterThan(0);
  const end = text.slice(at + heading.length + 1).search(/\n##/);
  return text.slice(at, at + heading.length + 1 + end).trim();
}

it("is as the results are (else: npm run docs:sdks)", () => {
  expect(text).toBe(sdksPageAndWanted().wanted);
  // An SDK's own words may be about something undefined.
  expect(text.replaceAll(/`[^`\n]*`/g, "")).not.toMatch(/undefined|NaN|Infinity|\[object/);
});

it("is small, and so are its results, which stand one call a line", () => {
  expect(Buffer.byteLength(text)).toBeLessThan(limits.page);
  expect(Buffer.byteLength(resultsFile()) / resultsFile().split("\n").length).toBeLessThan(limits.resultLine);
  expect(resultsFile()).toBe(resultsText(keptResults()));
});

it("has its clients in their order, and names those that are still to be measured", () => {
  const each = (majorsOf: (client: TableClient) => readonly string[]): readonly string[] =>
    (tableClients as readonly TableClient[]).flatMap((client) =>
      majorsOf(client).map((major) => `${client.file} ${major}`),
    );
  const missing = each(({ unmeasured = [] }) => unmeasured);
  const expected = each(({ majors }) => majors).filter((one) => !missing.includes(one));
  expect(clients.map(({ client, major }) => `${client} ${major}`)).toEqual(expected);
  for (const one of missing) {
    const [file, major] = one.split(" ");
    expect(text).toContain(`\`${file}\` (${major === "current" ? "today's" : "one major back"})`);
  }
  for (const { date } of clients) expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
});

it.each(clients)("$client ($major) was asked in every situation", ({ surfaces }) => {
  for (const { mode, seen } of surfaces) {
    expect(Object.keys(seen).toSorted()).toEqual(namesOf(mode).toSorted());
    for (const { kind, waits, seconds, text: got, error } of Object.values(seen)) {
      expect(waits.every((wait) => wait >= 0)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(error === undefined).toBe(kind !== "error");
      if (kind === "value") expect(["whole", "part", "empty", "altered"]).toContain(got);
      if (error) expect(error.class).toMatch(/^\w[\w.]*$/);
    }
  }
});

/** The rows of each table in a text, without their heads: cells each. */
const tablesIn = (part: string): readonly (readonly (readonly string[])[])[] =>
  part
    .split("\n\n")
    .filter((block) => block.startsWith("| when "))
    .map((block) =>
      block
        .split("\n")
        .slice(2)
        .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""))),
    );

const headings = text.match(/^### .* \((JavaScript|Python)\)$/gm) ?? [];

describe.each(headings)("%s", (heading) => {
  const part = partOf(heading);

  it("has every situation once in each of its two tables", () => {
    const tables = tablesIn(part.split("One major back")[0] as string);
    expect(tables).toHaveLength(2);
    for (const [index, mode] of ["plain", "stream"].entries()) {
      const titles = tables[index]?.flatMap(([first]) => first?.split("; ") ?? []);
      expect(titles?.toSorted()).toEqual(
        namesOf(mode)
          .map((name) => situations[name].title)
          .toSorted(),
      );
    }
  });

  it("has no two columns of one name, and a cell for each", () => {
    for (const line of part.match(/^\| when .*$/gm) ?? []) {
      const heads = line.split(" | ");
      expect(new Set(heads).size).toBe(heads.length);
    }
    for (const row of tablesIn(part).flat()) expect(row.every((cell) => cell.length > 0)).toBe(true);
  });
});

it.each(today)(
  "$client has a row at a glance, which leads to its section",
  ({ client, name, at, language }) => {
    const family = /^(anthropic|openai|genai)(?=[-_.])/.exec(client)?.[1];
    const label = `[\`${name}\`${at ? ` at ${at}` : ""}](`;
    const [row, ...others] = partOf("## At a glance")
      .split("\n")
      .filter((line) => line.startsWith(`| ${label}`) && line.includes(`), ${language} |`));
    expect(others).toEqual([]);
    const anchor = /\]\(#([^)]+)\)/.exec(row ?? "")?.[1];
    const slug = (heading: string): string =>
      heading
        .slice("### ".length)
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-");
    const heading = headings.find((one) => slug(one) === anchor);
    expect(heading).toContain(language);
    expect(partOf(heading ?? "")).toContain(`\`${name}\``);
    if (family === undefined) expect(heading).toContain(name);
  },
);

/** The results with one surface that raises a class of its own in each situation. */
function changed(wanted: Client, surface: Surface): Results {
  const seen = Object.fromEntries(
    Object.entries(surface.seen).map(([name, call]) => [
      name,
      { ...call, kind: "error", error: { class: `Changed.${name}`, own: true, message: `new ${name}` } },
    ]),
  ) as Surface["seen"];
  const surfaces = wanted.surfaces.map((one) => (one === surface ? { ...one, seen } : one));
  return { ...results, clients: clients.map((one) => (one === wanted ? { ...one, surfaces } : one)) };
}

it.each(clients)(
  "$client ($major) has nothing folded away: a call that comes to something else shows",
  (client) => {
    for (const surface of client.surfaces) {
      const page: string = sdksPage(changed(client, surface));
      for (const name of namesOf(surface.mode)) {
        expect(page).toMatch(new RegExp(`\\| ([^|]*× \\([^|]*\\), then )?\`Changed\\.${name}\``));
        if (client.major === "current") expect(page).toContain(`new ${name}`);
      }
    }
  },
);

describe("what is kept of a call", () => {
  const call = { text: "empty", waits: [0.4, 0.9], seconds: 1.4 };
  const error = { class: "Broken", name: "Error", own: true, message: "m" };

  it.each([
    [
      "an answer",
      { ...call, kind: "value", text: "part", end: "stop", waits: [] },
      { text: "part", end: "stop", seconds: 1.4 },
    ],
    ["one that never came", { ...call, kind: "waiting", waits: [] }, { seconds: 1.4 }],
    [
      "an error of the API",
      { ...call, kind: "error", error: { ...error, status: 500 } },
      { error: { class: "Broken", status: 500 }, waits: [0.4, 0.9], seconds: 1.4 },
    ],
  ])("%s: no more than the page needs", (_what, seen, kept) => {
    expect(callOf(seen)).toEqual(kept);
  });

  it.each([
    ["port 127.0.0.1:41234 is closed", "port 127.0.0.1:… is closed"],
    ['{"request_id":"mJdFA1S61dyeyfeU"}', '{"request_id":"…"}'],
    ["see req_011qt696UDdsTv8fMgrcXeCP", "see req_…"],
    ["at position 80 (line 1 column 81)", "at position … (line … column …)"],
    ["x".repeat(80), `${"x".repeat(70)}…`],
  ])("an error's words without what each run has anew: %s", (message, kept) => {
    expect(callOf({ ...call, kind: "error", error: { ...error, message } }).error).toEqual({
      class: "Broken",
      message: kept,
    });
  });

  it("an error of another package with its module, where the language tells it", () => {
    const foreign = (name: string): unknown =>
      callOf({ ...call, kind: "error", error: { ...error, class: "E", name, own: false } }).error.class;
    expect(foreign("httpx.E")).toBe("httpx.E");
    expect(foreign("builtins.E")).toBe("E");
    expect(foreign("AbortError")).toBe("E");
  });
});

it("was measured with the versions that are installed for it", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "e2e/sdks/package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const { client, versions } of today)
    if (client.endsWith(".mjs"))
      for (const [name, version] of Object.entries(versions)) expect(dependencies[name]).toBe(version);
});

it.each(today.filter(({ provider }) => provider !== undefined))(
  "$client raises the SDK's own class for each preset of $provider",
  ({ client, provider, presets }) => {
    const raised = Object.fromEntries(Object.entries(presets).map(([name, { class: own }]) => [name, own]));
    const expected = Object.fromEntries(
      Object.entries(presets).map(([name, { status }]) => [name, expectedClass(client, name, status)]),
    );
    expect(Object.keys(presets).length).toBeGreaterThan(3);
    expect(raised).toEqual(expected);
    for (const name of Object.keys(presets)) expect(text).toContain(`\n| \`${provider}/${name}\` |`);
  },
);
