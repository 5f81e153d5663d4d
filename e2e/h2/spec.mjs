// h2spec against the proxy's client side: over TLS straight at the port, and in clear.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { filled } from "./clients.mjs";
import { ran, run } from "./world.mjs";

/** The module, pinned; its own dependencies are the newest, as it names none. */
const module = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible";

/** Cases that fail, by where, section and words, each with its reason. One that is here and passes is a problem, too. */
const known = new Map([
  [
    "clear, 3.5. HTTP/2 Connection Preface: Sends invalid connection preface",
    "the port speaks HTTP/1.1 as well: what is no preface is a request of HTTP/1.1, and is answered with 400",
  ],
]);

/** The failed cases of a report, by their names. */
function failedOf(report) {
  const names = [];
  let section = "";
  for (const line of report.split("\n")) {
    const [, heading] = /^\s*(\d+(?:\.\d+)*\.? .*)$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    const [, name] = /^\s*× (?:\d+: )?(.*)$/.exec(line) ?? [];
    if (name !== undefined) names.push(`${section}: ${name}`);
  }
  return [...new Set(names)];
}

export async function spec({ secure, clear }, cache) {
  const problems = [];
  const folder = filled(cache, "h2spec", module, (empty) =>
    run("go", ["install", module], { env: { ...process.env, GOBIN: empty, GOFLAGS: "-mod=mod" } }),
  );
  const program = join(folder, "h2spec");
  if (!existsSync(program)) return ["h2spec was not built"];
  for (const [where, port, flags] of [
    ["HTTPS", secure.port, ["-t", "-k"]],
    ["clear", clear.port, []],
  ]) {
    const args = ["-h", "127.0.0.1", "-p", String(port), "-P", "/plain", "-o", "2", ...flags];
    const { out } = await ran(program, args);
    const summary = /^\d+ tests, .*$/m.exec(out)?.[0];
    if (summary === undefined) return [`h2spec, ${where}: ${out.slice(-400)}`];
    console.log(`h2spec 2.2.1, ${where}: ${summary}`);
    const failed = failedOf(out);
    for (const name of failed) {
      const reason = known.get(`${where}, ${name}`);
      if (reason === undefined) problems.push(`h2spec, ${where}: ${name}`);
      else console.log(`  ${name}: ${reason}`);
    }
    for (const name of known.keys())
      if (name.startsWith(`${where}, `) && !failed.includes(name.slice(where.length + 2)))
        problems.push(`h2spec, ${name} passes, and is said to fail`);
  }
  return problems;
}
