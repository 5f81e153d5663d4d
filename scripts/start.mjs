// `npm start`: sets the checkout up where needed, then becomes `faultwire start` with the arguments given.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setup } from "./setup.mjs";

setup();
process.argv.splice(1, 1, join(root, "apps/cli/bin/faultwire.js"), "start");
await import(pathToFileURL(process.argv[1]).href);
