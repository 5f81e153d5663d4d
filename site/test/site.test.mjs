// `npm run docs:check`: the whole site is built, and looked at as a reader's browser and search would.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importableEntries } from "../src/api.mjs";
import { siteFlaws } from "../src/check.mjs";
import { navigation } from "../src/navigation.mjs";

const out = mkdtempSync(join(tmpdir(), "faultwire-site-"));
const page = (name) => readFileSync(join(out, name), "utf8");
let built;

beforeAll(() => {
  built = spawnSync(process.execPath, [join(import.meta.dirname, "../src/build.mjs"), "--out", out], {
    encoding: "utf8",
  });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

it("is built, and every link of it leads somewhere", () => {
  expect(built.status, built.stdout + built.stderr).toBe(0);
  const { pages, flaws } = siteFlaws(out);
  expect(flaws).toEqual([]);
  expect(pages).toBeGreaterThan(100);
});

it("has a front page with the first command, and a way to each thing that a reader wants", () => {
  const front = page("index.html");
  expect(front.replaceAll(/<[^>]*>/g, "")).toContain("npx faultwire run -- python my_agent.py");
  const wanted = [
    "Try it",
    "Point your program at it",
    "Rules and faults",
    "Verdicts and CI",
    "Packages",
    "API",
  ];
  expect(navigation().nav.map(({ text }) => text)).toEqual(wanted);
  for (const text of [...wanted, "For maintainers"]) expect(front).toContain(text);
});

it.each(importableEntries())(
  "$name: a README in front, and its API behind it",
  ({ folder, name, page: own }) => {
    expect(page(`${folder}/index.html`)).toContain(`/api/${own}.html`);
    const api = page(`api/${own}.html`);
    expect(api).toContain(`${name}: API`);
    expect(api).toContain(`/${folder}/`);
  },
);

it("finds by search what guides, packages and the API say", () => {
  const index = readdirSync(join(out, "assets/chunks")).find((name) => name.startsWith("@localSearchIndex"));
  const text = page(`assets/chunks/${index}`);
  const sections = [
    "/docs/run.html#exit-status",
    "/docs/faults.html#connectionreset",
    "/docs/adr/0003-own-boundary-check.html#decision",
    "/packages/tls-bridge/#a-whole-interceptor",
    "/api/tls-bridge.html#bridgesockets",
  ];
  expect(sections.filter((section) => !text.includes(`"${section}"`))).toEqual([]);
  // The insides of the API would drown what the guides say.
  expect(/\/api\/[^"]*#parameters/.test(text)).toBe(false);
});
