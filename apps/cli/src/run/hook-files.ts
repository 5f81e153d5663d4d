import { createRequire } from "node:module";
import { dirname } from "node:path";

/** Where the hooks for runtimes are. */
export interface HookFiles {
  /** The file for Node. */
  readonly nodeHook: string;
  /** The folder for `PYTHONPATH`. */
  readonly pythonHook: string;
}

/** Finds the hooks beside the command: they are files that other programs load, so they are not in its bundle. */
export function hookFiles(): HookFiles {
  const { resolve } = createRequire(import.meta.url);
  return {
    nodeHook: resolve("@faultwire/node-hook"),
    pythonHook: dirname(resolve("@faultwire/python-hook/sitecustomize.py")),
  };
}
