// Whoever uses the packages with something other than Node and npm: Bun, Deno, Yarn without node_modules.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../step.mjs";
import { Place } from "./install.mjs";

/** Versions of what is no dependency of the workspace: a red check is the work of our commit, and not of their day. */
const pinned = { bun: "1.4.5", deno: "2.9.6", yarn: "4.18.1" };

/** A packet of TLS read, a response written, a fault decided: the packages that promise to run without Node. */
const program = `import { peekClientHello } from "@faultwire/tls-parser";
import { encodeResponse } from "@faultwire/http1";
import { FaultEngine, parseRuleFile } from "@faultwire/fault-engine";
import { faultyFetch } from "@faultwire/fetch-faults";
const rules = "version: 1\\nrules:\\n  - { name: busy, fault: { http: { status: 529 } } }\\n";
const { ruleSet } = parseRuleFile(rules, "faults.yaml");
new FaultEngine({ startedAtMs: 0 }).setRules("file", ruleSet);
const answer = await faultyFetch(async () => new Response("fine"), { rules, seed: 1 })("http://api.test/v1/messages", { method: "POST", body: "{}" });
await answer.text();
const bytes = encodeResponse({ status: 204, headers: [], body: new Uint8Array(0) }, { method: "GET" });
console.log(peekClientHello(Uint8Array.of(22, 3, 1)).status, answer.status, new TextDecoder().decode(bytes).split("\\r\\n")[0]);
`;
const expected = "more 529 HTTP/1.1 204 No Content";
const wanted = ["tls-parser", "http1", "fault-engine", "fetch-faults"].map((name) => `@faultwire/${name}`);

const told = (said, what) => {
  if (said.trim().split("\n").at(-1) !== expected)
    throw new Error(`${what} printed ${said.trim()}, expected ${expected}`);
};

/** Installs a package that brings a program for each platform as an optional dependency; its command. */
async function toolOf(place, name, command) {
  const tool = join(place.folder, "tool");
  await place.run("npm", ["install", "--no-package-lock", "--prefix", tool, name]);
  const binary = join(tool, "node_modules", command);
  if (!existsSync(binary)) throw new Error(`npm has no ${name} for ${process.platform}-${process.arch}`);
  return binary;
}

export const bun = {
  name: "Bun: install, run, the command",
  async use({ scratch, env, versions }) {
    const place = new Place(join(scratch, "bun"), env);
    const exe = await toolOf(place, `bun@${pinned.bun}`, ".bin/bun");
    const own = {
      ...env,
      BUN_CONFIG_REGISTRY: env.NPM_CONFIG_REGISTRY,
      BUN_INSTALL_CACHE_DIR: join(place.folder, "cache"),
    };
    await place.run(exe, ["add", ...wanted, "faultwire"], { env: own });
    place.write({ "use.js": program });
    told(await place.run(exe, ["use.js"], { env: own }), "Bun");
    const said = (
      await place.run(exe, ["--bun", "node_modules/faultwire/bin/faultwire.js", "--version"], { env: own })
    ).trim();
    if (said !== versions.get("faultwire")) throw new Error(`faultwire --version says ${said} under Bun`);
    return `Bun ${(await place.run(exe, ["--version"])).trim()}`;
  },
};

export const deno = {
  name: "Deno: npm: specifiers",
  async use({ scratch, env }) {
    const place = new Place(join(scratch, "deno"), env);
    const exe = await toolOf(place, `deno@${pinned.deno}`, ".bin/deno");
    const own = { ...env, DENO_DIR: join(place.folder, "cache"), DENO_NO_UPDATE_CHECK: "1" };
    place.write({
      "use.js": program,
      "deno.json": {
        nodeModulesDir: "none",
        imports: Object.fromEntries(wanted.map((name) => [name, `npm:${name}`])),
      },
    });
    told(
      await place.run(exe, ["run", "--allow-all", "--minimum-dependency-age=0", "use.js"], { env: own }),
      "Deno",
    );
    return (await place.run(exe, ["--version"])).split("\n")[0];
  },
};

export const yarn = {
  name: "Yarn: Plug'n'Play",
  async use({ scratch, env, versions }) {
    const place = new Place(join(scratch, "yarn"), env);
    const exe = await toolOf(place, `@yarnpkg/cli-dist@${pinned.yarn}`, "@yarnpkg/cli-dist/bin/yarn.js");
    const own = {
      ...env,
      YARN_NPM_REGISTRY_SERVER: env.NPM_CONFIG_REGISTRY.replace(/\/$/, ""),
      YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
      YARN_GLOBAL_FOLDER: join(place.folder, "global"),
      YARN_ENABLE_TELEMETRY: "0",
      YARN_NODE_LINKER: "pnp",
      YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
      YARN_NPM_MINIMAL_AGE_GATE: "0",
    };
    // Else Yarn looks for a project above.
    place.write({ "yarn.lock": "", "use.js": program });
    const yarnRun = (...args) => place.run(process.execPath, [exe, ...args], { env: own });
    await yarnRun("add", ...wanted, "faultwire");
    told(await yarnRun("node", "use.js"), "Node with Yarn's Plug'n'Play");
    const said = (await yarnRun("faultwire", "--version")).trim();
    if (said !== versions.get("faultwire")) throw new Error(`faultwire --version says ${said} with Yarn`);
    // Its file system has no handle.sync(), with which the CA's files are written.
    const { status, output } = await run(
      process.execPath,
      [exe, "faultwire", "ca", "init", "--home", join(place.folder, "home")],
      { cwd: place.folder, env: own },
    );
    if (status !== 0) throw new Error(`\`yarn faultwire ca init\` ended with ${status}:\n${output}`);
    return `Yarn ${(await yarnRun("--version")).trim()}; the command starts, and makes its CA`;
  },
};
