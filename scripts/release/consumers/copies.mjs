// Whoever has two versions of a package in one program: a later patch goes out alone and takes the place of the earlier one;
// where two do meet, an error is one of its class for either.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { Place } from "./install.mjs";

const program = `import * as one from "one";
import * as other from "other";
const classes = Object.entries(one).filter(([, value]) => typeof value === "function" && value.prototype instanceof Error);
if (classes.length === 0) throw new Error("no error class");
for (const [name, Class] of classes) {
  const error = new other[name]({ code: "truncated", offset: 0, field: "f", detail: "d" });
  if (other[name] === Class) throw new Error("there is one copy only");
  if (!(error instanceof Class)) throw new Error(\`\${name} of one copy is none of the other\`);
}
console.log("told apart");
`;

export const copies = {
  name: "npm: a patch alone, and two copies in one program",
  isCore: true,
  async use({ scratch, env, packed, publish }) {
    const parser = packed.find(({ name }) => name === "@faultwire/tls-parser");
    const [major, minor, patch] = parser.manifest.version.split(".").map(Number);
    const next = `${major}.${minor}.${patch + 1}`;
    const folder = join(scratch, "patched-parser");
    cpSync(parser.unpacked, folder, { recursive: true });
    const patched = new Place(folder, env, { ...parser.manifest, version: next, private: false });
    await publish(patched.folder, "patch");
    const place = new Place(join(scratch, "copies"), env);
    await place.run("npm", [
      "install",
      "--no-package-lock",
      `@faultwire/tls-parser@${next}`,
      "@faultwire/handshake-fsm",
      "@faultwire/tls-bridge",
      "@faultwire/tls-fingerprint",
    ]);
    const listed = JSON.parse(await place.run("npm", ["ls", "@faultwire/tls-parser", "--json", "--all"]));
    const found = new Set();
    const look = ({ dependencies = {} }) => {
      for (const [name, one] of Object.entries(dependencies)) {
        if (name === "@faultwire/tls-parser") found.add(one.version);
        look(one);
      }
    };
    look(listed);
    if ([...found].join() !== next)
      throw new Error(`a patch alone installs ${[...found].join(" and ")} of the parser, expected ${next}`);
    await place.run("npm", [
      "install",
      "--no-package-lock",
      `one@npm:@faultwire/tls-parser@${parser.manifest.version}`,
      `other@npm:@faultwire/tls-parser@${next}`,
    ]);
    place.write({ "use.js": program });
    await place.run(process.execPath, ["use.js"]);
    return `tls-parser ${next} alone serves all that need it; two copies know each other's errors`;
  },
};
