// Makes one CommonJS file of the hook: `--require` takes it at once, and nothing else is read at the start of a program.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const folder = join(import.meta.dirname, "..");

/** Writes the hook. Tests have it made from source, so that none runs an old one. */
export async function bundleHook(file = join(folder, "dist/hook.cjs")) {
  const bundle = await rolldown({ input: join(folder, "src/hook.ts"), platform: "node", logLevel: "warn" });
  const { output } = await bundle.write({ file, format: "cjs", exports: "none" });
  await bundle.close();
  // The hook is handed on without notices: code of others would need theirs.
  const foreign = output.flatMap(({ moduleIds = [] }) => moduleIds).find((id) => id.includes("node_modules"));
  if (foreign) throw new Error(`${foreign} is in the hook's bundle, which has no notices`);
}

if (import.meta.filename === process.argv[1]) {
  await bundleHook();
  writeFileSync(join(folder, "dist/hook.d.cts"), "export {};\n");
}
