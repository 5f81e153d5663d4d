// Draws the picture in the README anew from the table of transitions, after a build.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toMermaid } from "@faultwire/handshake-fsm";

const path = join(import.meta.dirname, "../README.md");
const readme = readFileSync(path, "utf8");
const [before, , after] = readme.split(/```mermaid\n([^`]*)```/);
if (after === undefined) throw new Error("README.md has no mermaid block");
writeFileSync(path, `${before}\`\`\`mermaid\n${toMermaid()}\`\`\`${after}`);
