// Writes what is generated from the code and published with it: the JSON Schemas of rule files and of reports. Run after a build.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportJsonSchema, ruleFileJsonSchema } from "../dist/index.js";

const folder = join(import.meta.dirname, "../gen");
mkdirSync(folder, { recursive: true });
const schemas = { "rules.schema.json": ruleFileJsonSchema(), "report.schema.json": reportJsonSchema() };
for (const [name, schema] of Object.entries(schemas))
  writeFileSync(join(folder, name), `${JSON.stringify(schema, undefined, 2)}\n`);
