/** Judges an event log and writes what came of it. Import it with `import()`: it reads events with a schema library. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Expectation,
  FaultEngineError,
  htmlReport,
  type Judgement,
  type JudgeOptions,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  type ReportInput,
  readEventLog,
  textReport,
} from "@faultwire/fault-engine";
import { inputName, readInput } from "../input-file.ts";
import { RuntimeError, systemReason } from "../runtime-error.ts";
import { eventLogLimits } from "./event-log.ts";

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

/** Judges the log in a file, or that of standard input where the path is `-`. @throws RuntimeError `events-unusable` */
export async function judgeLog(
  path: string,
  expectations: readonly Expectation[],
  options: JudgeOptions = {},
): Promise<Judgement> {
  const text = await readInput(path, eventLogLimits.maxReadBytes).catch((cause: Error) => {
    throw new RuntimeError("events-unusable", `event log ${cause.message}`, { cause });
  });
  try {
    const { events, unreadable } = readEventLog(text);
    return judge(expectations, events, { ...options, unreadable });
  } catch (cause) {
    if (!(cause instanceof FaultEngineError)) throw cause;
    throw new RuntimeError(
      "events-unusable",
      `${inputName(path)}: ${cause.message}, as --report writes it to events.ndjson`,
      {
        cause,
      },
    );
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
