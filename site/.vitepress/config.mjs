import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformerStyleToClass } from "@shikijs/transformers";
import { slugOf } from "../../scripts/docs/repository.mjs";
import { navigation } from "../src/navigation.mjs";
import { policy, scripts, withoutInline } from "../src/policy.mjs";

/** Colours of code as classes: a page whose policy forbids `style="…"` shows them, too. */
const colours = transformerStyleToClass({ classPrefix: "code-" });

/**
 * A page as the search has it. Of the API: the name of each export and its first sentence, so that a word finds the guides that
 * tell about it before the hundred signatures that it is a part of.
 */
function forSearch(source, env, markdown) {
  const html = markdown.render(source, env);
  if (env.frontmatter?.search === false) return "";
  if (!env.relativePath.startsWith("api/")) return html;
  return [...html.matchAll(/<h[1-3][^>]*>.*?<\/h[1-3]>\s*(?:<p>.*?<\/p>)?/gs)]
    .map(([part]) => part)
    .join("\n");
}

export default {
  title: "Faultwire",
  description: "What does your program do when the model API fails?",
  lang: "en",
  srcDir: ".pages",
  outDir: process.env.FAULTWIRE_SITE_OUT ?? join(import.meta.dirname, "../dist"),
  cacheDir: "node_modules/.vitepress-cache",
  metaChunk: true,
  // A dark page by the reader's setting; without it, VitePress would put a style of its own into the page while it changes.
  appearance: { disableTransition: false },
  head: [
    ["meta", { "http-equiv": "Content-Security-Policy", content: policy }],
    // No icon; without this line a browser asks the server for one.
    ["link", { rel: "icon", href: "data:," }],
  ],
  markdown: {
    anchor: { slugify: slugOf },
    codeTransformers: [colours],
    languageAlias: { text: "txt" },
    config(markdown) {
      const open =
        markdown.renderer.rules.table_open ??
        ((tokens, at, options, _env, self) => self.renderToken(tokens, at, options));
      // A table scrolls by itself, and can be reached with the keyboard.
      markdown.renderer.rules.table_open = (...args) => `<div class="table" tabindex="0">${open(...args)}`;
      markdown.renderer.rules.table_close = () => "</table></div>";
      for (const cell of ["th_open", "td_open"])
        markdown.renderer.rules[cell] = (tokens, at, options, _env, self) => {
          const align = /text-align:(\w+)/.exec(tokens[at].attrGet("style") ?? "")?.[1];
          if (align !== undefined) tokens[at].attrs = [["class", `align-${align}`]];
          return self.renderToken(tokens, at, options);
        };
    },
  },
  transformHtml: (html) => withoutInline(html),
  buildEnd({ outDir }) {
    writeFileSync(join(outDir, "assets/code.css"), colours.getCSS());
    for (const [name, text] of scripts) writeFileSync(join(outDir, name), text);
  },
  themeConfig: {
    ...navigation(),
    outline: { level: [2, 3] },
    docFooter: { prev: "Before", next: "Next" },
    search: { provider: "local", options: { detailedView: false, _render: forSearch } },
    externalLinkIcon: true,
  },
};
