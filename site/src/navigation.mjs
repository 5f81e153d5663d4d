// The site's navigation, from the index that readers of the repository have: docs/README.md.
import { targetOf, textOf, urlOf } from "../../scripts/docs/repository.mjs";
import { importableEntries } from "./api.mjs";

const index = "docs/README.md";
/** Groups that are closed until a page of theirs is open: they are long. */
const closed = new Set(["Packages", "For maintainers"]);

const titleOf = (file) => /^# (.+)$/m.exec(textOf(file))?.[1].replaceAll("`", "") ?? file;

/** `## Group` and `- [page](link): what is in it` of the index, as VitePress wants a sidebar. */
function groups() {
  return textOf(index)
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const text = section.slice(0, section.indexOf("\n"));
      const items = [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, label, link]) => ({
        text: label,
        link: urlOf(targetOf(index, link).path),
      }));
      return { text, collapsed: closed.has(text), items };
    });
}

const decisions = () =>
  [...textOf("docs/adr/README.md").matchAll(/\]\((\d{4}-[^)]+\.md)\)/g)].map(([, file]) => ({
    text: titleOf(`docs/adr/${file}`),
    link: urlOf(`docs/adr/${file}`),
  }));

export function navigation() {
  const guides = groups();
  const api = {
    text: "API",
    items: importableEntries().map(({ page }) => ({ text: page, link: `/api/${page}.html` })),
  };
  return {
    nav: [
      ...guides
        .filter(({ text }) => !closed.has(text))
        .map(({ text, items }) => ({
          text,
          link: items[0].link,
          activeMatch: `^(${items.map(({ link }) => link).join("|")})$`,
        })),
      { text: "Packages", link: "/docs/#packages", activeMatch: "^/(packages|apps)/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: {
      "/": guides,
      "/docs/adr/": [{ text: "Decisions", link: "/docs/adr/", items: decisions() }, ...guides],
      "/api/": [api, ...guides.map((group) => ({ ...group, collapsed: true }))],
    },
  };
}
