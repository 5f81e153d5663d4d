// What a build from nothing takes away, and how it is made.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bundlers, root } from "../setup.mjs";

/** Every folder that the build writes. */
export const builtFolders = () =>
  ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group))
      .filter((name) => existsSync(join(root, group, name, "package.json")))
      .map((name) => join(root, group, name, "dist")),
  );

/** The commands that write them, in their order, past every cache. */
export const builders = () => [
  ["tsc", "-b"],
  ...bundlers.map(({ script }) => [process.execPath, join(root, script)]),
];
