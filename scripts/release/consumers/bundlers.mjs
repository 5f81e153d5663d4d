// Whoever bundles: what runs in a browser for a browser, the rest for Node.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { Place } from "./install.mjs";
import { entriesOf } from "./npm-library.mjs";

/** Packages that promise to import nothing of Node. */
const nodeFree = ["tls-parser", "handshake-fsm", "http1", "fault-engine", "fetch-faults", "timers"].map(
  (name) => `@faultwire/${name}`,
);

const program = `import { build } from "esbuild";
import { rolldown } from "rolldown";
for (const [name, platform] of [["browser", "browser"], ["node", "node"]]) {
  await build({ entryPoints: [\`\${name}.js\`], bundle: true, format: "esm", platform, target: "es2022", outfile: \`esbuild/\${name}.mjs\`, logLevel: "error",
    // Code of CommonJS in a bundle for Node asks for \`require\`.
    ...(platform === "node" ? { banner: { js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);' } } : {}) });
  const bundle = await rolldown({ input: \`\${name}.js\`, platform, onLog(level, log) { if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message); } });
  await bundle.write({ file: \`rolldown/\${name}.mjs\`, format: "esm", codeSplitting: false });
  await bundle.close();
}
`;

export const bundlers = {
  name: "bundlers: esbuild and rolldown",
  async use({ scratch, env, packed }) {
    const place = new Place(join(scratch, "bundlers"), env);
    const ours = packed.map(({ name }) => name);
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const tools = ["esbuild@0.28.2", `rolldown@${dependencies.rolldown}`];
    await place.run("npm", ["install", "--no-package-lock", ...ours, ...tools]);
    // Hooks are files for other programs to load, and change the one that loads them.
    const all = packed
      .filter(({ name }) => !name.endsWith("-hook"))
      .flatMap(({ manifest }) => entriesOf(manifest));
    const uses = (entries) =>
      entries.map((name, at) => `import * as entry${at} from "${name}";\n`).join("") +
      `console.log([${entries.map((_, at) => `entry${at}`)}].every((entry) => Object.keys(entry).length > 0));\n`;
    const browser = all.filter((name) => nodeFree.includes(name));
    place.write({ "browser.js": uses(browser), "node.js": uses(all), "build.js": program });
    await place.run(process.execPath, ["build.js"]);
    for (const tool of ["esbuild", "rolldown"])
      for (const platform of ["browser", "node"]) {
        const file = `${tool}/${platform}.mjs`;
        if (platform === "browser" && /from\s*"node:/.test(readFileSync(join(place.folder, file), "utf8")))
          throw new Error(`${file} imports modules of Node`);
        const said = (await place.run(process.execPath, [file])).trim();
        if (said !== "true") throw new Error(`${file} printed ${said}, expected true`);
      }
    return `${all.length} entries for Node, ${browser.length} for browsers; each bundle runs`;
  },
};
