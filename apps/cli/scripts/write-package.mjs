// Writes `dist/package`: what is published of the command. It needs nothing but Node.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the published manifest takes over from the one that the workspace has; the rest is for the workspace alone. */
const kept = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "author",
  "homepage",
  "repository",
  "bugs",
  "type",
  "engines",
  "bin",
];

/** Takes out of each file where its map would be. */
function withoutMaps(folder) {
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".js"))) {
    const file = join(folder, name);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
  }
}

/** @param app the folder of the command @param bundle its bundle */
export function writePackage(app, bundle) {
  const out = join(app, "dist/package");
  const manifest = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "bin"), { recursive: true });
  cpSync(bundle, join(out, "dist"), {
    recursive: true,
    // Maps are larger than the code, and point to sources that are not there.
    filter: (path) => !path.endsWith(".map") && !path.endsWith("made-from.json"),
  });
  withoutMaps(join(out, "dist"));
  writeFileSync(join(out, "bin/faultwire.js"), '#!/usr/bin/env node\nimport "../dist/faultwire.js";\n', {
    mode: 0o755,
  });
  cpSync(join(app, "../../LICENSE"), join(out, "LICENSE"));
  for (const name of ["README.md", "CHANGELOG.md"])
    if (existsSync(join(app, name))) cpSync(join(app, name), join(out, name));
  const published = {
    ...Object.fromEntries(kept.filter((key) => key in manifest).map((key) => [key, manifest[key]])),
    exports: { "./package.json": "./package.json" },
    files: ["bin", "dist", "CHANGELOG.md"],
    publishConfig: { access: "public", provenance: true },
  };
  writeFileSync(join(out, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
}
