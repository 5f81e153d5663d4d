/** Judges an event log and writes what came of it. Import it with `import()`: it reads events with a schema library. */
import { constants } from "node:fs";
import { lstat, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kindOf } from "@faultwire/cert-authority/internal";
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

/**
 * Writes a report in every form, in the place of what has its name. Others may have put something there: a link is not
 * followed, and a pipe, whose reader never comes, is not opened.
 *
 * @throws RuntimeError `report-unwritable`
 */
export async function writeReports(folder: string, input: ReportInput): Promise<void> {
  for (const { file, write } of Object.values(reportFormats)) {
    const path = join(folder, file);
    const found = await lstat(path).catch(() => undefined);
    if (found && !found.isFile() && !found.isSymbolicLink()) throw unwritable(path, `it is ${kindOf(found)}`);
    if (found?.isSymbolicLink()) await rm(path).catch(() => {});
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    await writeReport(path, write(input), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  }
}

const unwritable = (path: string, reason: string, cause?: unknown): RuntimeError =>
  new RuntimeError("report-unwritable", `report ${path} can't be written (${reason})`, { cause });

/** Writes one report. @throws RuntimeError `report-unwritable` */
export async function writeReport(path: string, text: string, flag: number | string = "w"): Promise<void> {
  try {
    await writeFile(path, text, { flag });
  } catch (cause) {
    throw unwritable(path, systemReason(cause), cause);
  }
}
