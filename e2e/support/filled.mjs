// Folders of what tests against other programs install, kept between runs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes the `filled(name, text, fill)` of a command: a folder in `cache` that `fill` has filled, once for each text, for what is
 * installed depends on that. It returns the folder's path.
 */
export const fillerOf = (command, cache) => (name, text, fill) => {
  const folder = join(cache, name);
  const stamp = join(folder, ".filled");
  const digest = createHash("sha256").update(text).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`${command}: installing ${name} …`);
  fill(folder);
  writeFileSync(stamp, digest);
  return folder;
};
