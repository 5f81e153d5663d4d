/** Judges an event log and writes what came of it. Import it with `import()`: it reads events with a schema library. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Expectation,
  FaultEngineError,
  htmlReport,
  type Judgement,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  type ReportInput,
  readEventLog,
  textReport,
} from "@faultwire/fault-engine";
import { RuntimeError, systemReason } from "../runtime-error.ts";

/** The forms of a report. */
export type ReportFormat = "text" | "json" | "junit" | "markdown" | "html";

/** How each form is written, and the name of its file in a folder of reports. */
export const reportFormats: Readonly<
  Record<ReportFormat, { readonly file: string; readonly write: (input: ReportInput) => string }>
> = {
  text: { file: "report.txt", write: textReport },
  json: { file: "report.json", write: jsonReport },
  junit: { file: "report.xml", write: junitReport },
  markdown: { file: "report.md", write: markdownReport },
  html: { file: "report.html", write: htmlReport },
};

/** Judges the log in a file. @throws RuntimeError `events-unusable` */
export async function judgeLog(path: string, expectations: readonly Expectation[]): Promise<Judgement> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const message = `event log ${path} can't be read (${systemReason(cause)})`;
    throw new RuntimeError("events-unusable", message, { cause });
  });
  try {
    return judge(expectations, readEventLog(text));
  } catch (cause) {
    if (!(cause instanceof FaultEngineError)) throw cause;
    throw new RuntimeError("events-unusable", `${path}: ${cause.message}`, { cause });
  }
}

/** Writes a report in every form. @throws RuntimeError `report-unwritable` */
export async function writeReports(folder: string, input: ReportInput): Promise<void> {
  for (const { file, write } of Object.values(reportFormats))
    await writeReport(join(folder, file), write(input));
}

/** Writes one report. @throws RuntimeError `report-unwritable` */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const message = `report ${path} can't be written (${systemReason(cause)})`;
    throw new RuntimeError("report-unwritable", message, { cause });
  }
}
