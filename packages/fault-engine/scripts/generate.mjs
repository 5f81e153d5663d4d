// Writes what is generated from the code and published with it: the JSON Schema of rule files. Run after a build.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ruleFileJsonSchema } from "../dist/index.js";

const folder = join(import.meta.dirname, "../gen");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "rules.schema.json"), `${JSON.stringify(ruleFileJsonSchema(), undefined, 2)}\n`);
