// One program of TypeScript's over the declarations of every entry. API Extractor brings the last TypeScript that is
// written in JavaScript; the one that builds this workspace has no API yet (docs/adr/0037).
import { createRequire } from "node:module";
import { join } from "node:path";
import { CompilerState, ExtractorConfig } from "@microsoft/api-extractor";
import { root } from "../setup.mjs";

/** The TypeScript that API Extractor uses: its nodes are the ones of {@link programOf}. */
export const ts = createRequire(createRequire(import.meta.url).resolve("@microsoft/api-extractor"))(
  "typescript",
);

const compilerOptions = {
  target: "es2023",
  lib: ["es2023"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
};

const silent = { default: { logLevel: "none" } };

/** What API Extractor is asked to do with one entry: a report in `scratch` under `reportFileName`, and nothing else. */
export function extractorConfig({ folder, entry, files, scratch, reportFileName }) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: entry.types,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, files } },
      apiReport: {
        enabled: true,
        reportFileName,
        reportFolder: scratch,
        reportTempFolder: join(scratch, "temp"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        tsdocMessageReporting: silent,
        extractorMessageReporting: {
          ...silent,
          "ae-forgotten-export": { logLevel: "none", addToApiReportFile: true },
        },
      },
    },
  });
}

/** The program over all `files`, for API Extractor (`state`) and for questions of our own (`program`). */
export function programOf(config, files) {
  const state = CompilerState.create(config, { additionalEntryPoints: files });
  return { state, program: state.program };
}
