// Everybody who is to be served by a release, in the order in which they are tried. The core is what CI tries each time.
import { bundlers } from "./bundlers.mjs";
import { copies } from "./copies.mjs";
import { npmCommand } from "./npm-command.mjs";
import { npmLibrary } from "./npm-library.mjs";
import { bun, deno, yarn } from "./other-runtimes.mjs";
import { pnpmExamples } from "./pnpm-examples.mjs";
import { typeMatrix } from "./type-matrix.mjs";

export const consumers = [
  npmCommand,
  npmLibrary,
  pnpmExamples,
  copies,
  typeMatrix,
  bundlers,
  yarn,
  bun,
  deno,
];
