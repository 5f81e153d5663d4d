/** The Markdown's links: each leads to a file, and to a heading where it names one. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const { brokenLinks, missingInIndex } = await import(join(root, "scripts/docs/check-links.mjs"));
const { anchorsOf, repositoryPages, slugOf, targetOf, textOf, withLinks } = await import(
  join(root, "scripts/docs/repository.mjs")
);

/** The repository as it is, but for one file. */
const but =
  (file: string, text: string) =>
  (path: string): string =>
    path === file ? text : textOf(path);

describe("links of the documentation", () => {
  it("all lead somewhere", () => {
    expect(repositoryPages().length).toBeGreaterThan(70);
    expect(brokenLinks()).toEqual([]);
  });

  it("all pages are named in docs/README.md, which the site's navigation is made of", () => {
    expect(missingInIndex()).toEqual([]);
    const without = textOf("docs/README.md").replace(/^- \[.*\]\(rules\.md\).*\n/m, "");
    expect(missingInIndex(undefined, but("docs/README.md", without))).toEqual([
      "docs/README.md: docs/rules.md is not named; give it a line where a reader would look for it",
    ]);
  });

  it.each([
    ["a file that is not there", "see [it](no-such.md)", "there is no docs/no-such.md"],
    ["a folder that is not there", "[it](../packages/none)", "there is no packages/none"],
    ["a heading that is not there", "[it](run.md#no-such)", "docs/run.md has no heading #no-such"],
    ["a heading of its own that is not there", "# A b\n\n[it](#a-c)", "has no heading #a-c; it has #a-b"],
    ["a link out of the repository", "[it](../../other/x.md)", "there is no ../other/x.md"],
    ["a link in a table, behind code", "| `a` | [`b`](gone.md) |", "there is no docs/gone.md"],
  ])("refuses %s", (_what, text, flaw) => {
    const flaws: string[] = brokenLinks(["docs/rules.md"], but("docs/rules.md", text));
    expect(flaws).toHaveLength(1);
    expect(flaws[0]).toMatch(/^docs\/rules\.md:\d+: /);
    expect(flaws[0]).toContain(flaw);
  });

  it("takes no link from code, and none from the web", () => {
    const text = ["```md", "[a](gone.md)", "```", "`[a](gone.md)`", "[web](https://example.com/gone)"].join(
      "\n",
    );
    expect(brokenLinks(["docs/rules.md"], but("docs/rules.md", text))).toEqual([]);
  });
});

describe("anchors", () => {
  it("are those of GitHub", () => {
    expect(slugOf("`faultwire ca env`: one process")).toBe("faultwire-ca-env-one-process");
    expect(slugOf("A [link](x.md) & its_name")).toBe("a-link--its_name");
    expect([...anchorsOf("# A\n\n## B c\n\n```sh\n# no heading\n```\n\n## B c\n")]).toEqual([
      "a",
      "b-c",
      "b-c-1",
    ]);
  });
});

describe("what a link leads to", () => {
  it("is a README for its folder", () => {
    const target = { path: "packages/http1/README.md", anchor: "limits", exists: true };
    expect(targetOf("docs/run.md", "../packages/http1#limits")).toEqual(target);
    expect(targetOf("README.md", "https://example.com/faultwire")).toBeUndefined();
  });

  it("can be changed link by link, and nothing else", () => {
    const text = "a [b](c.md) `[d](e.md)` [`f`](g.md#h)";
    expect(withLinks(text, (link: string, label: string) => `<${label} ${link}>`)).toBe(
      "a <b c.md> `[d](e.md)` <`f` g.md#h>",
    );
  });
});
