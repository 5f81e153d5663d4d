// The API reference: one page of Markdown for each package, made from its sources by typedoc.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application, OptionDefaults } from "typedoc";
import { anchorsOf, root, textOf } from "../../scripts/docs/repository.mjs";

/** Each entry of a published package that code can import: its folder, its name in an import, its page, its source. */
export function importableEntries() {
  return ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(textOf(`${folder}/package.json`)) }))
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ folder, manifest: { name, exports = {} } }) =>
      Object.entries(exports).flatMap(([entry, { types }]) =>
        types === undefined || entry === "./internal" ? [] : [entryOf(folder, name + entry.slice(1), types)],
      ),
    );
}

const entryOf = (folder, name, types) => ({
  folder,
  name,
  page: name.replace("@faultwire/", ""),
  source: sourceOf(folder, types),
});

/** The source that a file of declarations was made from; a bundler may have made `.cts` of `.ts`. */
function sourceOf(folder, types) {
  const source = types.replace("./dist/", `${folder}/src/`).replace(/\.d\.c?ts$/, ".ts");
  if (!existsSync(join(root, source))) throw new Error(`${folder}: ${types} is made from no ${source}`);
  return source;
}

/**
 * Writes `OUT/NAME.md` for each package, its scope left out.
 *
 * Types are not checked here: `npm test` does, with a newer TypeScript than typedoc takes.
 *
 * @returns how many packages and exports there are, and what typedoc warned of
 */
export async function writeApi(out) {
  const entries = importableEntries();
  const warnings = [];
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: entries.map(({ source }) => join(root, source)),
    tsconfig: join(root, "site/tsconfig.api.json"),
    out,
    skipErrorChecking: true,
    blockTags: [...OptionDefaults.blockTags, "@generated"],
    excludeTags: [...OptionDefaults.excludeTags, "@generated"],
    name: "API",
    readme: "none",
    entryFileName: "index",
    sanitizeComments: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    router: "module",
    hidePageHeader: true,
    hideBreadcrumbs: true,
    hidePageTitle: true,
    useCodeBlocks: true,
    expandObjects: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    enumMembersFormat: "table",
    propertyMembersFormat: "table",
    validation: { notExported: false, invalidLink: true },
  });
  app.logger.log = (message, level) => {
    if (level >= 2) warnings.push(message);
  };
  const project = await app.convert();
  if (project === undefined) throw new Error(`typedoc can't read the packages:\n${warnings.join("\n")}`);
  for (const module of project.children) {
    const { page } =
      entries.find(({ source }) => source.replace(/(\/index)?\.ts$/, "") === module.name) ?? {};
    if (page === undefined) throw new Error(`typedoc has a module ${module.name} that is no entry`);
    module.name = page;
  }
  mkdirSync(out, { recursive: true });
  await app.generateOutputs(project);
  for (const { name, folder, page } of entries) finish(join(out, `${page}.md`), name, folder);
  return {
    entries: entries.length,
    exports: project.children.reduce((sum, { children = [] }) => sum + children.length, 0),
    warnings,
  };
}

/** Gives a page its title, and mends links to a heading whose number typedoc got wrong. */
function finish(file, name, folder) {
  const text = readFileSync(file, "utf8");
  const anchors = anchorsOf(text);
  const mended = text.replaceAll(/\]\(#([^)]+)-\d+\)/g, (link, base) =>
    anchors.has(link.slice(3, -1)) || text.includes(`id="${link.slice(3, -1)}"`) || !anchors.has(base)
      ? link
      : `](#${base})`,
  );
  writeFileSync(file, `# ${name}: API\n\n[What it is, and how it is used](/${folder}/)\n\n${mended}`);
}
