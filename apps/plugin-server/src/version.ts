import { createRequire } from "node:module";

const manifest: { readonly version: string } = createRequire(import.meta.url)("../package.json");

/** The version of this package. The host gets it as the plugin's version. */
export const version: string = manifest.version;
