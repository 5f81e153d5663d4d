// `npm run docs`: the documentation as a site in site/dist, with every link held. `npm run docs -- --serve` shows it on
// loopback then, `--out FOLDER` writes it elsewhere. It needs no network. Ends with 1 where a link leads nowhere.
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brokenLinks, missingInIndex } from "../../scripts/docs/check-links.mjs";
import { writeApi } from "./api.mjs";
import { siteFlaws } from "./check.mjs";
import { writePages } from "./pages.mjs";

const site = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(site, "dist") },
    serve: { type: "boolean", default: false },
    port: { type: "string", default: "3190" },
  },
});
const out = resolve(values.out);
const start = performance.now();
const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;

function stop(flaws) {
  for (const flaw of flaws) console.error(flaw);
  console.error(`docs: ${flaws.length} flaws, no site to rely on`);
  process.exit(1);
}

// The cheap check comes first: it names the line in the repository.
const broken = [...brokenLinks(), ...missingInIndex()];
if (broken.length > 0) stop(broken);
const pages = writePages(join(site, ".pages"));
console.log(`docs: ${pages.length} pages (${seconds()})`);
const { entries, exports, warnings } = await writeApi(join(site, ".pages/api"));
if (warnings.length > 0) stop(warnings);
console.log(`docs: API of ${entries} entries, ${exports} exports (${seconds()})`);
process.chdir(site);
process.env.FAULTWIRE_SITE_OUT = out;
rmSync(out, { recursive: true, force: true });
const { build } = await import("vitepress");
await build(site);
const { pages: html, flaws } = siteFlaws(out);
if (flaws.length > 0) stop(flaws);
console.log(`docs: ${html} pages, every link holds; ${out} (${seconds()})`);
if (values.serve) serve(Number(values.port));

/** A file server, on loopback: no more than is needed to look at the site. */
function serve(port) {
  const types = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".txt": "text/plain",
    ".json": "application/json",
  };
  createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const named = join(out, path);
    const file = existsSync(named) && statSync(named).isDirectory() ? join(named, "index.html") : named;
    const found = file.startsWith(out) && existsSync(file);
    response.writeHead(found ? 200 : 404, {
      "content-type": `${types[extname(found ? file : ".html")] ?? "application/octet-stream"}; charset=utf-8`,
    });
    response.end(readFileSync(found ? file : join(out, "404.html")));
  }).listen(port, "127.0.0.1", () => console.log(`docs: http://127.0.0.1:${port}`));
}
