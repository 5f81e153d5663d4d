// The check of the built site goes red for what it is there for.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { siteFlaws } from "../src/check.mjs";
import { arrowTables } from "../src/pages.mjs";
import { policy, scripts, withoutInline } from "../src/policy.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-check-"));
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "app.js"), "");
  writeFileSync(join(folder, "docs/run.html"), html('<h2 id="exit">Exit</h2>'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
const html = (body, inHead = head) => `<html><head>${inHead}</head><body>${body}</body></html>`;
const flawsOf = (text) => {
  writeFileSync(join(folder, "index.html"), text);
  return siteFlaws(folder).flaws;
};

it("takes what is right", () => {
  const links = ["/docs/run.html", "docs/run.html#exit", "/", "#here", "https://example.com/"];
  const body = links.map((link) => `<a class="x" href="${link}">x</a>`).join("");
  expect(flawsOf(html(`<p id="here">${body}</p><script type="module" src="/app.js"></script>`))).toEqual([]);
});

it.each([
  ["a page that is not there", '<a href="/docs/gone.html">', "leads to /docs/gone.html, which is not there"],
  ["a heading that is not there", '<a href="/docs/run.html#gone">', "leads to no heading there"],
  ["an anchor of its own that is not there", '<a href="#gone">', "leads to no heading there"],
  ["a paragraph in a paragraph", "<p>\n\n<p>x</p>\n\n</p>", "has a block in a paragraph"],
  ["a script of another machine", '<script src="https://cdn.example/x.js"></script>', "asks another machine"],
  [
    "a style sheet of another machine",
    '<link rel="stylesheet" href="//fonts.example/x.css">',
    "asks another machine",
  ],
  ["an image that is not there", '<img src="/gone.png">', "asks for /gone.png, which is not there"],
  ["a script in the page", "<script>go()</script>", "has a script in it"],
  ["a style in the page", '<p style="color:red">x</p>', 'has the style "color:red" in it'],
  ["a style sheet in the page", "<style>p{}</style>", "has a style sheet in it"],
])("refuses %s", (_what, body, flaw) => {
  expect(flawsOf(html(body)).join("\n")).toContain(flaw);
});

it("refuses a page without a policy", () => {
  expect(flawsOf(html("", ""))).toEqual(["index.html: has no Content-Security-Policy"]);
});

it("takes scripts and styles out of a page", () => {
  const page = withoutInline('<head></head><script id="a">go()</script><p class="b" style="top:0">x</p>');
  const [[name, code]] = scripts;
  expect(code).toBe("go()");
  expect(page).toContain(`<script id="a" src="/${name}"></script><p class="b">x</p>`);
});

it("makes a table of a chart of arrows", () => {
  const chart = '```mermaid\nflowchart TD\n  a["a<br/>x"]\n  a --> b & c-d\n```\n';
  expect(arrowTables(chart)).toBe("| package | imports |\n| --- | --- |\n| `a` | `b`, `c-d` |\n");
});
