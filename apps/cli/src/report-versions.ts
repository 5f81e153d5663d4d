import { version } from "./version.ts";

/** Versions as reports have them. Not in `version.ts`, in whose place the bundle has a file of its own. */
export const versions: Readonly<Record<string, string>> = { faultwire: version, node: process.version };
